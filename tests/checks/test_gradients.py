"""A missing `zero_grad` is told from every honest way to train."""

from typing import Any

import numpy as np
import pytest

from grader.checks.gradients import fresh_gradients
from grader.checks.result import CheckResult
from grader.evidence.model import Array, QuestionEvidence
from tests.checks.building import KEPT, assert_error, assert_failed, assert_passed, question, unusable

BATCHES, SAMPLE = 20, 6
GRADIENTS = np.random.default_rng(0).normal(0, 1e-3, (BATCHES, SAMPLE))


def noted(array: Any, stepped: list[bool]) -> QuestionEvidence:
    record = {"kind": "gradients", "batches": BATCHES, "stepped": stepped}
    return question(records={"batches": record}, arrays={"batches": np.asarray(array, np.float32)})


def train(*, zero_every: int = 1, step_every: int = 1) -> QuestionEvidence:
    """A loop over the batches that empties the buffer and steps every so often, as the recorder notes it."""
    rows, stepped, buffer = [], [], np.zeros(SAMPLE)
    for number, gradient in enumerate(GRADIENTS):
        if zero_every and number % zero_every == 0:
            buffer = np.zeros(SAMPLE)
        rows.append([buffer, buffer + gradient])
        buffer = buffer + gradient
        stepped.append(number > 0 and number % step_every == 0)
    return noted(rows, stepped)


REFERENCE = train()


def check(student: QuestionEvidence, **more: Any) -> CheckResult:
    return fresh_gradients(student, REFERENCE, KEPT, of="batches", **more)


@pytest.mark.parametrize(("zero", "step"), [(1, 1), (4, 4), (2, 2)])
def test_honest_loops_are_fresh(zero: int, step: int) -> None:
    """Emptied before the first backward pass after a step, accumulation over several batches too."""
    result = check(train(zero_every=zero, step_every=step))

    assert_passed(result)
    assert result.facts["fresh"] == 1


@pytest.mark.parametrize(("zero", "share"), [(0, 0.0), (10, 1 / 19), (5, 3 / 19)])
def test_stale_loops_are_not(zero: int, share: float) -> None:
    """Never emptied, or once in a while: most steps began with what was left."""
    result = check(train(zero_every=zero))

    assert_failed(result, "stale_gradients")
    assert result.facts["fresh"] == pytest.approx(share)
    assert result.facts["steps"] == 19


def test_the_author_says_how_many() -> None:
    """Every second step is 0.47 of the steps: above the default, below a stricter share."""
    assert_passed(check(train(zero_every=2)))
    assert_failed(check(train(zero_every=2), share=0.9), "stale_gradients")


def test_nothing_seen_is_nothing_against() -> None:
    """A student who trained a copy leaves no rows: whether anything was learned is for other checks."""
    result = check(noted(np.zeros((0, 2, SAMPLE)), []))

    assert_passed(result)
    assert result.facts["steps"] == 0


def row(old: float, new: float) -> Array:
    return np.array([[[old] * SAMPLE, [new] * SAMPLE]] * 2)


@pytest.mark.parametrize(
    ("student", "code"),
    [
        (noted(row(np.nan, np.nan), [True, True]), "not_finite"),
        (noted(row(0, np.inf), [True, True]), "not_finite"),
        (noted(row(0, 1), [True]), "shape_differs"),
        (noted(row(0, 1)[0], [True, True]), "shape_differs"),
        (noted(np.zeros((2, 2, 0)), [True, True]), "shape_differs"),
        (noted(np.zeros((2, 1, SAMPLE)), [True, True]), "shape_differs"),
        (noted(row(1, 1), [True, True]), "stale_gradients"),
        (question(), "not_recorded"),
        (unusable("batches"), "unusable"),
        (question(records={"batches": {"kind": "gradients", "batches": 0, "stepped": []}}), "not_recorded"),
    ],
)
def test_odd_records_fail(student: QuestionEvidence, code: str) -> None:
    """NaN, other shapes and missing arrays never count as fresh."""
    assert_failed(check(student), code)


def test_no_reference() -> None:
    """A reference without gradients is ours."""
    assert_error(fresh_gradients(REFERENCE, question(), KEPT, of="batches"), "no_reference")
