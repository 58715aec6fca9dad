"""Exact bounds of a share, against values known from tables and against the definition."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.calibrate.bounds import bound_above, bound_below


@pytest.mark.parametrize("runs", [1, 10, 59, 299, 2_995, 100_000])
def test_without_a_failure(runs: int) -> None:
    """1 - 0.05^(1/n): about 3/n, and exactly so."""
    assert bound_above(0, runs) == pytest.approx(1 - 0.05 ** (1 / runs), rel=1e-9)
    assert bound_below(0, runs) == 0


def test_three_thousand_runs_show_one_in_a_thousand() -> None:
    """As many are needed, and no fewer."""
    assert bound_above(0, 2_994) > 0.001 >= bound_above(0, 2_995)


@pytest.mark.parametrize(
    ("failures", "runs", "low", "high"),
    [(1, 10, 0.0025, 0.4450), (2, 10, 0.0252, 0.5561), (5, 10, 0.1871, 0.8129), (9, 10, 0.5550, 0.9975)],
)
def test_against_the_tables(failures: int, runs: int, low: float, high: float) -> None:
    """Clopper and Pearson's two-sided 95 % limits are one-sided ones of 97.5 %."""
    assert bound_below(failures, runs, confidence=0.975) == pytest.approx(low, abs=5e-5)
    assert bound_above(failures, runs, confidence=0.975) == pytest.approx(high, abs=5e-5)


@given(st.integers(1, 60).flatmap(lambda runs: st.tuples(st.integers(0, runs - 1), st.just(runs))))
def test_by_definition(counted: tuple[int, int]) -> None:
    """With the bound for a share, seeing so few failures has a chance of exactly one in twenty."""
    failures, runs = counted
    share = Fraction(bound_above(failures, runs))
    chance = sum(math.comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(failures + 1))

    assert float(chance) == pytest.approx(0.05, rel=1e-6)
    assert bound_below(runs - failures, runs) == pytest.approx(1 - float(share))


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3])
@pytest.mark.parametrize("runs", [20, 100])
def test_it_covers(share: float, runs: int) -> None:
    """Whatever the true share, the bound lies below it in at most one of twenty calibrations."""
    missed = sum(
        math.comb(runs, k) * share**k * (1 - share) ** (runs - k)
        for k in range(runs + 1)
        if bound_above(k, runs) < share
    )

    assert missed <= 0.05


def test_all_or_none() -> None:
    """Every run failed: all may. None was made: nothing is known. More failures than runs is a mistake."""
    assert bound_above(7, 7) == 1
    assert bound_below(7, 7) == pytest.approx(0.05 ** (1 / 7))
    assert (bound_below(0, 0), bound_above(0, 0)) == (0, 1)
    with pytest.raises(ValueError, match="3 failures in 2 runs"):
        bound_above(3, 2)
