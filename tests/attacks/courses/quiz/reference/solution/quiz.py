"""The solution."""

CANARY = "@CANARY_SOLUTION@"


def double(number):
    """Twice."""
    return 2 * number
