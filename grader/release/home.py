"""Marks a submission on a student's own machine, with what a release brought: practice, not grading.

Nothing of `.grade/` is trusted to run: what enters is bytes that are read as strictly as a student's evidence, and the
assignment's public folder. Checks that aren't marked here are no secret, but what they say is: a question that hangs on
one shows no points.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as read_strictly

from grader import __version__
from grader.checks.result import CheckResult, Kept, Verdict
from grader.collect import Progress, Watch, Workshop, collect_evidence
from grader.draws import Data, Draw
from grader.errors import EvidenceError, UsageError
from grader.evidence import read_evidence
from grader.evidence.model import Evidence, Exit, Problem, QuestionEvidence
from grader.evidence.strict_json import parse_json
from grader.guest.protocol import FrameError, read_frame
from grader.ingest.submission import Submission
from grader.limits import MIB, EvidenceLimits
from grader.marking import mark_evidence
from grader.pipeline import add_source, describe_submission, end_all, made_alike, read_source
from grader.release.shown import Shown, narrow_to_shown
from grader.report import build_report
from grader.report.info import EnvironmentInfo, NoteInfo, StudentInfo, TimingInfo
from grader.report.model import Report
from grader.sandbox.request import image_of
from grader.score import score_question, score_submission
from grader.spec.fields import number_combination
from grader.spec.model import Assignment, Question, Visibility
from grader.spec.variants import fill_assignment

__all__ = ["Practice", "grade_at_home", "read_practice"]

MOST_JSON_BYTES, MOST_JSON_DEPTH = 16 * MIB, 64
MOST_FILE_BYTES = 512 * MIB
STRICT = ConfigDict(extra="forbid", strict=True)


@read_strictly(frozen=True, kw_only=True, config=STRICT)
class PracticeDraw:
    """One practice draw, as practice.json has it."""

    key: str = Field(pattern="^[0-9a-f]{64}$")
    values: dict[str, Any]


@read_strictly(frozen=True, kw_only=True, config=STRICT)
class Mistake:
    """What is known of a mistake: the checks that fail it, and what helps."""

    fails: list[str]
    hint: str = Field(max_length=20_000)


@read_strictly(frozen=True, kw_only=True, config=STRICT)
class Said:
    """What practice.json says."""

    practice_version: int = Field(ge=1, le=1)
    grader: str
    assignment: str
    digest: str
    student: str | None
    variant: dict[str, Any]
    hand_in: str | None
    shown: dict[str, list[str]]
    mistakes: list[Mistake]
    draws: list[PracticeDraw] = Field(min_length=1, max_length=16)


@dataclass(frozen=True, kw_only=True)
class Practice:
    """A release's `.grade/practice/`, read; files of the draws are read when they are needed."""

    folder: Path
    said: Said

    @property
    def shown(self) -> Shown:
        """The checks that are marked here, by question."""
        return {question: tuple(checks) for question, checks in self.said.shown.items()}

    def pick(self, submission_digest: str) -> int:
        """Which practice draw a submission meets: the same each time."""
        return int(hashlib.sha256(submission_digest.encode()).hexdigest()[:8], 16) % len(self.said.draws)


def read_practice(folder: Path, assignment: Assignment) -> Practice:
    """What a release brought for practice.

    Raises:
        UsageError: it can't be read, or isn't this assignment's.
    """
    try:
        content = (folder / "practice.json").read_bytes()
        parse_json(content, most_bytes=MOST_JSON_BYTES, most_depth=MOST_JSON_DEPTH)  # no key twice, nothing too deep
        said = TypeAdapter(Said).validate_json(content)
    except (OSError, EvidenceError, ValidationError) as error:
        raise refuse(folder, "its practice.json can't be read") from error
    checks = {question.id: {check.id for check in question.checks} for question in assignment.questions}
    fits = said.assignment == assignment.slug and said.digest == assignment.digest
    known = all(question in checks and set(names) <= checks[question] for question, names in said.shown.items())
    if not fits or not known or number_combination(assignment.variants, said.variant) is None:
        raise refuse(folder, f"it isn't of this state of {assignment.slug!r}")
    return Practice(folder=folder, said=said)


def refuse(folder: Path, why: str) -> UsageError:
    """A release that was damaged."""
    return UsageError(
        f"the folder {str(folder.parent)!r} isn't as it was given out: {why}",
        details=("Unpack what your course gave out once more, and copy your own files into it.",),
    )


def grade_at_home(
    assignment: Assignment,
    submission: Submission,
    practice: Practice,
    *,
    workshop: Workshop,
    student: StudentInfo | None = None,
    attempt: int = 1,
    progress: Watch = lambda progress: None,
) -> Report:
    """Run a submission on a practice draw and mark what can be marked here.

    Raises:
        UsageError: the release was damaged.
        ProvisionError: weights or an environment are missing.
        SandboxError: the sandbox failed twice.
    """
    started_at = datetime.now(UTC).astimezone()
    number = practice.pick(submission.digest)
    narrowed = narrow_to_shown(assignment, practice.shown)
    reference = read_reference(practice, narrowed, number)
    evidence = collect(narrowed, submission, practice, number, workshop=workshop, progress=progress)
    progress(Progress("checking"))
    kept = Kept(checkpoints=workshop.vault.checkpoints(assignment.weights))
    marked = add_source(evidence, read_source(submission.programs))
    filled = fill_assignment(narrowed, practice.said.variant)
    marks = mark_evidence(filled, marked, reference, kept=kept, authors={})
    results = {question.id: complete(question, marks.results.get(question.id, {})) for question in assignment.questions}
    scores = tuple(
        score_question(question, evidence.questions.get(question.id) or unasked(question), results[question.id])
        for question in assignment.questions
    )
    about = describe_submission(submission, assignment, attempt=attempt, submitted_at=started_at)
    notes = list_notes(assignment, practice, evidence, reference, results)
    finished_at = datetime.now(UTC).astimezone()
    return build_report(
        fill_assignment(hide_unmarked(assignment, practice.shown), practice.said.variant),
        score_submission(assignment, scores),
        variant=practice.said.variant,
        evidence=evidence,
        results=results,
        submission=replace(about, notes=(*notes, *about.notes)),
        student=student,
        environment=describe_environment(assignment, workshop),
        timing=TimingInfo(
            started_at=started_at, graded_at=finished_at, wall_seconds=(finished_at - started_at).total_seconds()
        ),
    )


def collect(
    narrowed: Assignment,
    submission: Submission,
    practice: Practice,
    number: int,
    *,
    workshop: Workshop,
    progress: Watch,
) -> Evidence:
    """What the submission leaves on a practice draw."""
    if not narrowed.questions:
        return Evidence(questions={}, exit=Exit.FINISHED)
    if not submission.programs:
        return end_all(narrowed, Problem(code="missing_file", where="load"))
    said = practice.said.draws[number]
    draw = Draw(number, said.key, data_key="", chosen=practice.said.variant)
    data = Data(values=said.values, packed=read_file(practice.folder / f"{number}.given"))
    return collect_evidence(narrowed, submission, draw=draw, data=data, workshop=workshop, report=progress).evidence


def read_reference(practice: Practice, narrowed: Assignment, number: int) -> Evidence:
    """The reference's evidence that was brought.

    Raises:
        UsageError: it can't be read, or isn't whole.
    """
    path = practice.folder / f"{number}.frames"
    limits, frames = EvidenceLimits(), []
    read_file(path)
    try:
        with path.open("rb") as file:
            while (frame := read_frame(file.read, most_bytes=limits.frame_bytes)) is not None:
                frames.append(frame)
    except (OSError, FrameError) as error:
        raise refuse(practice.folder, f"{path.name} can't be read") from error
    names = [question.id for question in narrowed.questions]
    evidence = read_evidence(frames, questions=names, exit=Exit.FINISHED)
    if not evidence.complete or not all(question.finished for question in evidence.questions.values()):
        raise refuse(practice.folder, f"{path.name} isn't whole")
    return evidence


def read_file(path: Path) -> bytes:
    """A file of a release, of a bearable size.

    Raises:
        UsageError: it can't be read.
    """
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise refuse(path.parent, f"{path.name} is too large")
        return path.read_bytes()
    except OSError as error:
        raise refuse(path.parent, f"{path.name} can't be read") from error


def complete(question: Question, results: Mapping[str, CheckResult]) -> dict[str, CheckResult]:
    """A question's results, those of checks that aren't marked here skipped."""
    skipped = CheckResult(verdict=Verdict.SKIPPED, code="needs", facts={"needs": ["what is graded by your course"]})
    return {check.id: results.get(check.id, skipped) for check in question.checks}


def unasked(question: Question) -> QuestionEvidence:
    """The evidence of a question that isn't asked here: none, and nobody's fault."""
    return QuestionEvidence(id=question.id, exit=Exit.FINISHED)


def hide_unmarked(assignment: Assignment, shown: Shown) -> Assignment:
    """The assignment in which a check that isn't marked here is unseen, as one is that is hidden."""
    questions = []
    for question in assignment.questions:
        here = shown.get(question.id, ())
        checks = tuple(
            check
            if check.id in here or check.visibility is not Visibility.SHOWN
            else replace(check, visibility=Visibility.HIDDEN)
            for check in question.checks
        )
        questions.append(replace(question, checks=checks))
    return replace(assignment, questions=tuple(questions))


def list_notes(
    assignment: Assignment,
    practice: Practice,
    evidence: Evidence,
    reference: Evidence,
    results: Mapping[str, Mapping[str, CheckResult]],
) -> list[NoteInfo]:
    """That this is practice, and what of the assignment isn't marked here; hints on mistakes that look like this."""
    seen = [question for question in assignment.questions if question.visibility is not Visibility.HIDDEN]
    part = [question.id for question in seen if len(practice.shown.get(question.id, ())) < len(question.checks)]
    notes = [NoteInfo("practice")]
    notes += [NoteInfo("not_marked_here", {"questions": ", ".join(part)})] if part else []
    if evidence.python and not made_alike(evidence, reference):
        notes.append(NoteInfo("other_versions", {"theirs": say_versions(reference), "here": say_versions(evidence)}))
    failed = {
        f"{question}.{check}"
        for question, checks in results.items()
        for check, result in checks.items()
        if result.verdict is Verdict.FAILED
    }
    unfinished = {question.id for question in evidence.questions.values() if not question.finished}
    failed = {name for name in failed if name.split(".")[0] not in unfinished} | unfinished
    for mistake in practice.said.mistakes:
        concerned = {name.split(".")[0] for name in mistake.fails}
        if set(mistake.fails) == {name for name in failed if name.split(".")[0] in concerned}:
            notes.append(NoteInfo("mistake", {"hint": mistake.hint}, question=min(concerned)))
    return notes


def say_versions(evidence: Evidence) -> str:
    """Python and packages in a line."""
    return ", ".join([f"Python {evidence.python}", *(f"{name} {at}" for name, at in evidence.packages.items())])


def describe_environment(assignment: Assignment, workshop: Workshop) -> EnvironmentInfo:
    """Where it ran."""
    return EnvironmentInfo(
        grader=__version__,
        sandbox=workshop.sandbox.name,
        is_sandbox=workshop.sandbox.is_sandbox,
        cautions=workshop.sandbox.cautions,
        image=image_of(workshop.sandbox, assignment.framework),
        weights={name: kind.value for name, kind in workshop.vault.kinds(assignment.weights).items()},
    )
