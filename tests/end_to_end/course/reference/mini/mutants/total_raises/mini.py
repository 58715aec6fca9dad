"""A perfect submission."""


def double(number):
    """Twice."""
    return 2 * number


def total(numbers):
    """The sum."""
    return sum(nothing)


def greet(name):
    """A greeting."""
    return f"Hello, {name}!"
