"""Grade one submission: the steps and nothing else. `recheck_run` takes the last ones again, from stored evidence."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from grader import __version__
from grader.answers import NOTHING_RAN, note_answers, settle_answers
from grader.collect import Collected, Progress, Watch, Workshop, collect_evidence, join_evidence
from grader.draws import Data, Draw, load_data, name_draw, pick_draw, pick_variant
from grader.errors import SandboxError, SubmissionError, UsageError
from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence
from grader.ingest.submission import Program, Sheet, Submission
from grader.jobs import keep_data
from grader.marking import add_source, load_authors_checks, mark_evidence, read_source
from grader.reference import obtain_reference
from grader.report import build_report
from grader.report.info import EnvironmentInfo, FaultInfo, FileInfo, NoteInfo, StudentInfo, SubmissionInfo, TimingInfo
from grader.report.model import Audience, Report, Whose
from grader.runs import RunRecord, read_record, read_results, write_run
from grader.sandbox.request import image_of
from grader.spec.fields import Variant
from grader.spec.model import Assignment
from grader.spec.variants import fill_assignment

__all__ = [
    "Graded",
    "add_source",
    "describe_submission",
    "end_all",
    "finish_all",
    "grade_submission",
    "made_alike",
    "read_source",
    "recheck_run",
    "refuse_submission",
]


@dataclass(frozen=True, kw_only=True)
class Graded:
    """A report, and the folder in which the run's evidence is kept (None where nothing is)."""

    report: Report
    run_folder: Path | None


def grade_submission(
    assignment: Assignment,
    submission: Submission,
    *,
    workshop: Workshop,
    student: StudentInfo | None = None,
    attempt: int = 1,
    submitted_at: datetime | None = None,
    audience: Audience = Audience.STUDENT,
    progress: Watch = lambda progress: None,
) -> Graded:
    """Run a submission, mark what it left, and report.

    A sandbox that fails gives a report without a score, whose fault is ours.

    Raises:
        UsageError: the assignment has variants, and nobody says whose this is.
        SpecError: the assignment is unsound.
        ProvisionError: weights, an environment or the reference are missing.
    """
    variant = pick_variant(assignment, secret=workshop.secret, student=None if student is None else student.id)
    number = pick_draw(assignment, secret=workshop.secret, submission_digest=submission.digest, attempt=attempt)
    draw = name_draw(assignment, number, secret=workshop.secret, variant=variant)
    data = load_data(assignment, draw)
    about = describe_submission(submission, assignment, attempt=attempt, submitted_at=submitted_at)
    record = open_record(assignment, draw, about, student=student, workshop=workshop)
    record = replace(record, source=read_source(submission.programs), sheet=strip_sheet(submission.sheet))
    try:
        reference, collected = collect_both(
            assignment, submission, draw=draw, data=data, workshop=workshop, watch=progress
        )
    except SandboxError as error:
        fault = FaultInfo(whose=Whose.OURS, code="sandbox", message=error.message, details=error.details)
        nothing = Evidence(questions={}, exit=Exit.MISSING)
        return Graded(
            report=report_marks(
                assignment, record, nothing, nothing, data=data, workshop=workshop, audience=audience, fault=fault
            ),
            run_folder=None,
        )
    record = replace(record, wall_seconds=(datetime.now(UTC) - record.started_at).total_seconds())
    progress(Progress("checking"))
    folder = workshop.home / "runs" / record.id
    write_run(folder, record, collected.results, questions=collected.questions)
    report = report_marks(
        assignment, record, collected.evidence, reference, data=data, workshop=workshop, audience=audience
    )
    return Graded(report=report, run_folder=folder)


def recheck_run(
    folder: Path, assignment: Assignment, *, workshop: Workshop, audience: Audience = Audience.STUDENT
) -> Report:
    """Mark stored evidence again, with today's checks and points; no student code runs.

    Raises:
        UsageError: there is no such run; or the probe, the data or the variants have changed since, so that the
            evidence answers other questions.
        ProvisionError, SandboxError: the reference's evidence can't be had.
    """
    record = read_record(folder)
    draw = name_draw(assignment, record.draw, secret=workshop.secret, variant=record.variant)
    if record.probe != digest_probe(assignment, draw):
        raise UsageError(
            f"run {record.id!r} can't be marked again: probe.py, data.py, its files or the secret have changed since",
            details=("Its evidence answers other questions than those asked now: grade the submission again.",),
        )
    data = load_data(assignment, draw)
    results, questions = read_results(folder)
    if results or record.sheet is not None:
        ran = join_evidence(assignment, results, questions) if results else NOTHING_RAN
        programs = set(record.submission.programs) - ({record.sheet.path} if record.sheet is not None else set())
        evidence = settle_answers(assignment, record.sheet, ran, programs=bool(programs))
        reference = obtain_reference(assignment, draw=draw, data=data, workshop=workshop)
    else:
        evidence = end_all(assignment, Problem(code="missing_file", where="load"))
        reference = finish_all(assignment)
    return report_marks(assignment, record, evidence, reference, data=data, workshop=workshop, audience=audience)


def refuse_submission(
    assignment: Assignment,
    error: SubmissionError,
    *,
    source: str,
    workshop: Workshop,
    student: StudentInfo | None = None,
    attempt: int = 1,
    audience: Audience = Audience.STUDENT,
    variant: Variant | None = None,
) -> Report:
    """The report of a submission that is refused at the door: no points, and the reason. Nothing runs. `variant` is
    the student's, where that isn't to be drawn.

    Raises:
        UsageError: the assignment has variants, and nobody says whose this is.
    """
    if variant is None:
        variant = pick_variant(assignment, secret=workshop.secret, student=None if student is None else student.id)
    draw = name_draw(assignment, 0, secret=workshop.secret, variant=variant)
    about = SubmissionInfo(source=source, submitted_at=datetime.now(UTC).astimezone(), attempt=attempt)
    record = open_record(assignment, draw, about, student=student, workshop=workshop)
    evidence = end_all(assignment, Problem(code="refused", where="load", message=error.message))
    fault = FaultInfo(whose=Whose.STUDENT, code=error.code, message=error.message, details=error.details)
    return report_marks(
        assignment,
        record,
        evidence,
        finish_all(assignment),
        data=Data(),
        workshop=workshop,
        audience=audience,
        fault=fault,
    )


def collect_both(
    assignment: Assignment, submission: Submission, *, draw: Draw, data: Data, workshop: Workshop, watch: Watch
) -> tuple[Evidence, Collected]:
    """The reference's evidence and the submission's, made by the same versions.

    Raises:
        SandboxError: the sandbox failed, or the two can't be made by the same versions.
    """
    if not submission.programs and submission.sheet is None:
        evidence = end_all(assignment, Problem(code="missing_file", where="load"))
        return finish_all(assignment), Collected(results={}, evidence=evidence)

    def watch_reference(step: Progress) -> None:
        watch(replace(step, stage="reference"))

    reference = obtain_reference(assignment, draw=draw, data=data, workshop=workshop, report=watch_reference)
    collected = collect_evidence(assignment, submission, draw=draw, data=data, workshop=workshop, report=watch)
    if not made_alike(reference, collected.evidence):
        reference = obtain_reference(assignment, draw=draw, data=data, workshop=workshop, fresh=True)
    if not made_alike(reference, collected.evidence):
        raise SandboxError(
            "the reference and the submission ran with different versions of their libraries",
            details=tuple(f"{e.python} {dict(e.packages)} {e.device}" for e in (reference, collected.evidence)),
        )
    return reference, collected


def made_alike(one: Evidence, other: Evidence) -> bool:
    """Whether two pieces of evidence were made by the same Python, packages and device, where both were by any."""
    return (
        not one.device
        or not other.device
        or (one.python, dict(one.packages), one.device) == (other.python, dict(other.packages), other.device)
    )


def finish_all(assignment: Assignment) -> Evidence:
    """A reference to mark a submission by of which nothing ran: every question finished, so that no check is in error
    for the want of one, and nothing in it, for nothing is compared."""
    questions = {question.id: QuestionEvidence(id=question.id, exit=Exit.FINISHED) for question in assignment.questions}
    return Evidence(questions=questions, exit=Exit.FINISHED)


def end_all(assignment: Assignment, problem: Problem) -> Evidence:
    """The evidence of a submission of which nothing ran, for a reason of its own."""
    questions = {
        question.id: QuestionEvidence(id=question.id, exit=Exit.MISSING, problem=problem)
        for question in assignment.questions
    }
    return Evidence(questions=questions, exit=Exit.MISSING)


def report_marks(
    assignment: Assignment,
    record: RunRecord,
    evidence: Evidence,
    reference: Evidence,
    *,
    data: Data,
    workshop: Workshop,
    audience: Audience,
    fault: FaultInfo | None = None,
) -> Report:
    """Mark evidence and build the report, both with the assignment as the student reads it."""
    filled = fill_assignment(assignment, record.variant)
    marks = mark_evidence(
        filled,
        add_source(evidence, record.source),
        reference,
        kept=keep_data(assignment, data=data, vault=workshop.vault),
        authors=load_authors_checks(assignment),
    )
    timing = TimingInfo(
        started_at=record.started_at, graded_at=datetime.now(UTC).astimezone(), wall_seconds=record.wall_seconds
    )
    return build_report(
        filled,
        marks.score,
        report_id=record.id,
        draw=record.draw,
        variant=record.variant,
        evidence=evidence,
        results=marks.results,
        submission=record.submission,
        student=record.student,
        environment=record.environment,
        timing=timing,
        audience=audience,
        fault=fault,
    )


def open_record(
    assignment: Assignment, draw: Draw, about: SubmissionInfo, *, student: StudentInfo | None, workshop: Workshop
) -> RunRecord:
    """What is written down about a run before it starts."""
    started_at = datetime.now(UTC).astimezone()
    return RunRecord(
        id=f"{started_at.astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
        assignment=str(assignment.folder.resolve()),
        probe=digest_probe(assignment, draw),
        draw=draw.number,
        variant=draw.chosen,
        submission=about,
        student=student or StudentInfo(),
        environment=EnvironmentInfo(
            grader=__version__,
            sandbox=workshop.sandbox.name,
            is_sandbox=workshop.sandbox.is_sandbox,
            cautions=workshop.sandbox.cautions,
            image=image_of(workshop.sandbox, assignment.framework),
            seed=draw.seed,
            weights={name: kind.value for name, kind in workshop.vault.kinds(assignment.weights).items()},
        ),
        started_at=started_at,
    )


def digest_probe(assignment: Assignment, draw: Draw) -> str:
    """What the questions put to a submission depend on: the probe, the data with their files, and the draw's secret."""
    digest = hashlib.sha256(f"{draw.key}\n{draw.data_key}\n".encode())
    private = () if assignment.reference is None else (assignment.reference / "data.py",)
    public = (assignment.folder / "probe.py", *(assignment.folder / "data" / name for name in assignment.data))
    for path in (*public, *private):
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    answered = [question.id for question in assignment.questions if question.is_answered]
    digest.update("\n".join(answered).encode())
    return f"sha256:{digest.hexdigest()}"


def describe_submission(
    submission: Submission, assignment: Assignment, *, attempt: int, submitted_at: datetime | None
) -> SubmissionInfo:
    """What the report says about what was handed in."""
    graded = [program.path for program in submission.programs]
    notes = (*submission.notes, *note_answers(assignment, submission.sheet))
    return SubmissionInfo(
        source=submission.source,
        submitted_at=submitted_at or datetime.now(UTC).astimezone(),
        digest=submission.digest,
        attempt=attempt,
        files=tuple(FileInfo(path=f.path, bytes=len(f.content), sha256=f.digest) for f in submission.files),
        programs=tuple(graded if submission.sheet is None else [*graded, submission.sheet.path]),
        missing=submission.missing,
        notes=tuple(NoteInfo(note.code, note.facts) for note in notes),
    )


def strip_sheet(sheet: Sheet | None) -> Sheet | None:
    """What is written down of the answers: of a program only that it is one, for its evidence is kept."""
    if sheet is None or sheet.program is None:
        return sheet
    return replace(sheet, program=Program(path=sheet.program.path))
