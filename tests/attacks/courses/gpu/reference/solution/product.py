"""The reference solution."""

CANARY = "@CANARY_SOLUTION@"


def product(left, right):
    """Their product, where they lie."""
    return left @ right


def total(numbers):
    """The sum."""
    return numbers.sum()
