"""What a report is told beside marks: plain values from whoever ran the submission."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grader.report.model import Whose

__all__ = ["EnvironmentInfo", "FaultInfo", "FileInfo", "NoteInfo", "StudentInfo", "SubmissionInfo", "TimingInfo"]


@dataclass(frozen=True, kw_only=True)
class FileInfo:
    """One submitted file: its path, its size in bytes, its SHA-256 with or without the prefix "sha256:"."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class NoteInfo:
    """A note by code and facts, worded by `report.wording`. Of a question, or of the whole submission."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    question: str | None = None


@dataclass(frozen=True, kw_only=True)
class SubmissionInfo:
    """What was handed in. `source` is what to show ("hw1/hw1.ipynb"); `digest` is None where it was refused.

    `submitted_at` is None where nobody knows. `programs` are the paths of the files that were graded, `missing` those
    that were asked for and aren't there.
    """

    source: str
    submitted_at: datetime | None
    digest: str | None = None
    attempt: int = 1
    files: tuple[FileInfo, ...] = ()
    programs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[NoteInfo, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StudentInfo:
    """Whose it is; None on a student's own machine."""

    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class EnvironmentInfo:
    """In what it ran. `weights` maps each of the assignment's checkpoints to "real" or "standin"."""

    grader: str
    sandbox: str
    is_sandbox: bool
    cautions: tuple[str, ...] = ()  # what a person should know about the sandbox, a sentence each
    image: str | None = None
    seed: int | None = None
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TimingInfo:
    """When it was graded; both times with their zone."""

    started_at: datetime
    graded_at: datetime
    wall_seconds: float


@dataclass(frozen=True, kw_only=True)
class FaultInfo:
    """What kept the whole submission from being graded as it should be: whose fault, a code, and what to say."""

    whose: Whose
    code: str
    message: str
    details: tuple[str, ...] = ()
    command: str | None = None
