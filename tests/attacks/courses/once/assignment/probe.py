"""What is observed of a course whose code is loaded once: a prototype of the student's forks each question."""

SIGNATURES = {"double": "double(number)", "total": "total(numbers)"}


def double(student, given, record):
    """Hidden numbers."""
    record.answers("doubles", [student.double(given.integer("number", -99, 99, case=case)) for case in range(5)])


def total(student, given, record):
    """Hidden lists."""
    numbers = [given.integer("number", 0, 999, case=case) for case in range(20)]
    record.answers("totals", [student.total(numbers[:length]) for length in (20, 7, 0)])
