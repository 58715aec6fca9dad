"""What lateness takes of points. Exact decimals; a fraction of a hundredth is rounded in the student's favour or to the
nearer, never against.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, Decimal

from grader.batch.rules.lateness import Lateness
from grader.batch.rules.model import ClassRules, Penalty, Per, Share, ShareOf

__all__ = ["Penalized", "apply_penalty"]

NOTHING = Decimal(0)
HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Penalized:
    """What is taken, and what is left."""

    penalty: Decimal
    final_points: Decimal


def apply_penalty(rules: ClassRules, lateness: Lateness, *, points: Decimal, max_points: Decimal) -> Penalized:
    """What is left of points that were earned, extra points among them.

    The penalty is rounded to hundredths, the half down: what is left is rounded half up. It is never more than what
    was earned. Of what isn't accepted nothing is left, whatever the cap says.
    """
    earned = max(points, NOTHING)
    taken = earned if not lateness.accepted else measure_penalty(rules, lateness, earned, max_points)
    taken = min(taken, earned)
    return Penalized(penalty=taken, final_points=earned - taken)


def measure_penalty(rules: ClassRules, lateness: Lateness, earned: Decimal, max_points: Decimal) -> Decimal:
    """What the penalty comes to, capped and rounded."""
    if rules.penalty is None or not lateness.is_late or lateness.excused:
        return NOTHING
    taken = measure_share(rules.penalty.share, earned, max_points) * count_steps(rules.penalty, lateness)
    if rules.cap is not None:
        taken = min(taken, measure_share(rules.cap, earned, max_points))
    return taken.quantize(HUNDREDTH, ROUND_HALF_DOWN)


def measure_share(share: Share, earned: Decimal, max_points: Decimal) -> Decimal:
    """A share in points."""
    if share.points is not None:
        return share.points
    whole = earned if share.of is ShareOf.EARNED else max_points
    return whole * (share.percent or NOTHING) / 100


def count_steps(penalty: Penalty, lateness: Lateness) -> int:
    """How often the penalty is taken: each hour and each day that has begun counts."""
    return {Per.ONCE: 1, Per.HOUR: lateness.hours, Per.DAY: lateness.days}[penalty.per]
