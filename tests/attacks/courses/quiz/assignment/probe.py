"""What is observed of the function."""


def double(student, given, record):
    """Hidden numbers."""
    record.answers("doubles", [student.double(given.integer("number", -99, 99, case=case)) for case in range(5)])
