"""Writes to standard output what other programs read: UTF-8, whatever the terminal's encoding, and nothing else."""

import sys

__all__ = ["print_json"]


def print_json(text: str) -> None:
    """Write JSON text. A stream without bytes underneath (a test's, an IDE's) gets the text."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode("utf-8"))
    sys.stdout.flush()
