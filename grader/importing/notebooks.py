"""Notebooks as their authors write them: cells with their metadata."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import UsageError

__all__ = ["RawCell", "make_id", "make_title", "read_cells"]

MOST_BYTES = 50 << 20
MOST_TITLE = 80
MOST_ID = 48


@dataclass(frozen=True, kw_only=True)
class RawCell:
    """One cell as it is in the file; `number` from 1."""

    number: int
    kind: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def read_cells(path: Path) -> list[RawCell]:
    """A notebook's cells, of any format that nbformat can bring up to date.

    Raises:
        UsageError: it can't be read, or is no notebook.
    """
    import nbformat

    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(
                f"{str(path)!r} has {path.stat().st_size:,} bytes; a notebook of at most {MOST_BYTES:,} is right"
            )
        notebook = nbformat.reads(path.read_text("utf-8-sig"), as_version=4)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise UsageError(f"{str(path)!r} can't be read: {error.strerror or error}") from error
    except UsageError:
        raise
    except Exception as error:  # nbformat raises what its parsers raise
        raise UsageError(f"{str(path)!r} is no notebook: {type(error).__name__}: {error}") from error
    return [
        RawCell(number=number, kind=cell.cell_type, source=cell.source, metadata=cell.metadata)
        for number, cell in enumerate(notebook.cells, 1)
    ]


def make_id(text: str, taken: set[str]) -> str:
    """A question's id out of another grader's name for it; one that isn't taken, and is from now on."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text.lower()).strip("_")
    wanted = (letters if letters[:1].isalpha() else f"q_{letters}")[:MOST_ID].strip("_") or "q"
    unique, number = wanted, 1
    while unique in taken:
        number += 1
        unique = f"{wanted}_{number}"
    taken.add(unique)
    return unique


def make_title(markdown: str, otherwise: str) -> str:
    """A question's title: the first line of its text that says something, without marks."""
    for line in markdown.splitlines():
        words = " ".join(line.replace("*", " ").replace("_", " ").replace("#", " ").replace("`", "").split())
        if sum(letter.isalpha() for letter in words) > 3:
            return words if len(words) <= MOST_TITLE else f"{words[: MOST_TITLE - 1].rstrip()}…"
    return otherwise
