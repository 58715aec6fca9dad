"""A clean submission of another student."""

SECRET = "@CANARY_STUDENT@"


def double(number):
    """Twice."""
    return 2 * number
