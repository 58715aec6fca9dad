from decimal import Decimal

import pytest

from grader.batch.histogram import Bin, count_bins


@pytest.mark.parametrize(
    ("most", "ends"),
    [
        ("15", "0 3 6 9 12 15"),
        ("10", "0 2 4 6 8 10"),
        ("100", "0 20 40 60 80 100"),
        ("1", "0 0.2 0.4 0.6 0.8 1"),
        ("7", "0 1.5 3 4.5 6 7"),
        ("13", "0 3 6 9 12 13"),
    ],
)
def test_bins_fit_the_most_points(most: str, ends: str) -> None:
    """About five, with round ends; the last one is narrower where it must be."""
    bins = count_bins([], Decimal(most))
    expected = list(map(Decimal, ends.split()))

    assert [bin.low for bin in bins] == expected[:-1]
    assert [bin.high for bin in bins] == expected[1:]


def test_every_value_is_in_one_bin() -> None:
    """The lower end belongs to a bin, the upper one to the next; the most to the last; extra points are beyond it."""
    bins = count_bins([Decimal(value) for value in ("0", "2.99", "3", "14.99", "15", "15.5")], Decimal(15))

    assert [bin.count for bin in bins] == [2, 1, 0, 0, 2, 1]
    assert bins[-1] == Bin(low=Decimal(15), high=None, count=1)


def test_an_assignment_worth_nothing() -> None:
    """One bin holds everybody."""
    assert count_bins([Decimal(0)] * 3, Decimal(0)) == (Bin(low=Decimal(0), high=Decimal(0), count=3),)
