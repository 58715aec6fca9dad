"""What is observed of the plain course."""

SIGNATURES = {"double": "double(number)", "classify": "classify(rows)", "greet": "greet(name)"}


def double(student, given, record):
    """Hidden numbers."""
    record.answers("doubles", [student.double(given.integer("number", -99, 99, case=case)) for case in range(5)])


def classify(student, given, record):
    """Hidden rows; their labels stay outside."""
    record.answers("labels", student.classify(given["rows"].tolist()))


def greet(student, given, record):
    """A few names."""
    record.answers("greetings", [student.greet(name) for name in ("Ada", "Grace", "")])
