"""The report: what became of one submission, as a documented JSON format. Every other form is made from this one.

`docs/report-format.md` says what each field means; a test holds the two together. Points are exact decimals with at
most two places, written as JSON numbers; times carry a zone and microseconds. What a student wrote is data here: each
place that shows it must treat it as such (`report.clean` for a terminal).
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

__all__ = [
    "SCHEMA_VERSION",
    "Adjustment",
    "AssignmentPart",
    "Audience",
    "CheckReport",
    "CheckVerdict",
    "EnvironmentPart",
    "FaultPart",
    "FilePart",
    "FirstPart",
    "FramePart",
    "NearName",
    "NotePart",
    "OutputPart",
    "ProblemReport",
    "QuestionReport",
    "QuestionState",
    "Report",
    "ReportStatus",
    "ScorePart",
    "StudentPart",
    "SubmissionPart",
    "TimingPart",
    "Whose",
]

SCHEMA_VERSION: Literal["1.1"] = "1.1"


def write_points(points: Decimal) -> int | float:
    """Points as a JSON number without noise: 2, 10.5, 0.07. Two places always survive a float's shortest form."""
    return int(points) if points == points.to_integral_value() else float(points)


def write_time(moment: datetime) -> str:
    """ISO 8601 with microseconds, even when they are zero, and the zone."""
    return moment.isoformat(timespec="microseconds")


Points = Annotated[
    Decimal,
    Field(max_digits=9, decimal_places=2, allow_inf_nan=False),
    PlainSerializer(write_points, when_used="json"),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]
Time = Annotated[
    AwareDatetime,
    PlainSerializer(write_time, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    """What all parts have in common: frozen, and no field that isn't named."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Audience(Enum):
    """Whom a report is for."""

    STUDENT = "student"  # nothing hidden is in it
    INSTRUCTOR = "instructor"  # everything is


class ReportStatus(Enum):
    """What became of the submission."""

    GRADED = "graded"  # it has a score, be it 0
    NEEDS_REVIEW = "needs_review"  # a check couldn't decide: a person must
    NOT_GRADED = "not_graded"  # our fault: no score, never a 0


class QuestionState(Enum):
    """What became of one question."""

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"
    SKIPPED = "skipped"
    NEEDS_REVIEW = "needs_review"
    NOT_GRADED = "not_graded"
    WITHHELD = "withheld"  # the result isn't for this audience, or not yet


class CheckVerdict(Enum):
    """What one check said."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"
    WITHHELD = "withheld"


class Whose(Enum):
    """Whose fault it is."""

    STUDENT = "student"
    AUTHOR = "author"
    OURS = "ours"


class AssignmentPart(Part):
    """Which assignment, in which state, with which of its hidden inputs, and in which student's variant."""

    id: str
    title: str
    digest: Digest
    draw: int | None = None
    variant: dict[str, Any] = Field(default_factory=dict)


class StudentPart(Part):
    """Whose submission, by the id that the roster or the command gave."""

    id: str | None = None


class FilePart(Part):
    """One submitted file."""

    path: str
    bytes: int = Field(ge=0)
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SubmissionPart(Part):
    """What was graded."""

    source: str
    digest: Digest | None
    attempt: int = Field(ge=1)
    submitted_at: Time | None
    files: tuple[FilePart, ...] = ()
    missing: tuple[str, ...] = ()


class FaultPart(Part):
    """What kept the submission as a whole from being graded as it should be, and whose fault that is."""

    whose: Whose
    code: str
    message: str
    details: tuple[str, ...] = ()
    command: str | None = None


class Adjustment(Part):
    """Points given or taken after the checks: a late penalty, a decision of a person."""

    kind: str
    points: Points
    reason: str = ""


class ScorePart(Part):
    """The sum. `points` and `max_points` count what this report shows; `withheld_points` is the rest."""

    points: Points | None
    max_points: Points
    extra_points: Points
    withheld_points: Points
    adjustments: tuple[Adjustment, ...] = ()
    final_points: Points | None


class FirstPart(Part):
    """The question to mend first, and the points that this can win, with those of the questions that wait for it."""

    question: str
    points: Points


class NearName(Part):
    """A name that the student's file has and that is near to the one asked for."""

    name: str
    line: int


class FramePart(Part):
    """One line of the student's code that a traceback goes through, with its neighbours."""

    file: str
    line: int
    function: str = ""
    cell: int | None = None
    cells: int | None = None
    cell_begins: str | None = None
    code: tuple[tuple[int, str], ...] = ()
    caret: tuple[int, int] | None = None


class ProblemReport(Part):
    """What kept a question from finishing. `message` and `help` are ours; `error` is the student's program's own."""

    code: str
    where: Literal["load", "question"]
    message: str
    help: str | None = None
    type: str = ""
    error: str = ""
    frames: tuple[FramePart, ...] = ()
    near: tuple[NearName, ...] = ()


class CheckReport(Part):
    """One check's answer. `points` is null for a check that carries none of its own."""

    id: str
    use: str
    verdict: CheckVerdict
    points: Points | None
    max_points: Points | None
    standing: Literal["fact", "claim", "advice"]
    visibility: Literal["shown", "after_deadline", "hidden"]
    code: str
    message: str
    help: str | None = None
    expected: Any = None
    actual: Any = None
    hint: str | None = None


class OutputPart(Part):
    """What a question printed, as far as it was kept: from the program, so never to be trusted."""

    text: str
    bytes: int = Field(ge=0)
    truncated: bool


class QuestionReport(Part):
    """One question. `points` is null where none follow: our fault, a person's decision to come, or withheld."""

    id: str
    title: str
    points: Points | None
    max_points: Points
    extra: bool = False
    status: QuestionState
    visibility: Literal["shown", "after_deadline", "hidden"]
    problem: ProblemReport | None = None
    hint: str | None = None
    checks: tuple[CheckReport, ...] = ()
    output: OutputPart | None = None
    seconds: Seconds | None = None


class NotePart(Part):
    """Something worth knowing that costs nothing."""

    question: str | None = None
    check: str | None = None
    code: str
    message: str


class EnvironmentPart(Part):
    """In what the submission ran. `weights` says of each checkpoint whether it was the real one."""

    grader: str
    sandbox: str
    is_sandbox: bool
    cautions: tuple[str, ...] = ()
    image: str | None = None
    python: str = ""
    packages: dict[str, str] = Field(default_factory=dict)
    device: str = ""
    weights: dict[str, Literal["real", "standin"]] = Field(default_factory=dict)
    seed: int | None = None


class TimingPart(Part):
    """When it was graded and how long that took."""

    started_at: Time
    graded_at: Time
    wall_seconds: Seconds


class Report(Part):
    """What became of one submission."""

    schema_version: Literal["1.0", "1.1"] = SCHEMA_VERSION  # one of an earlier version can still be read
    report_id: str
    audience: Audience
    assignment: AssignmentPart
    student: StudentPart
    submission: SubmissionPart
    status: ReportStatus
    fault: FaultPart | None = None
    complete: bool
    score: ScorePart
    first: FirstPart | None = None
    questions: tuple[QuestionReport, ...]
    notes: tuple[NotePart, ...] = ()
    environment: EnvironmentPart
    timing: TimingPart
