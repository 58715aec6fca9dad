"""Arrays agree or they don't: NaN, broadcasting and arrays of nothing never pass."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.checks.arrays import close, same_shape
from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Array
from tests.checks.building import KEPT, assert_error, assert_failed, assert_passed, question, unusable

LOGITS = np.random.default_rng(0).normal(0, 3, (4, 10)).astype(np.float32)


def check_close(mine: Any, theirs: Any = LOGITS, **parameters: float) -> CheckResult:
    student, reference = question(arrays={"logits": mine}), question(arrays={"logits": theirs})
    return close(student, reference, KEPT, of="logits", **parameters)


def check_shape(mine: Any, theirs: Any = LOGITS) -> CheckResult:
    return same_shape(question(arrays={"logits": mine}), question(arrays={"logits": theirs}), KEPT, of="logits")


@pytest.mark.parametrize(
    "mine",
    [LOGITS, LOGITS.astype(np.float64), LOGITS.astype(np.float16), LOGITS + 1e-5, LOGITS * (1 + 1e-4)],
    ids=["the same", "float64", "float16", "rounding", "another processor"],
)
def test_close_takes_what_is_right(mine: Array) -> None:
    """Any width of float, and the rounding of another machine, agree."""
    assert_passed(check_close(mine))
    assert_passed(check_shape(mine))


def spoil(place: tuple[int, int], value: float) -> Array:
    array = LOGITS.copy()
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("mine", "code"),
    [
        (spoil((0, 0), np.nan), "not_finite"),
        (spoil((3, 9), np.inf), "not_finite"),
        (np.full_like(LOGITS, np.nan), "not_finite"),
        (LOGITS[0], "shape_differs"),
        (LOGITS[:1], "shape_differs"),
        (LOGITS[None], "shape_differs"),
        (LOGITS.T, "shape_differs"),
        (LOGITS.reshape(10, 4), "shape_differs"),
        (LOGITS[0, 0], "shape_differs"),
        (np.zeros((0, 10), np.float32), "shape_differs"),
        (np.zeros((4, 0), np.float32), "shape_differs"),
        (LOGITS.astype(np.int64), "kind_differs"),
        (LOGITS > 0, "kind_differs"),
        (np.zeros_like(LOGITS), "values_differ"),
        (spoil((2, 5), float(LOGITS[2, 5]) + 0.11), "values_differ"),
        (LOGITS.astype(np.float64) * 1e300, "values_differ"),
        (np.full(LOGITS.shape, -1.7e308), "values_differ"),
    ],
)
def test_close_fails_what_is_wrong(mine: Array, code: str) -> None:
    """NaN, infinity, shapes that would broadcast, arrays of nothing, other numbers: each fails by its own code."""
    assert_failed(check_close(mine), code)


def test_arrays_without_elements_never_agree() -> None:
    """Where the reference itself left nothing there is nothing to compare: a person looks."""
    nothing = np.zeros((0, 10), np.float32)

    assert_error(check_close(nothing, nothing), "bad_reference")
    assert_error(check_close(LOGITS, np.full_like(LOGITS, np.nan)), "bad_reference")
    assert_error(check_shape(nothing, nothing), "bad_reference")


@pytest.mark.parametrize(
    ("mine", "looks"),
    [
        (np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True), "probabilities"),
        (LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True)), "log_probabilities"),
        (LOGITS * 255, "scaled"),
        (np.full_like(LOGITS, 0.5), "constant"),
        (LOGITS[::-1], "reordered"),
        (LOGITS + 3, None),
    ],
)
def test_close_guesses_the_mistake(mine: Array, looks: str | None) -> None:
    """A usual mistake is recognised, so that the report can name it."""
    result = check_close(mine)

    assert_failed(result, "values_differ")
    assert result.facts["looks"] == looks
    assert result.facts["factor"] == (pytest.approx(255) if looks == "scaled" else None)


def test_close_doesn_t_give_hidden_values_away() -> None:
    """Facts tell how far and how many, never the expected values."""
    result = check_close(LOGITS + 1)

    assert result.expected is None
    assert result.facts["count"] == result.facts["of"] == 40
    assert result.facts["greatest"] == pytest.approx(1, rel=1e-6)


def test_close_compares_integers_and_truth_values_exactly() -> None:
    """A tolerance is for floats."""
    big = np.array([2**53 + 1, 5], np.int64)

    assert_passed(check_close(big, big))
    assert_passed(check_close(big.astype(np.int64), big))
    assert_passed(check_close(np.array([5], np.int32), np.array([5])))
    assert_failed(check_close(big - 1, big, absolute=10), "values_differ")
    assert_failed(check_close(np.array([True]), np.array([False]), absolute=10), "values_differ")


def test_close_takes_its_tolerances() -> None:
    """`absolute` and `relative` are the author's."""
    assert_failed(check_close(LOGITS + 0.05), "values_differ")
    assert_passed(check_close(LOGITS + 0.05, absolute=0.1))
    assert_passed(check_close(LOGITS * 1.05, relative=0.1))
    assert_failed(check_close(LOGITS * 1.05, relative=0, absolute=1e-6), "values_differ")


def test_one_huge_value_loosens_nothing_for_the_small_ones() -> None:
    """The size that tolerance goes with is the median's, which one outlier doesn't move."""
    theirs = np.array([1e9, 1.0, 2.0, 3.0])

    assert_failed(check_close(np.array([1e9, 1.0, 2.0, 4.0]), theirs), "values_differ")


def several(**arrays: Any) -> dict[str, Array]:
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def test_of_reads_the_numbered_ones_too() -> None:
    """`of = "logits"` is about logits and logits_0, logits_1, …: every one of them."""
    reference = question(arrays=several(logits_0=[1], logits_1=[2], other=[3]))
    right = question(arrays=several(logits_0=[1], logits_1=[2], other=[9]))
    wrong = question(arrays=several(logits_0=[1], logits_1=[9], other=[3]))
    short = question(arrays=several(logits_0=[1], other=[3]))
    more = question(arrays=several(logits_0=[1], logits_1=[2], logits_2=[2]))

    assert_passed(close(right, reference, KEPT, of="logits"))
    assert_failed(close(wrong, reference, KEPT, of="logits"), "values_differ")
    assert_failed(close(short, reference, KEPT, of="logits"), "not_recorded")
    assert_failed(close(more, reference, KEPT, of="logits"), "extra_arrays")
    assert_failed(same_shape(short, reference, KEPT, of="logits"), "not_recorded")


def test_nothing_recorded() -> None:
    """A missing array fails; one that couldn't be recorded says why; a missing reference is ours."""
    reference = question(arrays={"logits": LOGITS})

    assert_failed(close(question(), reference, KEPT, of="logits"), "not_recorded")
    assert_failed(close(unusable("logits", "outputs"), reference, KEPT, of="logits"), "unusable")
    assert_error(close(reference, question(), KEPT, of="logits"), "no_reference")


FLOATS = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    hnp.array_shapes(min_dims=0, max_dims=3, max_side=4),
    elements=st.floats(width=32),
)


@settings(max_examples=300)
@given(FLOATS, FLOATS)
def test_close_passes_only_what_is_near(mine: Array, theirs: Array) -> None:
    """Whatever the two arrays hold: a pass means one shape, finite numbers, and every one near enough."""
    result = check_close(mine, theirs)

    assert result.verdict is not Verdict.ERROR or not np.isfinite(theirs).all()
    if result.verdict is Verdict.PASSED:
        size = np.abs(theirs.astype(np.float64))
        room = 1e-4 + 1e-3 * np.maximum(size, np.median(size))
        assert mine.shape == theirs.shape
        assert (np.abs(mine.astype(np.float64) - theirs.astype(np.float64)) <= room).all()


@given(FLOATS.filter(lambda array: bool(np.isfinite(array).all())))
def test_close_is_reflexive(array: Array) -> None:
    """Every finite array agrees with itself."""
    assert_passed(check_close(array, array))
