from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.rules import ClassRules, Counting, Lateness, choose_attempt

BEST, LAST = ClassRules(attempts=Counting.BEST), ClassRules()
CLOSED = Lateness(late_seconds=1, days=1, accepted=False)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """An attempt."""

    attempt: int
    final_points: Decimal | None
    could_reach: Decimal = Decimal(10)
    lateness: Lateness = Lateness()  # noqa: RUF009


def tried(*points: int | None, could_reach: int = 10) -> list[Tried]:
    """Attempts with these points, one after the other."""
    return [
        Tried(
            attempt=number,
            final_points=None if one is None else Decimal(one),
            could_reach=Decimal(could_reach if one is None else 10),
        )
        for number, one in enumerate(points, 1)
    ]


@pytest.mark.parametrize(
    ("points", "last", "best"),
    [
        ([7], 1, 1),
        ([7, 5], 2, 1),
        ([5, 7, 7, 3], 4, 2),
        ([0, 0], 2, 1),
        ([None], 1, 1),
        ([5, None], 2, 2),
        ([None, 5], 2, 1),
        ([None, 10], 2, 2),
        ([10, None], 2, 1),
        ([None, None], 2, 1),
        ([3, None, 9, None], 4, 2),
    ],
)
def test_which_counts(points: Sequence[int | None], last: int, best: int) -> None:
    """The last; or the best, the earlier of equals, where one that isn't known waits only if it could still win."""
    assert choose_attempt(LAST, tried(*points)).attempt == last
    assert choose_attempt(LAST, tried(*points)[::-1]).attempt == last
    assert choose_attempt(BEST, tried(*points)).attempt == best
    assert choose_attempt(BEST, tried(*points)[::-1]).attempt == best


def test_one_that_cannot_win() -> None:
    """A late attempt that nobody has looked at yet holds nobody up if it could at most reach what there is."""
    assert choose_attempt(BEST, tried(6, None, could_reach=6)).attempt == 1
    assert choose_attempt(BEST, tried(6, None, could_reach=7)).attempt == 2


def test_what_is_not_accepted() -> None:
    """Who hands in once more after the closing keeps what was accepted; where nothing was, the last or first counts."""
    closed = Tried(attempt=3, final_points=Decimal(0), could_reach=Decimal(0), lateness=CLOSED)

    assert choose_attempt(LAST, [*tried(5, 4), closed]).attempt == 2
    assert choose_attempt(BEST, [*tried(0, 0), closed]).attempt == 1
    assert choose_attempt(LAST, [closed]).attempt == 3
    assert choose_attempt(LAST, [replace(closed, attempt=2), closed]).attempt == 3
    assert choose_attempt(BEST, [closed, replace(closed, attempt=2)]).attempt == 2
    assert choose_attempt(BEST, [closed]).attempt == 3


@pytest.mark.parametrize("rules", [BEST, LAST])
def test_no_attempts(rules: ClassRules) -> None:
    """There is nothing to choose: a mistake of the caller."""
    with pytest.raises(ValueError):
        choose_attempt(rules, [])


@given(st.lists(st.none() | st.integers(0, 10), min_size=1, max_size=6), st.integers(0, 10))
@settings(deadline=None)
def test_nothing_better_is_lost(points: list[int | None], reach: int) -> None:
    """Of the best nothing known is better than what is chosen, and nothing unknown could be."""
    attempts = tried(*points, could_reach=reach)

    chosen = choose_attempt(BEST, attempts)

    worth = chosen.could_reach if chosen.final_points is None else chosen.final_points
    for attempt in attempts:
        assert worth >= (attempt.could_reach if attempt.final_points is None else attempt.final_points)
