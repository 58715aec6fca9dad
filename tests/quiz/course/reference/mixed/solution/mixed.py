"""The solution."""


def double(number):
    """Twice."""
    return 2 * number
