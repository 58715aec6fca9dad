"""Exact confidence bounds of a share, after Clopper and Pearson (Biometrika 26, 1934), with nothing but `math`.

One-sided: of all shares with which seeing so few failures (or fewer) has a chance of at least one in twenty, the
greatest is the bound from above. Without any failure in n runs that is 1 - 0.05^(1/n), about 3/n: a bound of one in a
thousand takes 2,995 runs.

The runs must be independent. They may have different shares: the bound is then one of their mean, and no less careful,
because the number of failures of unlike runs spreads less than the binomial does (Hoeffding, Annals of Mathematical
Statistics 27, 1956); without any failure that is plain, for a product of (1 - p) is at most the power of their mean.
"""

import math

__all__ = ["CONFIDENCE", "bound_above", "bound_below"]

CONFIDENCE = 0.95
HALVINGS = 60


def bound_above(failures: int, runs: int, *, confidence: float = CONFIDENCE) -> float:
    """The greatest share that so few failures in so many runs allow; 1 where there is no run.

    Raises:
        ValueError: more failures than runs, or fewer than none.
    """
    if not 0 <= failures <= runs:
        raise ValueError(f"{failures} failures in {runs} runs")
    if failures == runs:
        return 1.0
    low, high = failures / runs, 1.0
    for _ in range(HALVINGS):  # the chance of so few falls as the share grows
        middle = (low + high) / 2
        low, high = (middle, high) if sum_lower(failures, runs, middle) > 1 - confidence else (low, middle)
    return high


def bound_below(failures: int, runs: int, *, confidence: float = CONFIDENCE) -> float:
    """The least share that so many failures in so many runs allow: the same, of the runs that didn't fail."""
    return 1.0 - bound_above(runs - failures, runs, confidence=confidence) if runs else 0.0


def sum_lower(failures: int, runs: int, share: float) -> float:
    """The chance of at most so many failures, each with this share: the lower part of the binomial, 0 < share < 1."""
    if share >= 1:
        return 0.0
    whole = math.lgamma(runs + 1)
    lost, kept = math.log(share) if share > 0 else -math.inf, math.log1p(-share)

    def chance(count: int) -> float:
        ways = whole - math.lgamma(count + 1) - math.lgamma(runs - count + 1)
        return math.exp(ways + (count * lost if count else 0.0) + (runs - count) * kept)

    return math.fsum(map(chance, range(failures + 1)))
