"""Which questions and checks cost a class most. Counted over the rows that have points, and over nothing else."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from grader.batch.model import Grade
from grader.report.model import CheckReport, CheckVerdict, Report
from grader.spec.model import Assignment

__all__ = ["CheckTally", "Share", "pick_hardest", "share_questions"]


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a class earned of a question ("head") or check ("head.close").

    `share` is of its points, `earned` of so many rows have all of them. A check that carries none is earned or not.
    """

    id: str
    share: float
    earned: int
    of: int


def share_questions(grades: Sequence[Grade], assignment: Assignment) -> tuple[Share, ...]:
    """What was earned of each question, a person's decisions included."""
    shares = []
    for question in assignment.questions:
        points = [grade.questions.get(question.id) for grade in grades]
        known = [value for value in points if value is not None]
        if known:
            shares.append(measure(question.id, known, question.points))
    return tuple(shares)


@dataclass
class CheckTally:
    """Adds up checks, report by report, so that no more than one report need be there at a time."""

    points: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    earned: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    of: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, report: Report) -> None:
        """Take in an instructor's report; answers that decide nothing are left out."""
        for question in report.questions:
            for check in question.checks:
                if check.verdict not in (CheckVerdict.ERROR, CheckVerdict.WITHHELD):
                    self.add_check(f"{question.id}.{check.id}", check)

    def add_check(self, name: str, check: CheckReport) -> None:
        """Take in one answer. A check without points of its own is earned or not."""
        passed = check.verdict is CheckVerdict.PASSED
        most = check.max_points or Decimal(1)
        points = check.points if check.points is not None else most * passed
        self.points[name] += points / most
        self.earned[name] += points >= most
        self.of[name] += 1

    def list_shares(self, assignment: Assignment) -> tuple[Share, ...]:
        """What was earned of each check that some report has, in the assignment's order."""
        names = [f"{question.id}.{check.id}" for question in assignment.questions for check in question.checks]
        return tuple(
            Share(id=name, share=float(self.points[name] / self.of[name]), earned=self.earned[name], of=self.of[name])
            for name in names
            if name in self.of
        )


def measure(id: str, points: Sequence[Decimal], most: Decimal) -> Share:
    """The share of some points. A question worth nothing costs nothing."""
    share = float(sum(points) / (len(points) * most)) if most else 1.0
    return Share(id=id, share=share, earned=sum(value >= most for value in points), of=len(points))


def pick_hardest(
    questions: Sequence[Share], checks: Sequence[Share], assignment: Assignment, *, most: int = 3
) -> list[Share]:
    """The places where most was lost, one a question: the question, or the check of several in it that is to blame."""
    worst = []
    for question in questions:
        pointed = count_pointed(assignment, question.id)
        own = [check for check in checks if check.id.startswith(f"{question.id}.") and check.id in pointed]
        worst.append(min([question, *(own if len(pointed) > 1 else [])], key=lambda share: share.share))
    lost = [share for share in worst if share.earned < share.of]
    return sorted(lost, key=lambda share: share.share)[:most]


def count_pointed(assignment: Assignment, question: str) -> set[str]:
    """The checks of a question that carry points of their own."""
    parts = [part for part in assignment.questions if part.id == question]
    return {f"{part.id}.{check.id}" for part in parts for check in part.checks if check.points is not None}
