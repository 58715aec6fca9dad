"""What is observed: the twenty variables q1 to q20."""


def answers(student, given, record):
    """All of them, as they are."""
    record.answers("answers", [getattr(student, f"q{number}") for number in range(1, 21)])
