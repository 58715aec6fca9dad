"""The reference solution."""

CANARY = "@CANARY_SOLUTION@"


def double(number):
    """Twice."""
    return 2 * number


def classify(rows):
    """The largest number's column, of each row."""
    return [max(range(len(row)), key=row.__getitem__) for row in rows]


def greet(name):
    """A greeting."""
    return f"Hello, {name}!"
