"""One optimiser step, up to a factor: right optimisers pass, wrong rates fail and are named."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.result import CheckResult, Verdict
from grader.checks.steps import proportional
from grader.evidence.model import QuestionEvidence
from tests.checks.building import KEPT, assert_error, assert_failed, assert_passed, question, unusable, without

TENSORS = ("conv1.weight", "layer1.weight", "layer1.bias", "layer4.weight", "fc.weight", "fc.bias")
FROZEN = ({"layer1.weight", "layer1.bias"}, set[str]())
RATES = ((3e-4, 9.42e-3), (8e-4, 4e-2))
Rate = Callable[[str, int], float]


def right_rate(name: str, case: int) -> float:
    base, head = RATES[case]
    return head if name.startswith("fc.") else base


def steps(rate: Rate = right_rate, *, factor: float = 1.0, cases: int = 2, **more: Any) -> QuestionEvidence:
    """Both cases: every trainable tensor moved by minus its rate times the optimiser's factor."""
    records: dict[str, Mapping[str, Any]] = {}
    arrays = {}
    for case in range(cases):
        name = f"steps_{case}" if case else "steps"
        groups = dict.fromkeys(TENSORS, 1) | more.get("groups", {})
        records[name] = {"kind": "step", "name": "steps", "case": case, "tensors": list(TENSORS), "groups": groups}
        for tensor in TENSORS:
            change = 0.0 if tensor in FROZEN[case] else -factor * rate(tensor, case)
            arrays[f"steps.{case}.{tensor}"] = np.full(8, change, np.float32)
    arrays |= {name: np.asarray(array) for name, array in more.get("arrays", {}).items()}
    return question(records=records, arrays=arrays)


REFERENCE = steps()


def check(student: QuestionEvidence, **more: Any) -> CheckResult:
    return proportional(student, REFERENCE, KEPT, of="steps", **more)


@given(st.floats(0.001, 10))
def test_any_optimiser_passes(factor: float) -> None:
    """Whatever constant an optimiser multiplies its rate by, one constant explains everything."""
    result = check(steps(factor=factor))

    assert_passed(result)
    assert result.facts["factor"] == pytest.approx(factor, rel=1e-5)
    assert (result.facts["tensors"], result.facts["cases"]) == (12, 2)


@pytest.mark.parametrize(
    ("rate", "expected", "actual"),
    [
        (lambda name, case: RATES[case][0], 31.4, 1.0),
        (lambda name, case: RATES[case][1], 31.4, 1.0),
        (lambda name, case: right_rate("layer" if name.startswith("fc.") else "fc.", case), 31.4, 1 / 31.4),
    ],
    ids=["base_lr for all", "head_lr for all", "the two swapped"],
)
def test_wrong_rates_are_named(rate: Rate, expected: float, actual: float) -> None:
    """One rate for both, or the wrong one: how far fc moved against layer4, and how far it should have."""
    result = check(steps(rate))

    assert_failed(result, "ratio_differs")
    assert (result.facts["part"], result.facts["against"], result.facts["case"]) == ("fc", "layer4", 1)
    assert result.expected == pytest.approx(expected, rel=1e-4)
    assert result.actual == pytest.approx(actual, rel=1e-4)


def test_a_rate_that_is_off_by_a_tenth_fails() -> None:
    """A mistake far smaller than any that is usual is still seen."""
    result = check(steps(lambda name, case: right_rate(name, case) * (1.1 if name.startswith("fc.") else 1)))

    assert_failed(result, "ratio_differs")


def test_one_tensor_off_is_named() -> None:
    """Where one tensor of a part has another rate than its neighbours, it is the tensor that is named."""
    result = check(steps(lambda name, case: RATES[case][0] if name == "fc.bias" else right_rate(name, case)))

    assert_failed(result, "uneven")
    assert (result.facts["name"], result.facts["part"]) == ("fc.bias", "fc")
    assert result.facts["times"] == pytest.approx(1 / 31.4, rel=1e-4)


def test_tensors_left_out_are_named() -> None:
    """A parameter in no group doesn't move."""
    result = check(steps(lambda name, case: 0.0 if name == "layer1.bias" else right_rate(name, case)))

    assert_failed(result, "not_moved")
    assert (result.facts["case"], result.facts["names"], result.facts["of"]) == (2, ["layer1.bias"], 6)


def test_an_optimiser_that_does_nothing() -> None:
    """No change at all has a code of its own."""
    assert_failed(check(steps(factor=0.0)), "nothing_moved")


def test_frozen_tensors_stay() -> None:
    """What has no gradient mustn't move, however little."""
    tiny = {"steps.0.layer1.weight": np.full(8, -1e-12, np.float32)}
    result = check(steps(arrays=tiny))

    assert_failed(result, "moved_too")
    assert result.facts["names"] == ["layer1.weight"]


def test_the_direction_counts() -> None:
    """A step up the gradient is wrong, of all tensors or of one."""
    assert_failed(check(steps(factor=-1.0)), "wrong_way")
    one = check(steps(lambda name, case: right_rate(name, case) * (-1 if name == "fc.bias" else 1)))
    assert_failed(one, "wrong_way")
    assert one.facts["names"] == ["fc.bias"]


def test_one_factor_over_all_cases() -> None:
    """Rates that don't come from the arguments fit one case at most."""
    result = check(steps(lambda name, case: right_rate(name, 0) if case == 0 else right_rate(name, 1) * 3))

    assert_failed(result, "factor_differs")
    assert result.facts["cases"] == [1, 2]


def test_fixed_rates_fail() -> None:
    """Rates written into the code, whatever the arguments were."""
    result = check(steps(lambda name, case: right_rate(name, 0)))

    assert result.verdict is Verdict.FAILED


def test_a_tensor_in_two_groups() -> None:
    """A parameter in more than one place of the groups is named, whatever it moved."""
    result = check(steps(groups={"fc.weight": 2}))

    assert_failed(result, "grouped_twice")
    assert result.facts["names"] == ["fc.weight"]


def test_frozen_tensors_may_be_in_no_group() -> None:
    """Leaving out what is frozen is as right as passing it."""
    assert_passed(check(steps(groups=dict.fromkeys(FROZEN[0], 0))))


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full(8, np.nan, np.float32), "not_finite"),
        (np.full(8, np.inf, np.float32), "not_finite"),
        (np.float32(-9.42e-3), "step_shape"),
        (np.full(1, -9.42e-3, np.float32), "step_shape"),
        (np.full((1, 8), -9.42e-3, np.float32), "step_shape"),
        (np.zeros(0, np.float32), "step_shape"),
        (np.full(8, -1), "step_shape"),
        (np.full(8, -1.7e308), "uneven"),
        (np.linspace(-1e-2, -9e-3, 8).astype(np.float32), "uneven"),
        (np.append(np.zeros(7), -5e-324), "uneven"),
    ],
)
def test_odd_arrays_fail(array: Any, code: str) -> None:
    """NaN, infinity, shapes that would broadcast, integers, huge and uneven changes never pass."""
    assert_failed(check(steps(arrays={"steps.0.fc.weight": array})), code)


def test_changes_whose_mean_is_no_number_any_more_are_no_fault_of_the_check() -> None:
    """Forged changes next to the smallest float fail: a check that raised would win a person's look, and no zero."""
    tiny = np.append(np.zeros(7), -5e-324)
    forged = {f"steps.0.{name}": np.zeros(8) if name in FROZEN[0] else tiny for name in TENSORS}
    forged["steps.0.conv1.weight"] = np.full(8, -5e-324)

    assert_failed(check(steps(arrays=forged)), "ratio_differs")


@given(st.lists(st.floats(-2, 2, width=32), min_size=6, max_size=6))
def test_a_pass_means_proportional(rates: list[float]) -> None:
    """Whatever the changes are, a pass means that they are one positive multiple of the right ones."""
    table = dict(zip(TENSORS, rates, strict=True))
    result = check(steps(lambda name, case: table[name] * right_rate(name, case)))

    assert result.verdict is not Verdict.ERROR
    if result.verdict is Verdict.PASSED:
        factor = result.facts["factor"]
        assert factor > 0
        assert all(abs(rate - factor) <= 0.03 * factor for rate in rates)


def test_what_is_missing() -> None:
    """A missing case, tensor or array fails; an optimiser that is none says so; no reference is ours."""
    record = {**REFERENCE.records["steps"], "tensors": list(TENSORS[1:])}
    fewer = question(records={**REFERENCE.records, "steps": record}, arrays=REFERENCE.arrays)

    assert_failed(check(question()), "not_recorded")
    assert_failed(check(without(REFERENCE, "steps_1")), "not_recorded")
    assert_failed(check(without(REFERENCE, "steps.1.fc.bias")), "not_recorded")
    assert_failed(check(fewer), "tensors_differ")
    assert_failed(check(unusable("steps", "optimizer")), "unusable")
    assert_error(proportional(REFERENCE, question(), KEPT, of="steps"), "no_reference")
    assert_error(proportional(REFERENCE, steps(factor=0.0), KEPT, of="steps"), "bad_reference")
