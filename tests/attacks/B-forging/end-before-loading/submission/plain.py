"""END at once: if that counted, loading would never fail."""

import sys

sys.modules["grader_guest.loader"].make_emit(900)(sys.modules["grader_guest.protocol"].Kind.END, b"")


def double(number):
    return 0
