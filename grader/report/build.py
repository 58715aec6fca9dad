"""Makes a report from marks and evidence, for one reader. Pure; words: `wording`, what is seen: `audience`."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from grader.checks.result import CheckNote, CheckResult, Verdict
from grader.evidence.model import Evidence
from grader.report.audience import Shown, View, show_points
from grader.report.claims import build_output, build_problem, json_value, plain
from grader.report.info import EnvironmentInfo, FaultInfo, NoteInfo, StudentInfo, SubmissionInfo, TimingInfo
from grader.report.model import (
    AssignmentPart,
    Audience,
    CheckReport,
    CheckVerdict,
    EnvironmentPart,
    FaultPart,
    FilePart,
    FirstPart,
    NotePart,
    QuestionReport,
    QuestionState,
    Report,
    ReportStatus,
    ScorePart,
    StudentPart,
    SubmissionPart,
    TimingPart,
    Whose,
)
from grader.report.wording import word_check, word_note, word_refusal, word_solution
from grader.score import QuestionScore, QuestionStatus, Score, earn_check
from grader.spec.model import Assignment, CheckSpec, Question, Standing

__all__ = ["build_report"]

NOTHING = Decimal(0)
HINTLESS = ("not_finished", "not_recorded", "not_predicted", "unusable", "wrong_record")
"""The check had nothing to look at, so the author's hint would point at the wrong thing."""
Results = Mapping[str, Mapping[str, CheckResult]]


def build_report(
    assignment: Assignment,
    score: Score,
    *,
    submission: SubmissionInfo,
    environment: EnvironmentInfo,
    timing: TimingInfo,
    results: Results | None = None,
    evidence: Evidence | None = None,
    student: StudentInfo | None = None,
    audience: Audience = Audience.STUDENT,
    after_deadline: bool = False,
    draw: int | None = None,
    variant: Mapping[str, Any] | None = None,
    fault: FaultInfo | None = None,
    report_id: str | None = None,
) -> Report:
    """The report of one submission. `report_id` is the run's where there is one, so that it can be marked again.

    `evidence` is None where nothing ran: the submission was refused, or the fault is ours (`fault` says which).
    """
    view = View(audience, after_deadline)
    scores = {part.id: part for part in score.questions}
    seen = hide_questions(assignment, results or {}, view)
    questions = tuple(
        build_question(question, scores[question.id], seen.get(question.id, {}), evidence, submission, view)
        for question in assignment.questions
        if not view.omits(question)
    )
    status = name_status(score)
    return Report(
        report_id=report_id or name_report(submission, timing),
        audience=audience,
        assignment=AssignmentPart(
            id=assignment.slug,
            title=assignment.title,
            digest=assignment.digest,
            draw=draw,
            variant=dict(variant or {}),
        ),
        student=StudentPart(id=None if student is None else student.id),
        submission=build_submission(submission),
        status=status,
        fault=None if fault is None else build_fault(fault),
        complete=status is ReportStatus.GRADED,
        score=build_score(assignment, score, questions),
        first=find_first(assignment, questions),
        questions=questions,
        notes=tuple(build_notes(assignment, results or {}, evidence, submission, environment, view)),
        environment=build_environment(environment, evidence),
        timing=TimingPart(
            started_at=timing.started_at, graded_at=timing.graded_at, wall_seconds=round(timing.wall_seconds, 3)
        ),
    )


def name_report(submission: SubmissionInfo, timing: TimingInfo) -> str:
    """A short name for this very report."""
    said = [submission.source, submission.digest, submission.attempt, timing.graded_at.isoformat()]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def name_status(score: Score) -> ReportStatus:
    """The submission's state; ours comes before a person's decision, for that would have to wait."""
    states = {question.status for question in score.questions}
    if QuestionStatus.NOT_GRADED in states:
        return ReportStatus.NOT_GRADED
    return ReportStatus.GRADED if score.complete else ReportStatus.NEEDS_REVIEW


def build_submission(info: SubmissionInfo) -> SubmissionPart:
    """What was handed in."""
    return SubmissionPart(
        source=plain(info.source),
        digest=info.digest,
        attempt=info.attempt,
        submitted_at=info.submitted_at,
        files=tuple(
            FilePart(path=plain(file.path), bytes=file.bytes, sha256=file.sha256.removeprefix("sha256:"))
            for file in info.files
        ),
        missing=tuple(plain(path) for path in info.missing),
    )


def build_fault(info: FaultInfo) -> FaultPart:
    """What went wrong with the whole. A refusal that brings no advice of its own gets ours."""
    advice = word_refusal(info.code) if info.whose is Whose.STUDENT and not info.details else None
    return FaultPart(
        whose=info.whose,
        code=info.code,
        message=plain(info.message),
        details=tuple(plain(line) for line in (*info.details, *([advice] if advice else []))),
        command=info.command,
    )


def build_environment(info: EnvironmentInfo, evidence: Evidence | None) -> EnvironmentPart:
    """In what it ran: what the grader knows, and what the guest said of its Python before any student's byte came."""
    weights: dict[str, Literal["real", "standin"]] = {
        name: "standin" if kind == "standin" else "real" for name, kind in info.weights.items()
    }
    return EnvironmentPart(
        grader=info.grader,
        sandbox=info.sandbox,
        is_sandbox=info.is_sandbox,
        cautions=tuple(plain(caution) for caution in info.cautions),
        image=info.image,
        python=evidence.python if evidence else "",
        packages=dict(evidence.packages) if evidence else {},
        device=evidence.device if evidence else "",
        weights=weights,
        seed=info.seed,
    )


def build_score(assignment: Assignment, score: Score, questions: Sequence[QuestionReport]) -> ScorePart:
    """The sum of what is shown; what isn't is named as withheld, so that nobody takes a part for the whole."""
    seen = [question for question in questions if question.status is not QuestionState.WITHHELD]
    most = sum((question.max_points for question in seen if not question.extra), NOTHING)
    earned = sum((question.points or NOTHING for question in seen), NOTHING) if score.points is not None else None
    extra = sum((question.points or NOTHING for question in seen if question.extra), NOTHING)
    withheld = assignment.points - most
    return ScorePart(points=earned, max_points=most, extra_points=extra, withheld_points=withheld, final_points=earned)


def find_first(assignment: Assignment, questions: Sequence[QuestionReport]) -> FirstPart | None:
    """The question that wins most: its own lost points and those of the questions that were skipped because of it."""
    shown = {question.id: question for question in questions}
    lost = {part.id: part.max_points - part.points for part in questions if part.points is not None}
    waiting = {name for name, part in shown.items() if part.status is QuestionState.SKIPPED}
    wins = {
        name: points + sum(lost[other] for other in waiting & dependents(assignment, name) if other in lost)
        for name, points in lost.items()
        if name not in waiting
    }
    best = max(wins, key=lambda name: wins[name], default=None)  # the first of several that win as much
    return None if best is None or not wins[best] else FirstPart(question=best, points=wins[best])


def dependents(assignment: Assignment, name: str) -> set[str]:
    """Every question that needs this one, directly or not."""
    found: set[str] = set()
    grown = {name}
    while grown:
        grown = {question.id for question in assignment.questions if grown & set(question.needs)} - found
        found |= grown
    return found


def build_question(
    question: Question,
    score: QuestionScore,
    results: Mapping[str, CheckResult],
    evidence: Evidence | None,
    submission: SubmissionInfo,
    view: View,
) -> QuestionReport:
    """One question; only its name and points where its result isn't for this reader yet."""
    shown = show_points(question, score, results, view)
    if view.withholds(question):
        return QuestionReport(
            id=question.id,
            title=question.title,
            points=None,
            max_points=question.points,
            extra=question.extra,
            status=shown.state,
            visibility=question.visibility.value,
        )
    left = None if evidence is None else evidence.questions.get(question.id)
    lost = shown.points is not None and shown.points < shown.max_points
    return QuestionReport(
        id=question.id,
        title=question.title,
        points=shown.points,
        max_points=shown.max_points,
        extra=question.extra,
        status=shown.state,
        visibility=question.visibility.value,
        problem=build_problem(left.problem, submission) if left is not None and left.problem is not None else None,
        hint=question.hint if lost else None,
        checks=build_checks(question, results, shown, view),
        output=build_output(left) if left is not None else None,
        seconds=round(left.seconds, 3) if left is not None and math.isfinite(left.seconds) else None,
    )


def build_checks(
    question: Question, results: Mapping[str, CheckResult], shown: Shown, view: View
) -> tuple[CheckReport, ...]:
    """The checks that ran and may be named."""
    unseen = {check.id for check in question.checks if view.omits(check)}
    gates = [check for check in question.checks if check.points is None and not view.withholds(check)]
    gates_passed = all(check.id in results and results[check.id].verdict is Verdict.PASSED for check in gates)
    return tuple(
        withhold_check(check)
        if view.withholds(check)
        else build_check(
            check,
            hide_names(results[check.id], unseen),
            shown,
            gates_passed=gates_passed,
            revealed=question if view.reveals(question) else None,
        )
        for check in question.checks
        if check.id in results and check.id not in unseen
    )


def hide_questions(assignment: Assignment, results: Results, view: View) -> Results:
    """Results that name no question which must not be named; only questions that wait for others name them."""
    unseen = {question.id for question in assignment.questions if view.omits(question)}
    return {
        question: {
            check: hide_names(result, unseen, instead="another question") if result.code == "needs_question" else result
            for check, result in checks.items()
        }
        for question, checks in results.items()
    }


def hide_names(result: CheckResult, unseen: set[str], *, instead: str = "another check") -> CheckResult:
    """A result that names nothing which must not be named; only `needs` names others."""
    needs = result.facts.get("needs")
    if not unseen or not isinstance(needs, list | tuple):
        return result
    kept = [name for name in needs if name not in unseen]
    return CheckResult(verdict=result.verdict, code=result.code, facts={"needs": kept or [instead]})


def withhold_check(check: CheckSpec) -> CheckReport:
    """A check that may be named, its answer not yet."""
    return CheckReport(
        id=check.id,
        use=check.use,
        verdict=CheckVerdict.WITHHELD,
        points=None,
        max_points=check.points,
        standing=check.standing.value,
        visibility=check.visibility.value,
        code="withheld",
        message="shown after the deadline",
    )


def build_check(
    check: CheckSpec, result: CheckResult, shown: Shown, *, gates_passed: bool, revealed: Question | None
) -> CheckReport:
    """One check's answer, in words. `revealed` is a question of a quiz whose right answer may be shown."""
    words = word_check(check.use, result)
    expected, guidance = result.expected, words.help
    if revealed is not None and result.solution is not None:
        expected = result.solution
        solution = word_solution(result.solution, revealed.explanation)
        guidance = solution if guidance is None else f"{guidance} {solution}"
    points = None
    if check.points is not None and shown.points is not None:
        points = earn_check(check, result) if gates_passed else NOTHING
    return CheckReport(
        id=check.id,
        use=check.use,
        verdict=CheckVerdict(result.verdict.value),
        points=points,
        max_points=check.points,
        standing=check.standing.value,
        visibility=check.visibility.value,
        code=result.code,
        message=plain(words.message),
        help=None if guidance is None else plain(guidance),
        expected=json_value(expected),
        actual=json_value(result.actual),
        hint=check.hint if result.verdict is Verdict.FAILED and result.code not in HINTLESS else None,
    )


def count_claimed(assignment: Assignment) -> str:
    """The points that no fact stands behind, where the author lets claims count; "" where there are none."""
    if not assignment.claims_count:
        return ""
    claimed = Decimal(0)
    for question in assignment.questions:
        alone = [check for check in question.checks if check.standing is Standing.CLAIM and not check.needs]
        facts = [check for check in question.checks if check.standing is Standing.FACT]
        if any(check.points is not None for check in question.checks):
            claimed += sum((check.points or Decimal(0) for check in alone), Decimal(0))
        elif alone and not facts:
            claimed += question.points
    return f"{claimed.normalize():f}" if claimed else ""


def note_sandbox(environment: EnvironmentInfo) -> NoteInfo:
    """That code wasn't kept in: because there is no sandbox, or because it isn't what it claims to be."""
    if environment.sandbox == "process":
        return NoteInfo("no_sandbox", {"sandbox": environment.sandbox})
    return NoteInfo("unproved_sandbox", {"sandbox": environment.sandbox})


def build_notes(
    assignment: Assignment,
    results: Results,
    evidence: Evidence | None,
    submission: SubmissionInfo,
    environment: EnvironmentInfo,
    view: View,
) -> list[NotePart]:
    """What is worth knowing: of the whole submission first, then by question; nothing of what isn't shown."""
    standins = sorted(name for name, kind in environment.weights.items() if kind == "standin")
    notes = [build_note(NoteInfo("standin_weights", {"names": standins}))] if standins else []
    notes += [] if environment.is_sandbox else [build_note(note_sandbox(environment))]
    claimed = count_claimed(assignment)
    notes += [build_note(NoteInfo("claims_count", {"points": claimed}))] if claimed else []
    notes += [build_note(note) for note in submission.notes]
    file = (submission.programs or (submission.source,))[0]
    if evidence is not None and any(left.definitions_only for left in evidence.questions.values()):
        notes.append(build_note(NoteInfo("definitions_only", {"file": file})))
    for question in assignment.questions:
        if view.withholds(question):
            continue
        for check in question.checks:
            result = results.get(question.id, {}).get(check.id)
            if result is not None and not view.withholds(check):
                notes += [build_check_note(question, check, note) for note in result.notes]
    return notes


def build_note(note: NoteInfo) -> NotePart:
    """A note on the submission."""
    return NotePart(question=note.question, code=note.code, message=plain(word_note(note.code, note.facts)))


def build_check_note(question: Question, check: CheckSpec, note: CheckNote) -> NotePart:
    """A note that a check made."""
    message = plain(word_note(note.code, note.facts))
    return NotePart(question=question.id, check=check.id, code=note.code, message=message)
