"""A clean submission of another student."""
def double(number):
    """Twice."""
    return 2 * number
