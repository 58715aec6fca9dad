"""What a reader may see. One rule: points are shown when the checks that are shown decide them alone.

For a student everything hidden is left out, its name too; what is for after the deadline is named and withheld until
then. A question whose points a hidden check would decide shows none: to call it passed would be a lie, and to show the
points would tell what the check said. A question that already failed a shown check has 0, whatever else there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grader.checks.result import CheckResult, Verdict
from grader.report.model import Audience, QuestionState
from grader.score import QuestionScore, QuestionStatus, earn_check
from grader.spec.model import CheckSpec, Question, Reveal, Visibility

__all__ = ["Shown", "View", "show_points"]

NOTHING = Decimal(0)
UNSCORED = (QuestionStatus.NEEDS_REVIEW, QuestionStatus.NOT_GRADED)


@dataclass(frozen=True)
class View:
    """Who reads, and whether the deadline is over."""

    audience: Audience
    after_deadline: bool = False

    def withholds(self, part: Question | CheckSpec) -> bool:
        """Whether this part's result stays unseen."""
        if self.audience is Audience.INSTRUCTOR:
            return False
        return part.visibility is Visibility.HIDDEN or (
            part.visibility is Visibility.AFTER_DEADLINE and not self.after_deadline
        )

    def reveals(self, question: Question) -> bool:
        """Whether a quiz's right answer is shown, and why it is right."""
        if self.audience is Audience.INSTRUCTOR:
            return True
        over = question.solution is Reveal.AFTER_DEADLINE and self.after_deadline
        return (question.solution is Reveal.SHOWN or over) and not self.withholds(question)

    def omits(self, part: Question | CheckSpec) -> bool:
        """Whether not even its name is there."""
        return self.audience is Audience.STUDENT and part.visibility is Visibility.HIDDEN


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One question's points as a reader may see them."""

    points: Decimal | None
    max_points: Decimal
    state: QuestionState


def show_points(question: Question, score: QuestionScore, results: Mapping[str, CheckResult], view: View) -> Shown:
    """A question's points and state for a reader."""
    if view.withholds(question):
        return Shown(points=None, max_points=question.points, state=QuestionState.WITHHELD)
    withheld = [check for check in question.checks if view.withholds(check)]
    if not withheld or score.status in UNSCORED:
        return Shown(points=score.points, max_points=question.points, state=QuestionState(score.status.value))
    shown = [check for check in question.checks if check not in withheld]
    most = question.points - sum((check.points or NOTHING for check in withheld), NOTHING)
    if not all(passes(check, results) for check in shown if check.points is None):
        return Shown(points=NOTHING, max_points=most, state=state_of(score, NOTHING, most))
    pointed = [check for check in shown if check.points is not None]
    # Not from the score: there a hidden check that failed may have taken these points already.
    earned = sum((earn_check(check, results[check.id]) for check in pointed if check.id in results), NOTHING)
    hangs_on_unseen = any(check.points is None for check in withheld)
    if most == NOTHING or (hangs_on_unseen and (earned or not pointed)):
        return Shown(points=None, max_points=question.points, state=QuestionState.WITHHELD)
    return Shown(points=earned, max_points=most, state=state_of(score, earned, most))


def passes(check: CheckSpec, results: Mapping[str, CheckResult]) -> bool:
    """Whether a check passed."""
    return check.id in results and results[check.id].verdict is Verdict.PASSED


def state_of(score: QuestionScore, points: Decimal, most: Decimal) -> QuestionState:
    """The word for the part that is shown."""
    if points:
        return QuestionState.PASSED if points == most else QuestionState.PARTIAL
    if score.status in (QuestionStatus.NOT_ATTEMPTED, QuestionStatus.SKIPPED):
        return QuestionState(score.status.value)
    return QuestionState.FAILED
