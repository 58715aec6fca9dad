"""A process's open descriptors: keeping some, closing the rest."""

import contextlib
import os

__all__ = ["close_all_but", "replace_descriptor"]


def close_all_but(*kept: int) -> None:
    """Close every descriptor but these and the three standard ones."""
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, most_descriptors())


def replace_descriptor(fd: int, by: int) -> None:
    """Let `fd` be what `by` is."""
    os.dup2(by, fd)
    os.close(by)


def most_descriptors() -> int:
    """One above the highest descriptor that may be open."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return int(os.sysconf("SC_OPEN_MAX"))
    return 8192
