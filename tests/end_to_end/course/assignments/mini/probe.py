"""What is observed of mini."""

SIGNATURES = {"double": "double(number)", "total": "total(numbers)", "greet": "greet(name)"}


def double(student, given, record):
    """Hidden numbers."""
    record.answers("doubles", [student.double(given.integer("number", -99, 99, case=case)) for case in range(5)])


def total(student, given, record):
    """Lists from the data."""
    record.answers("totals", [student.total(numbers) for numbers in given["lists"]])


def greet(student, given, record):
    """A few names."""
    record.answers("greetings", [student.greet(name) for name in ("Ada", "Grace", "")])
