"""What a check's number is compared with, in one run: a statistic, and for which numbers the run would pass.

For every check that has a number to choose, `measure_check` gives what decides it: the run passes the check exactly
where the statistic allows the check's number (`tests/checks/test_statistics.py` holds the two together). So a number
can be chosen from many runs at once, and it can be seen how near to the line a run came.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.answers import read_cases
from grader.checks.arrays import check_numbers, check_shape, measure_difference, pair_arrays
from grader.checks.comparison import find_difference
from grader.checks.gradients import measure_fresh, read_noted
from grader.checks.predictions import Measurer, find_end
from grader.checks.records import Stop, find_record, find_reference_record
from grader.checks.result import Kept
from grader.checks.steps import measure_misfits, name_cases, read_case
from grader.checks.training import measure_agreement, measure_start, was_trained
from grader.evidence.model import Array, QuestionEvidence
from grader.spec.model import CheckSpec
from grader.spec.vocabulary import CHECKS as VOCABULARY

__all__ = ["MEASURES", "Interval", "Measure", "Statistic", "measure_check", "read_number", "read_numbers"]


@dataclass(frozen=True)
class Interval:
    """Numbers above `low` up to and with `high`; with `low` itself where it is `closed`."""

    low: float
    high: float
    closed: bool = False

    def holds(self, number: float) -> bool:
        """Whether a number is among them."""
        return (self.low < number or (self.closed and self.low == number)) and number <= self.high


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """What one run's check is decided by.

    `passes` are the numbers with which the run passes. `stopped` is the code of a failure that no number mends: then
    there is no `value`.
    """

    value: float | None
    passes: tuple[Interval, ...] = ()
    stopped: str | None = None

    def allows(self, number: float) -> bool:
        """Whether the run passes with this number."""
        return any(interval.holds(number) for interval in self.passes)

    def turns_within(self, number: float, distance: float) -> bool:
        """Whether some number at most so far from this one would decide otherwise."""
        inside = [interval for interval in self.passes if interval.holds(number)]
        if inside:
            return any(min(number - one.low, one.high - number) <= distance for one in inside)
        return any(one.low < number + distance and number - distance <= one.high for one in self.passes)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How a check's statistic is had. `numbers` are the parameters that are chosen.

    `largest`: the number is the most that may be (a tolerance), else the least that must be (a target). `scaled`: the
    statistic is a multiple of the numbers as they stand, so what it is compared with is 1.
    """

    function: Callable[..., Statistic]
    numbers: tuple[str, ...]
    largest: bool = False
    scaled: bool = False


def measure_check(
    check: CheckSpec, student: QuestionEvidence, reference: QuestionEvidence, kept: Kept
) -> Statistic | None:
    """The statistic of a check in one run, whatever other checks say; None where the check has no number.

    Raises whatever a check may raise on evidence that isn't as the reference's.
    """
    measure = MEASURES.get(check.use)
    if measure is None:
        return None
    left_out = {"near", "inputs"} if check.use in ("learned", "sooner", "agrees") else set()
    parameters = {
        ("with_" if name == "with" else name): value for name, value in check.parameters.items() if name not in left_out
    }
    try:
        return measure.function(student, reference, kept, of=check.of, **parameters)
    except Stop as stop:
        return Statistic(value=None, stopped=stop.result.code)


def read_numbers(check: CheckSpec) -> dict[str, float]:
    """The numbers of a check, as the specification says them or by default."""
    fields = {field.name: field.default for field in VOCABULARY[check.use].parameters}
    return {name: float(check.parameters.get(name, fields[name])) for name in MEASURES[check.use].numbers}


def read_number(check: CheckSpec) -> float:
    """What a check's statistic is compared with."""
    measure = MEASURES[check.use]
    return 1.0 if measure.scaled else read_numbers(check)[measure.numbers[0]]


def at_least(value: float, *, above: float = -math.inf) -> Statistic:
    """Passes with every number up to this one (and above another)."""
    return Statistic(value=value, passes=(Interval(above, value),) if above < value else ())


def at_most(value: float) -> Statistic:
    """Passes with this number and every greater one; one that is infinite, or no number, with none."""
    value = math.inf if math.isnan(value) else value
    return Statistic(value=value, passes=(Interval(value, math.inf, closed=True),) if math.isfinite(value) else ())


def measure_close(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    relative: float = 1e-3,
    absolute: float = 1e-4,
) -> Statistic:
    """The greatest difference of all elements, as a multiple of what is allowed there."""
    greatest = 0.0
    for name, (mine, theirs) in pair_arrays(student, reference, of).items():
        check_shape(name, mine, theirs)
        check_numbers(name, mine, theirs)
        difference, tolerance = measure_difference(mine, theirs, relative=relative, absolute=absolute)
        greatest = max(greatest, float(divide(difference, tolerance).max()))
    return at_most(greatest)


def divide(difference: Array, tolerance: Array) -> Array:
    """A difference as a multiple of its tolerance: at most 1 exactly where it is within. Of nothing allowed, any
    difference is infinitely much."""
    with np.errstate(all="ignore"):
        return np.where(tolerance > 0, difference / tolerance, np.where(difference > 0, np.inf, 0.0))


def measure_cases(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    at_least: float = 1.0,
    proportional: bool = False,
) -> Statistic:
    """The part of the cases that are right."""
    expected, answers = read_cases(student, reference, of)
    right = sum(find_difference(one, other) is None for one, other in zip(expected, answers, strict=True))
    # The small term is the check's own: 0.95 of 20 is 19.
    return Statistic(value=right / len(expected), passes=(Interval(-math.inf, (right + 1e-9) / len(expected)),))


def measure_proportional(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, relative: float = 0.01
) -> Statistic:
    """The least `relative` with which one factor fits every tensor and case."""
    cases = [read_case(student, reference, name) for name in name_cases(student, reference, of)]
    return at_most(max(measure_misfits(cases)))


def measure_gradients(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, share: float = 0.3
) -> Statistic:
    """The part of the steps that began with empty gradients."""
    find_reference_record(reference, of, "gradients")
    record = find_record(student, of, "gradients")
    noted = read_noted(student, of, len(record["stepped"]))[np.asarray(record["stepped"], bool)]
    if not np.isfinite(noted).all():
        return Statistic(value=None, stopped="not_finite")
    return at_least(measure_fresh(noted) if len(noted) else 1.0)


def measure_learned(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    accuracy: float,
    loss_falls: bool = True,
    labels: str = "labels",
    output: str = "",
) -> Statistic:
    """The accuracy at the end. A target that the start reaches already is none."""
    lucky = measure_start(reference, kept, of=of, labels=labels, output=output)
    measurer = Measurer(student, reference, kept, of=of, labels=labels, output=output)
    end = measurer.measure(find_end(measurer))
    start = measurer.measure(measurer.stages[0])
    for _ in measurer.measure_epochs():  # each must be there, as for the check
        pass
    if loss_falls and not end.loss < start.loss:
        return Statistic(value=end.accuracy, stopped="loss_rose")
    return at_least(end.accuracy, above=lucky)


def measure_sooner(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    than: str,
    accuracy: float,
    labels: str = "labels",
    output: str = "",
    trained_labels: str = "",
    trained_output: str = "",
) -> Statistic:
    """The accuracies that the one has reached after some epoch and the other hasn't by then.

    The value is the best of the fast one where it is ahead: the greatest number that passes.
    """
    fast = Measurer(student, reference, kept, of=of, labels=labels, output=output)
    slow = Measurer(student, reference, kept, of=than, labels=labels, output=output)
    ahead = list_best(fast)
    on_training = {"labels": trained_labels or labels, "output": trained_output or output}
    if not was_trained(Measurer(student, reference, kept, of=than, **on_training), clearly=bool(trained_labels)):
        return Statistic(value=None, stopped="not_trained")
    behind = list_best(slow)
    behind += [behind[-1] if behind else -math.inf] * (len(ahead) - len(behind))
    passes = tuple(Interval(low, high) for low, high in zip(behind, ahead, strict=False) if low < high)
    return Statistic(value=max((interval.high for interval in passes), default=0.0), passes=passes)


def list_best(measurer: Measurer) -> list[float]:
    """The best accuracy so far, epoch by epoch."""
    best, series = -math.inf, []
    for measured in measurer.measure_epochs():
        best = max(best, measured.accuracy)
        series.append(best)
    return series


def measure_agrees(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, with_: str, **parameters: Any
) -> Statistic:
    """The greatest distance from what the weights do, as a multiple of what is allowed there."""
    agreement = measure_agreement(student, reference, kept, of=of, with_=with_, **parameters)
    return at_most(max(agreement.excesses))


MEASURES: Mapping[str, Measure] = {
    "close": Measure(function=measure_close, numbers=("relative", "absolute"), largest=True, scaled=True),
    "cases": Measure(function=measure_cases, numbers=("at_least",)),
    "proportional": Measure(function=measure_proportional, numbers=("relative",), largest=True),
    "fresh_gradients": Measure(function=measure_gradients, numbers=("share",)),
    "learned": Measure(function=measure_learned, numbers=("accuracy",)),
    "sooner": Measure(function=measure_sooner, numbers=("accuracy",)),
    "agrees": Measure(
        function=measure_agrees, numbers=("absolute", "relative", "of_greatest"), largest=True, scaled=True
    ),
}
"""Every check that has a number to choose."""
