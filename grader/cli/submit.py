"""`grade submit`: grade one submission, show the result, and hand it in where the course has an inbox."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import print_error, tell
from grader.cli.options import AssignmentOption, JsonOption, PlainOption, SandboxName, SandboxOption
from grader.cli.status import ExitStatus, status_of
from grader.errors import GraderError, SubmissionError, UsageError

if TYPE_CHECKING:  # only names for types: at run time these come when the command does
    from grader.cli.settings import Settings
    from grader.collect import Workshop
    from grader.ingest.submission import Submission
    from grader.report.model import Report
    from grader.spec import Assignment, Course

__all__ = ["Handing", "Order", "show", "submit"]

REPORT_NAME = "report.json"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for. `json` is a path, "-" for standard output, or None for the usual place."""

    path: Path
    plain: bool
    json: str | None
    student: str | None
    attempt: int | None
    hand_in: bool


def submit(
    path: Annotated[Path, typer.Argument(help="A folder, .py, .ipynb or .zip.", show_default=False)],
    assignment: AssignmentOption = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    plain: PlainOption = False,
    json: JsonOption = None,
    fail_under: Annotated[
        str | None, typer.Option(metavar="POINTS", help="Exit with status 1 where fewer points were earned.")
    ] = None,
    student: Annotated[str | None, typer.Option(metavar="ID", help="Whose it is, for handing in.")] = None,
    attempt: Annotated[int | None, typer.Option(metavar="N", min=1, help="Which attempt this is.")] = None,
    no_hand_in: Annotated[bool, typer.Option("--no-hand-in", help="Grade only; hand nothing in.")] = False,
) -> ExitStatus:
    """Grade one submission: run it in a sandbox, check it, say what failed and why."""
    least = read_points(fail_under)
    order = Order(path=path, plain=plain, json=json, student=student, attempt=attempt, hand_in=not no_hand_in)
    status, report = grade(order, named=assignment, sandbox=sandbox.value)
    if status is ExitStatus.DONE and least is not None and (report.score.points is None or report.score.points < least):
        return ExitStatus.BELOW
    return status


def read_points(text: str | None) -> Decimal | None:
    """Points as they were typed."""
    if text is None:
        return None
    try:
        points = Decimal(text)
    except InvalidOperation:
        points = Decimal("NaN")
    if not points.is_finite():
        raise UsageError(f"--fail-under {text!r} isn't a number of points, such as 7.5")
    return points


def grade(order: Order, *, named: str | None, sandbox: str) -> "tuple[ExitStatus, Report]":
    """Find, read, run, check, hand in, show."""
    from grader.cli.find import find_assignment
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_workshop, take_sandbox

    if not order.path.exists():
        raise UsageError(f"no file or folder {str(order.path)!r}", details=("Give the homework's folder or file.",))
    found = find_assignment(order.path, named=named, here=Path.cwd())
    assignment = found.load()
    settings = read_settings()
    workshop = open_workshop(settings, sandbox=take_sandbox(sandbox, allow_process=True))
    workshop.vault.require(assignment.weights, needed_by=assignment.slug)  # said before anything runs
    attempt = choose_attempt(order, found.course, assignment, settings)
    try:
        report, submission = run(order, assignment, workshop, attempt=attempt)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("interrupted: nothing was graded, nothing was handed in") from error
    handing = hand_in(order, found.course, assignment, submission, settings)
    return show(order, report, handing)


def choose_attempt(order: Order, course: "Course", assignment: "Assignment", settings: "Settings") -> int:
    """The attempt's number: as given, else one more than were handed in, else the first."""
    from grader.hand_in import count_attempts

    student = name_student(order, settings)
    if order.attempt is not None:
        return order.attempt
    if course.inbox is None or student is None or not order.hand_in:
        return 1
    return count_attempts(course.inbox, assignment.slug, student) + 1


def name_student(order: Order, settings: "Settings") -> str | None:
    """Whose submission it is: --student, GRADER_STUDENT, else the name by which the machine knows the person."""
    from grader.cli.settings import name_user

    return order.student or settings.student or name_user()


def run(
    order: Order, assignment: "Assignment", workshop: "Workshop", *, attempt: int
) -> "tuple[Report, Submission | None]":
    """Run and mark the submission; a refused one is reported, and nothing runs."""
    from rich.console import Console

    from grader.cli.progress import show_progress
    from grader.ingest import read_submission
    from grader.pipeline import grade_submission, refuse_submission
    from grader.report.info import StudentInfo

    who = StudentInfo(id=order.student)
    try:
        submission = read_submission(order.path, files=assignment.files)
    except SubmissionError as error:
        source = order.path.name or str(order.path.resolve().name)
        return refuse_submission(
            assignment, error, source=source, workshop=workshop, student=who, attempt=attempt
        ), None
    with show_progress(assignment, Console(stderr=True), plain=order.plain) as watch:
        graded = grade_submission(
            assignment, submission, workshop=workshop, student=who, attempt=attempt, progress=watch
        )
    return graded.report, submission


@dataclass(frozen=True)
class Handing:
    """What came of handing in: lines to show, and the error where it failed."""

    lines: tuple[str, ...]
    error: GraderError | None = None


def hand_in(
    order: Order,
    course: "Course",
    assignment: "Assignment",
    submission: "Submission | None",
    settings: "Settings",
) -> Handing:
    """Hand in where the course has an inbox, and say plainly whether anything was."""
    from grader import hand_in as handing

    if submission is None:
        return Handing(("Nothing was handed in: the submission was refused.",))
    if not order.hand_in:
        return Handing(("Nothing was handed in, as you asked.",))
    if course.inbox is None:
        where = f": {course.hand_in}" if course.hand_in else " where your course asks for it."
        return Handing((f"Nothing was handed in. Hand in {submission.source}{where}",))
    student = name_student(order, settings)
    try:
        if student is None:
            raise UsageError("nothing was handed in: whose is it?", command="grade submit … --student ID")
        receipt = handing.hand_in(submission, assignment, student=student, inbox=course.inbox, attempt=order.attempt)
        kept = place_of(order.path) / f"receipt-{receipt.assignment}-{receipt.attempt}.json"
        handing.write_receipt(kept, receipt)
    except GraderError as error:
        return Handing(("NOTHING WAS HANDED IN.",), error)
    except OSError as error:
        return Handing((*handing.word_receipt(receipt), f"The receipt couldn't be kept: {error.strerror or error}"))
    return Handing((*handing.word_receipt(receipt), f"Receipt: {kept} (grade receipt {kept})"))


def place_of(path: Path) -> Path:
    """The folder beside (of a file) or in (of a folder) which the report and the receipt are written."""
    return path if path.is_dir() else path.parent


def show(order: Order, report: "Report", handing: Handing) -> "tuple[ExitStatus, Report]":
    """Write the JSON, print the screen, and say how it went."""
    from rich.console import Console

    from grader.report.model import ReportStatus
    from grader.report.terminal import print_report

    saved_to = save(order, report)
    console = Console(stderr=order.json == "-", no_color=order.plain or None, highlight=False)
    print_report(report, console, plain=order.plain, saved_to=saved_to, closing=handing.lines)
    if handing.error is not None:
        print_error(handing.error)
        return status_of(handing.error), report
    ours = report.status is ReportStatus.NOT_GRADED
    return ExitStatus.OURS if ours else ExitStatus.DONE, report


def save(order: Order, report: "Report") -> str | None:
    """Write the report where it was asked for; where that is.

    Raises:
        UsageError: it can't be written where --json says.
    """
    from grader.cli.printing import print_json
    from grader.report.json_report import save_report, write_report

    if order.json == "-":
        print_json(write_report(report))
        return None
    path = Path(order.json) if order.json is not None else place_of(order.path) / REPORT_NAME
    try:
        save_report(report, path)
    except OSError as error:
        if order.json is not None:
            raise UsageError(f"the report can't be written to {order.json!r}: {error.strerror or error}") from error
        tell(f"caution: the report can't be written to {str(path)!r}: {error.strerror or error}  (--json PATH)")
        return None
    return str(path)
