"""`grade submit`: grade one submission, show the result, and hand it in where the course has an inbox."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import print_error, tell
from grader.cli.options import AssignmentOption, JsonOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus, status_of
from grader.errors import GraderError, SubmissionError, UsageError

if TYPE_CHECKING:  # only names for types: at run time these come when the command does
    from grader.cli.find import Found
    from grader.cli.handing import Errand, Handing
    from grader.cli.settings import Settings
    from grader.ingest.submission import Submission
    from grader.release.home import Practice
    from grader.report.model import Report
    from grader.spec import Assignment

__all__ = ["Order", "show", "submit"]

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
    allow_unproved: bool = False


def submit(
    path: Annotated[Path, typer.Argument(help="A folder, .py, .ipynb, .zip or .tar.gz.", show_default=False)],
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
    allow_unproved: UnprovedOption = False,
) -> ExitStatus:
    """Grade one submission: run it in a sandbox, check it, say what failed and why."""
    least = read_points(fail_under)
    order = Order(
        path=path,
        plain=plain,
        json=json,
        student=student,
        attempt=attempt,
        hand_in=not no_hand_in,
        allow_unproved=allow_unproved,
    )
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
    from grader.cli.handing import Errand, do_errand
    from grader.cli.settings import name_student, read_settings
    from grader.spec import Course

    if not order.path.exists():
        raise UsageError(f"no file or folder {str(order.path)!r}", details=("Give the homework's folder or file.",))
    found = find_assignment(order.path, named=named, here=Path.cwd())
    assignment = found.load()
    settings = read_settings()
    practice = read_practice(found, assignment)
    if practice is None:
        expect_student(assignment, order.student or settings.student)
    elif practice.said.student is not None and order.student not in (None, practice.said.student):
        tell(f"caution: this folder was given to {practice.said.student}, not to {order.student}: values may differ")
    submission, refusal = read(order, assignment)
    errand = Errand(
        path=order.path,
        course=found.course if practice is None else Course(hand_in=practice.said.hand_in),
        assignment=assignment,
        submission=submission,
        student=name_student(order.student, settings),
        attempt=order.attempt,
        wanted=order.hand_in,
    )
    try:
        report = run(order, errand, refusal, settings, practice, sandbox=sandbox)
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt("interrupted: nothing was graded, nothing was handed in") from error
    except GraderError as error:
        raise hand_in_all_the_same(errand, error) from error
    return show(order, report, do_errand(errand))


def expect_student(assignment: "Assignment", student: str | None) -> None:
    """Where each student has another variant, somebody is named: not by the machine's login, which would be a guess.

    Raises:
        UsageError: nobody is.
    """
    from grader.draws import pick_variant

    pick_variant(assignment, secret=b"", student=student)


def read(order: Order, assignment: "Assignment") -> "tuple[Submission | None, SubmissionError | None]":
    """The submission, or why it is refused."""
    from grader.ingest import read_submission

    try:
        return read_submission(order.path, files=assignment.files, handout=assignment.handout), None
    except SubmissionError as error:
        return None, error


def read_practice(found: "Found", assignment: "Assignment") -> "Practice | None":
    """What a release brought for marking at home; None where the course's own reference marks."""
    from grader.release.home import read_practice

    return None if found.practice is None else read_practice(found.practice, assignment)


def run(
    order: Order,
    errand: "Errand",
    refusal: SubmissionError | None,
    settings: "Settings",
    practice: "Practice | None",
    *,
    sandbox: str,
) -> "Report":
    """Run and mark the submission; a refused one is reported, and nothing runs."""
    from rich.console import Console

    from grader.cli.handing import choose_attempt
    from grader.cli.progress import show_progress
    from grader.cli.workshop import open_workshop, take_sandbox
    from grader.pipeline import grade_submission, refuse_submission
    from grader.report.info import StudentInfo

    assignment, submission = errand.assignment, errand.submission
    chosen = take_sandbox(
        sandbox, allow_process=True, settings=settings, allow_unproved=order.allow_unproved, warm=False
    )
    workshop = open_workshop(settings, sandbox=chosen)
    if not workshop.sandbox.is_sandbox and submission is not None:
        tell("\n".join(f"caution: {caution}" for caution in workshop.sandbox.cautions))
    workshop.vault.require(assignment.weights, needed_by=assignment.slug)  # said before anything runs
    student, attempt = StudentInfo(id=order.student or settings.student), choose_attempt(errand)
    if submission is None:
        assert refusal is not None
        source = order.path.name or order.path.resolve().name
        variant = None if practice is None else practice.said.variant
        return refuse_submission(
            assignment, refusal, source=source, workshop=workshop, student=student, attempt=attempt, variant=variant
        )
    with show_progress(assignment, Console(stderr=True), plain=order.plain) as watch:
        if practice is not None:
            from grader.release.home import grade_at_home  # only here: what marks at home is needed by nobody else

            return grade_at_home(
                assignment,
                submission,
                practice,
                workshop=workshop,
                student=student,
                attempt=attempt,
                progress=watch,
            )
        graded = grade_submission(
            assignment, submission, workshop=workshop, student=student, attempt=attempt, progress=watch
        )
    return graded.report


def hand_in_all_the_same(errand: "Errand", error: GraderError) -> GraderError:
    """What couldn't be graded is handed in where the course has an inbox: that we failed must not make it late."""
    from grader.cli.handing import do_errand

    if errand.course.inbox is not None:
        handing = do_errand(errand)
        failure = () if handing.error is None else (handing.error.message,)
        error.details = (*error.details, *handing.lines, *failure)
    return error


def show(order: Order, report: "Report", handing: "Handing") -> "tuple[ExitStatus, Report]":
    """Write the JSON, print the screen, and say how it went."""
    from rich.console import Console

    from grader.report.model import ReportStatus
    from grader.report.terminal import print_report

    unsaved: GraderError | None = None
    saved_to: str | None = None
    try:
        saved_to = save(order, report)
    except UsageError as error:  # told after the screen: what was handed in must not go unsaid
        unsaved = error
    console = Console(stderr=order.json == "-", no_color=order.plain or None, highlight=False)
    print_report(report, console, plain=order.plain, saved_to=saved_to, closing=handing.lines)
    failures = [failure for failure in (handing.error, unsaved) if failure is not None]
    for failure in failures:
        print_error(failure)
    if failures:
        return max(map(status_of, failures)), report
    ours = report.status is ReportStatus.NOT_GRADED
    return ExitStatus.OURS if ours else ExitStatus.DONE, report


def save(order: Order, report: "Report") -> str | None:
    """Write the report where it was asked for; where that is.

    Raises:
        UsageError: it can't be written where --json says.
    """
    from grader.cli.handing import place_of
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
