"""Rules that look at one number or at nothing, on hidden sets that are given as values."""

from typing import Any

import numpy as np
import pytest

from grader.validate.cheap_rules import HiddenSet, find_best_cuts, list_numbers, try_constants, try_cuts


def make_set(pairs: list[tuple[Any, Any]]) -> HiddenSet:
    """A hidden set of inputs and answers."""
    return HiddenSet(
        expected=[answer for _, answer in pairs], inputs={"xs": [dict(list_numbers(value)) for value, _ in pairs]}
    )


def test_constants() -> None:
    """An answer that is right often enough everywhere passes; one that is right in one draw of three doesn't count."""
    often = HiddenSet(expected=["a"] * 9 + ["b"], inputs={})
    other = HiddenSet(expected=["b"] * 9 + ["a"], inputs={})

    assert [rule.name for rule in try_constants([often, often], 0.9)] == ["'a'"]
    assert try_constants([often, often], 0.95) == []
    assert [(rule.name, rule.draws) for rule in try_constants([often, often, other], 0.9)] == [("'a'", 2)]


def test_true_is_no_one() -> None:
    """Answers are compared as the check does."""
    assert [rule.name for rule in try_constants([HiddenSet(expected=[True, True], inputs={})], 1.0)] == ["True"]
    assert try_constants([HiddenSet(expected=[True, 1], inputs={})], 1.0) == []


def test_one_cut() -> None:
    """A threshold on the last value of a series decides."""
    sets = [make_set([([0.5, k / 10], "low" if k < 6 else "high") for k in range(12)])]

    assert try_cuts(sets, 1.0)[0].name == "its last of 'xs'"
    assert try_cuts(sets, 1.0)[0].right == 1.0


def test_two_numbers_are_no_single_one() -> None:
    """Where only the difference of two decides, no cut passes."""
    rng = np.random.default_rng(5)
    pairs = [({"a": float(a), "b": float(a + gap)}, gap > 3) for a in rng.uniform(0, 40, 12) for gap in (1, 6)]

    assert try_cuts([make_set(pairs)], 0.9) == []


def test_numbers_as_answers_are_not_cut() -> None:
    """As many answers as cases: a threshold means nothing."""
    assert try_cuts([make_set([(k, k * k) for k in range(12)])], 1.0) == []


@pytest.mark.parametrize(
    ("pairs", "cuts", "right"),
    [
        ([(1, "a"), (2, "b"), (3, "a")], 1, 2),
        ([(1, "a"), (2, "b"), (3, "a")], 2, 3),
        ([(1, "a"), (1, "b"), (2, "b")], 1, 2),
        ([(1, "a"), (2, "a")], 0, 2),
        ([(1, "a"), (2, "b"), (3, "c"), (4, "c")], 2, 4),
    ],
)
def test_best_cuts(pairs: list[tuple[float, str]], cuts: int, right: int) -> None:
    """As many parts as there are cuts, each with one answer; equal numbers stay together."""
    assert find_best_cuts(pairs, cuts=cuts) == right


@pytest.mark.parametrize("seed", range(20))
def test_best_cuts_against_all_of_them(seed: int) -> None:
    """The same as trying every pair of cuts."""
    rng = np.random.default_rng(seed)
    values, answers = rng.integers(0, 8, 14), rng.integers(0, 3, 14)
    best = 0
    for low in range(9):
        for high in range(low, 9):
            parts = (values >= low).astype(int) + (values >= high)
            best = max(best, sum(int(np.bincount(answers[parts == p], minlength=3).max()) for p in range(3)))

    assert find_best_cuts(list(zip(values.tolist(), answers.tolist(), strict=True)), cuts=2) == best


def test_numbers_of_a_case() -> None:
    """Numbers, series and flat tables of them; truth values and nested tables are no numbers."""
    assert dict(list_numbers(3)) == {"the number": 3.0}
    assert dict(list_numbers({"x": [1, 3], "y": 2, "z": True, "t": "text"})) == {
        "x first": 1.0,
        "x last": 3.0,
        "x min": 1.0,
        "x max": 3.0,
        "x mean": 2.0,
        "x length": 2.0,
        "y": 2.0,
    }
    assert dict(list_numbers([[1, 2], [3, 4]])) == {}
    assert dict(list_numbers([float("nan")])) == {}
