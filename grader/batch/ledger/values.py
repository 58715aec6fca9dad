"""What the ledger gives back, beside the values of `grader.batch.model`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

__all__ = ["Event", "Exported", "Purged", "Recorded"]

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Recorded(Generic[Value]):
    """A value of the history: when it was written down, by whom, and as which entry. Entries count up; clocks jump."""

    id: int
    at: datetime
    by: str
    value: Value


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `subject` is an assignment or a student's id, "" for the whole."""

    kind: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Purged:
    """How much a purge removed."""

    entries: int  # of the history: their content is gone, their digests stay
    runs: int
    marks: int
    submissions: int
    artefacts: int


@dataclass(frozen=True, kw_only=True)
class Exported:
    """All that the ledger knows of one student. `record` is JSON; `files` are names for `read_exported`."""

    record: Mapping[str, Any]
    files: tuple[str, ...]
