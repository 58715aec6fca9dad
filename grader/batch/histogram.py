"""Points in bins: few enough to see at a glance, with ends that people would choose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

__all__ = ["Bin", "count_bins"]

STEPS = tuple(map(Decimal, ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8")))
FEWEST, BEST, MOST = 4, 5, 6
"""How many bins."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """So many have at least `low` and less than `high`; in the last one `high` counts too. None: no upper end."""

    low: Decimal
    high: Decimal | None
    count: int


def count_bins(points: Sequence[Decimal], max_points: Decimal) -> tuple[Bin, ...]:
    """How many are in each bin from 0 to `max_points`; those with extra points beyond it are in one of their own."""
    ends = choose_ends(max_points)
    inside = [max(value, Decimal(0)) for value in points if value <= max_points]
    bins = [
        Bin(low=low, high=high, count=sum(low <= value < high or (high == max_points == value) for value in inside))
        for low, high in pairwise(ends)
    ]
    beyond = len(points) - len(inside)
    return (*bins, *([Bin(low=max_points, high=None, count=beyond)] if beyond else []))


def choose_ends(max_points: Decimal) -> list[Decimal]:
    """The ends of the bins: 0, 3, 6, 9, 12, 15. Where no round width divides the whole, the last bin is narrower."""
    if max_points <= 0:
        return [Decimal(0), Decimal(0)]
    width = choose_width(max_points)
    count = math.ceil(max_points / width)
    return [*(width * number for number in range(count)), max_points]


def choose_width(max_points: Decimal) -> Decimal:
    """A round width that divides the whole into about five; else the narrowest that makes no more of them."""
    scale = Decimal(10) ** (max_points.adjusted() - 1)
    widths = [step * scale * power for power in (Decimal(1), Decimal(10)) for step in STEPS]
    even = [width for width in widths if max_points % width == 0 and FEWEST <= max_points // width <= MOST]
    if even:
        return min(even, key=lambda width: abs(max_points // width - BEST))
    return next(width for width in widths if max_points / width <= BEST)
