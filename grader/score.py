"""Check results and points become a score. Pure arithmetic in exact decimals; nothing is rounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import QuestionEvidence
from grader.spec.model import Assignment, CheckSpec, Question, Standing

__all__ = ["QuestionScore", "QuestionStatus", "Score", "earn_check", "score_question", "score_submission"]

NOTHING = Decimal(0)


class QuestionStatus(Enum):
    """What became of one question."""

    PASSED = "passed"  # every point
    PARTIAL = "partial"  # some points
    FAILED = "failed"  # none
    NOT_ATTEMPTED = "not_attempted"  # the function it asks for isn't there
    SKIPPED = "skipped"  # a question that it needs did not pass
    NEEDS_REVIEW = "needs_review"  # a check could not decide: a person looks
    NOT_GRADED = "not_graded"  # our fault: no points follow from it


@dataclass(frozen=True, kw_only=True)
class QuestionScore:
    """`points` is None where no score follows yet; `checks` holds the points of those checks that carry any."""

    id: str
    status: QuestionStatus
    points: Decimal | None
    max_points: Decimal
    extra: bool = False
    checks: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Score:
    """`points` counts extra points too; None where a question has none (`complete` is then false)."""

    points: Decimal | None
    max_points: Decimal
    extra_points: Decimal
    complete: bool
    questions: tuple[QuestionScore, ...]


def score_submission(assignment: Assignment, questions: tuple[QuestionScore, ...]) -> Score:
    """Add up the questions. One question without points leaves the sum without points: ours is never a zero."""
    complete = all(question.points is not None for question in questions)
    extra = sum((question.points or NOTHING for question in questions if question.extra), NOTHING)
    points = sum((question.points or NOTHING for question in questions), NOTHING) if complete else None
    return Score(
        points=points, max_points=assignment.points, extra_points=extra, complete=complete, questions=questions
    )


def score_question(
    question: Question, evidence: QuestionEvidence | None, results: Mapping[str, CheckResult]
) -> QuestionScore:
    """One question's points: all or nothing, or the sum of its checks' points; a gate that fails takes them all.

    Advice is no gate: it costs nothing.

    `evidence` is None where the run gave none through our fault. A check in error leaves the question without points.
    """
    if evidence is None:
        return unscored(question, QuestionStatus.NOT_GRADED)
    if any(result.verdict is Verdict.ERROR for result in results.values()):
        return unscored(question, QuestionStatus.NEEDS_REVIEW)
    earned = {check.id: earn_check(check, results[check.id]) for check in question.checks if check.points is not None}
    gates = [
        results[check.id].verdict is Verdict.PASSED
        for check in question.checks
        if check.points is None and check.standing is not Standing.ADVICE
    ]
    full = question.points if not earned else sum(earned.values(), NOTHING)
    points = full if all(gates) else NOTHING
    return QuestionScore(
        id=question.id,
        status=name_status(question, evidence, results, points),
        points=points,
        max_points=question.points,
        extra=question.extra,
        checks=earned if all(gates) else dict.fromkeys(earned, NOTHING),
    )


def earn_check(check: CheckSpec, result: CheckResult) -> Decimal:
    """The points of one check that carries some."""
    worth = check.points or NOTHING
    if result.share is not None and result.verdict is not Verdict.SKIPPED:
        return (worth * result.share).quantize(Decimal("0.01"))
    return worth if result.verdict is Verdict.PASSED else NOTHING


def unscored(question: Question, status: QuestionStatus) -> QuestionScore:
    """A question from which no points follow."""
    return QuestionScore(id=question.id, status=status, points=None, max_points=question.points, extra=question.extra)


def name_status(
    question: Question, evidence: QuestionEvidence, results: Mapping[str, CheckResult], points: Decimal
) -> QuestionStatus:
    """The word for what happened."""
    counting = [results[check.id].verdict for check in question.checks if check.standing is not Standing.ADVICE]
    if points == question.points and all(verdict is Verdict.PASSED for verdict in counting):
        return QuestionStatus.PASSED
    if points:
        return QuestionStatus.PARTIAL
    if evidence.problem is not None and evidence.problem.code == "missing_function":
        return QuestionStatus.NOT_ATTEMPTED
    if results and all(result.verdict is Verdict.SKIPPED for result in results.values()) and evidence.finished:
        return QuestionStatus.SKIPPED
    return QuestionStatus.FAILED
