"""Writes what other programs read, to standard output or a file: UTF-8, whatever the terminal's encoding."""

import json
import sys
from pathlib import Path
from typing import Any

from grader.durable import write_whole
from grader.errors import UsageError

__all__ = ["print_json", "write_json"]


def write_json(value: dict[str, Any], place: str) -> None:
    """A JSON object to standard output ("-") or to a file, whole or not at all.

    Raises:
        UsageError: the file can't be written.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if place == "-":
        print_json(text)
        return
    try:
        write_whole(Path(place), text.encode("utf-8"))
    except OSError as error:
        raise UsageError(f"{place!r} can't be written: {error.strerror or error}") from error


def print_json(text: str) -> None:
    """Write JSON text. A stream without bytes underneath (a test's, an IDE's) gets the text."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode("utf-8"))
    sys.stdout.flush()
