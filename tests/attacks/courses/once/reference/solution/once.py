"""The reference solution."""

CANARY = "@CANARY_SOLUTION@"


def double(number):
    """Twice."""
    return 2 * number


def total(numbers):
    """The sum."""
    return sum(numbers)
