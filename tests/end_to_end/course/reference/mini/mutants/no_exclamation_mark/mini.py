"""A perfect submission."""


def double(number):
    """Twice."""
    return 2 * number


def total(numbers):
    """The sum."""
    return sum(numbers)


def greet(name):
    """A greeting."""
    return f"Hello, {name}"
