"""The values that pass between the parts of a batch. Plain, frozen; nothing here reads or writes anything.

Points are exact decimals with at most two places; times carry a zone; seconds are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

from grader.sandbox.request import RunResult

__all__ = [
    "Grade",
    "HandedIn",
    "Intake",
    "Member",
    "NewMark",
    "NewRun",
    "Override",
    "Roster",
    "RowState",
    "StoredMark",
    "StoredRun",
    "Student",
    "TimeSource",
    "Unmatched",
]


class RowState(Enum):
    """In what a row of the roster ends: exactly one."""

    GRADED = "graded"  # it has points, be it 0
    LATE = "late"  # it has points, and was handed in after the due date and its grace
    MISSING = "missing"  # nothing was handed in
    NEEDS_REVIEW = "needs_review"  # a check couldn't decide: a person must
    NOT_GRADED = "not_graded"  # our fault, and `note` says why: never a 0


class TimeSource(Enum):
    """Where the time of a submission comes from; the first that there is counts. A file's mtime never does."""

    LMS = "lms"  # the download's own file or name
    COLUMN = "column"  # `submitted_at` of the roster
    NBGRADER = "nbgrader"  # timestamp.txt
    RECEIPT = "receipt"  # the manifest of a sealed archive in the inbox


@dataclass(frozen=True, kw_only=True)
class Student:
    """One row of a roster. `aliases` are other names by which downloads call the same person (login, LMS's ids).

    `lms_id` is the number that an LMS's bulk download has in its file names: Canvas's user, Moodle's participant.
    """

    id: str
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    aliases: frozenset[str] = field(default=frozenset(), repr=False)
    lms_id: str = field(default="", repr=False)
    submitted_at: datetime | None = None
    time_source: TimeSource = TimeSource.COLUMN  # of `submitted_at`
    line: int = 0  # of the file, counted from 1


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A class. `format` is "plain", "canvas", "moodle", "gradescope" or "oneroster"."""

    students: tuple[Student, ...]
    path: Path
    format: str


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file or folder of what a student handed in: where it lies, and under which name it was handed in."""

    path: Path
    name: str


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """One attempt of one student, found and not yet read."""

    student_id: str
    members: tuple[Member, ...]
    attempt: int = 1
    submitted_at: datetime | None = None
    time_source: TimeSource | None = None
    sealed: bool = False  # an archive of our own inbox: manifest.json and submission/
    marked_late: bool = False  # the LMS's own word in a file's name; told, never used to take points


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """Something in the folder that is nobody's. Listed, never guessed."""

    path: Path
    reason: str


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Everything that was found. `layout` is "folders", "inbox", "canvas", "moodle" or "nbgrader"."""

    layout: str
    handed_in: tuple[HandedIn, ...]
    unmatched: tuple[Unmatched, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """A run that was made. `keys` maps each question that it asked to the digest of all that enters that question.

    `questions` are in the order of the job, as `collect.join_evidence` wants them.
    """

    keys: Mapping[str, str]
    questions: tuple[str, ...]
    results: Mapping[str, RunResult]
    submission_digest: str
    draw: int
    sandbox: str
    image: str | None
    cautions: tuple[str, ...] = ()
    is_sandbox: bool = True
    node: str = ""  # where it was made, for a batch over several machines
    started_at: datetime
    wall_seconds: float


@dataclass(frozen=True, kw_only=True)
class StoredRun(NewRun):
    """A run as it comes back from the ledger."""

    id: int


@dataclass(frozen=True, kw_only=True)
class NewMark:
    """What the checks said of evidence. `key` is the digest of all that it rests on; `report` the whole report as
    JSON, for the instructor, of nobody in particular: no student, attempt 1.
    """

    key: str
    submission_digest: str | None
    assignment_digest: str
    run_ids: tuple[int, ...]
    points: Decimal | None  # None: a person must look, or it is our fault
    max_points: Decimal
    questions: Mapping[str, Decimal | None]  # points by question
    status: str  # of the report: "graded", "needs_review", "not_graded"
    report: bytes
    marked_at: datetime


@dataclass(frozen=True, kw_only=True)
class StoredMark(NewMark):
    """A mark as it comes back from the ledger."""

    id: int


@dataclass(frozen=True, kw_only=True)
class Override:
    """A person's decision: it beats the machine's mark and survives regrades.

    `question` None decides the whole. A later one for the same place takes the earlier one's; one without points
    gives the machine its word back.
    """

    assignment: str
    student_id: str
    question: str | None
    points: Decimal | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Grade:
    """What a student has in an assignment: one row of the gradebook, and of the ledger's history.

    `questions` and `points` are with overrides, before the penalty. `late_seconds` counts from the due date that held
    for this student. Of a team every member has a row, with the same `team`.
    """

    assignment: str
    student_id: str
    state: RowState
    points: Decimal | None = None
    max_points: Decimal
    late_seconds: int = 0
    penalty: Decimal = Decimal(0)
    final_points: Decimal | None = None
    questions: Mapping[str, Decimal | None] = field(default_factory=dict)
    attempt: int | None = None
    submitted_at: datetime | None = None
    time_source: TimeSource | None = None
    graded_at: datetime | None = None
    overridden: bool = False
    team: str | None = None
    mark_id: int | None = None
    submission_digest: str | None = None
    note: str = ""
