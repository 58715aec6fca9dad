"""A mark's report becomes a student's: whose it is, which attempt, what lateness costs, what a person decided.

`score.points` stay the machine's; `adjustments` say what came after, and `final_points` are the sum. Where something is
withheld from this reader, the final sum and what lateness took are left out: hidden points could be worked out of them.
What a person decided of a question that isn't shown yet isn't either.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from grader.batch.model import Grade, Override
from grader.report.model import (
    Adjustment,
    QuestionReport,
    QuestionState,
    Report,
    ReportStatus,
    ScorePart,
    StudentPart,
)

__all__ = ["personalize"]

NOTHING = Decimal(0)


def personalize(
    report: Report,
    grade: Grade,
    *,
    overrides: Mapping[str | None, Override],
    lateness: str = "",
    withholds: bool = False,
) -> Report:
    """The report of this student.

    Args:
        report: a mark's, for this reader.
        grade: what the student has.
        overrides: a person's decisions by question (None: the whole).
        lateness: what to say of it.
        withholds: whether the assignment has something that this reader doesn't see, be it worth extra points only.
    """
    unseen = {part.id for part in report.questions if is_unseen(part)}
    overrides = {question: one for question, one in overrides.items() if question not in unseen}
    questions = tuple(decide_question(part, overrides.get(part.id)) for part in report.questions)
    # A grade that isn't final yet, ours or a person's, stays so in the report.
    status = ReportStatus.GRADED if grade.final_points is not None else report.status
    submission = report.submission.model_copy(
        update={"attempt": grade.attempt or 1, "submitted_at": grade.submitted_at}
    )
    return report.model_copy(
        update={
            "student": StudentPart(id=grade.student_id),
            "submission": submission,
            "status": status,
            "complete": status is ReportStatus.GRADED,
            "questions": questions,
            "score": adjust_score(report, questions, grade, overrides, lateness, withholds=withholds),
        }
    )


def is_unseen(part: QuestionReport) -> bool:
    """Whether a question itself is withheld; one of whose checks some are hidden is not: a person may decide it."""
    return part.status is QuestionState.WITHHELD and part.visibility != "shown"


def decide_question(part: QuestionReport, override: Override | None) -> QuestionReport:
    """A question as a person decided it; the checks keep what they said."""
    if override is None or override.points is None:
        return part
    points = override.points
    state = QuestionState.PASSED if points >= part.max_points else QuestionState.PARTIAL
    return part.model_copy(update={"points": points, "status": state if points else QuestionState.FAILED})


def adjust_score(
    report: Report,
    questions: Sequence[QuestionReport],
    grade: Grade,
    overrides: Mapping[str | None, Override],
    lateness: str,
    *,
    withholds: bool,
) -> ScorePart:
    """The sum, what was added and taken after the checks, and what stays."""
    machine = {part.id: part.points for part in report.questions}
    known = [part for part in report.questions if part.status is not QuestionState.WITHHELD]
    points = sum((part.points or NOTHING for part in known), NOTHING)
    adjustments = [
        Adjustment(kind="override", points=decided.points - (machine[part.id] or NOTHING), reason=decided.reason)
        for part in questions
        if (decided := overrides.get(part.id)) is not None and decided.points is not None
    ]
    whole = overrides.get(None)
    withheld = withholds or report.score.withheld_points > 0 or len(known) < len(report.questions)
    if whole is not None and whole.points is not None and not withheld:
        so_far = points + sum((adjustment.points for adjustment in adjustments), NOTHING)
        adjustments.append(Adjustment(kind="override", points=whole.points - so_far, reason=whole.reason))
    if grade.penalty and not withheld:
        adjustments.append(Adjustment(kind="late", points=-grade.penalty, reason=lateness))
    complete = grade.final_points is not None
    return report.score.model_copy(
        update={
            "points": points if complete or report.score.points is not None else None,
            "adjustments": tuple(adjustments),
            "final_points": None if withheld else grade.final_points,
        }
    )
