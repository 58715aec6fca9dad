"""A submission as a value: canonical files and a digest. Nothing of it has run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Cell", "Note", "Program", "Sheet", "SheetFault", "Submission", "SubmittedFile"]


@dataclass(frozen=True, kw_only=True)
class SubmittedFile:
    """One file: its path with forward slashes, NFC; its content; "sha256:…"."""

    path: str
    content: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One code cell of a notebook; `number` counts the code cells from 1, as a person does from the top."""

    number: int
    source: str


@dataclass(frozen=True, kw_only=True)
class Program:
    """The file that is graded: a script's source, or a notebook's code cells that are to run."""

    path: str
    source: str | None = None
    cells: tuple[Cell, ...] | None = None
    cell_count: int = 0  # of code cells in the notebook, skipped ones counted


@dataclass(frozen=True, kw_only=True)
class SheetFault:
    """One fault of an `answers.toml`: its line and column from 1 (None: of the whole file), and what would be right."""

    message: str
    suggestion: str | None = None
    line: int | None = None
    column: int | None = None
    text: str = ""
    """The line itself."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The answers to a quiz: a `program` whose variables they are, or what an `answers.toml` says.

    `values` are encoded as the guest's recorder encodes an answer; `lines` is where each stands, as far as one can
    tell. With `faults` there are no values: what isn't TOML means nothing.
    """

    path: str
    program: Program | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[SheetFault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something that ingest did or saw and that the student should know. Worded by `report.wording`."""

    code: str
    facts: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What a student hands in. `source` is what to show ("hw1/hw1.ipynb"); `digest` is of the canonical tree.

    `sheet` holds the answers to a quiz, where the assignment has one and they are there. It is none of the `programs`.
    """

    source: str
    digest: str
    files: tuple[SubmittedFile, ...]
    programs: tuple[Program, ...]  # one for each of the assignment's `files` that was found and is one
    sheet: Sheet | None = None
    missing: tuple[str, ...] = ()  # names of `files` that were not
    notes: tuple[Note, ...] = ()
