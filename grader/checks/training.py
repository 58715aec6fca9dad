"""Whether training worked, and whether what was said about it is true.

`near` is no part of a single verdict: `checks.near` says what becomes of a run that comes so near to the line.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.checks.comparison import unwrap
from grader.checks.predictions import Measured, Measurer, find_end
from grader.checks.records import Stop, check, find_record, find_reference_record, refuse_reference
from grader.checks.reported import check_length, read_number, read_series
from grader.checks.result import CheckResult, Kept, fail, mismatch, succeed
from grader.checks.stages import count_epochs
from grader.evidence.model import QuestionEvidence

__all__ = [
    "Agreement",
    "agrees",
    "curve",
    "learned",
    "measure_agreement",
    "measure_start",
    "sooner",
    "was_trained",
]

QUANTITIES = ("loss", "accuracy")
LEAST_FALL = 0.05
"""Nats, on what was trained on: noise in place of training was seen to bring .009, right trainings .3 and more."""


@check
def learned(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    accuracy: float,
    loss_falls: bool = True,
    inputs: str = "images",
    labels: str = "labels",
    output: str = "",
    near: float = 0.0,
) -> CheckResult:
    """The weights at the end classify kept images at least so accurately, with less loss than those at the start.

    Both, because a learning rate far too high passes on accuracy with a linear head while its loss explodes. `inputs`
    names what the predict run was given; `labels` never entered any run. Where the start is so accurate already, by
    the luck of a draw, this would be no fact about training: then it is the assignment's fault.
    """
    refuse_lucky_start(reference, kept, of=of, accuracy=accuracy, labels=labels, output=output)
    measurer = Measurer(student, reference, kept, of=of, labels=labels, output=output)
    end = measurer.measure(find_end(measurer))
    start = measurer.measure(measurer.stages[0])
    between = list(measurer.measure_epochs())
    facts: dict[str, Any] = {
        "accuracy": end.accuracy,
        "needed": accuracy,
        "start_accuracy": start.accuracy,
        "loss": end.loss,
        "start_loss": start.loss,
        "images": len(measurer.labels),
        "stages": [measured.describe() for measured in (start, *between, end)],
        "output": output,
    }
    if end.accuracy < accuracy:
        return fail("too_inaccurate", expected=accuracy, actual=end.accuracy, **facts)
    if loss_falls and not end.loss < start.loss:
        return fail("loss_rose", expected=start.loss, actual=end.loss, **facts)
    return succeed(expected=accuracy, actual=end.accuracy, **facts)


def refuse_lucky_start(
    reference: QuestionEvidence, kept: Kept, *, of: str, accuracy: float, labels: str, output: str
) -> None:
    """The weights that training starts from, which are the same for everyone, aren't accurate enough yet.

    Raises:
        Stop: they are.
    """
    start = measure_start(reference, kept, of=of, labels=labels, output=output)
    if start >= accuracy:
        raise refuse_reference(of, f"without any training the accuracy is {start:.2f} on this draw; {accuracy} needed")


def measure_start(reference: QuestionEvidence, kept: Kept, *, of: str, labels: str, output: str) -> float:
    """The accuracy without any training."""
    measurer = Measurer(reference, reference, kept, of=of, labels=labels, output=output)
    return measurer.measure(measurer.stages[0]).accuracy


@check
def sooner(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    than: str,
    accuracy: float,
    inputs: str = "images",
    labels: str = "labels",
    output: str = "",
    trained_labels: str = "",
    trained_output: str = "",
    near: float = 0.0,
) -> CheckResult:
    """The run recorded as `of` reaches an accuracy in fewer epochs than the one recorded as `than`.

    The slower one must have been trained, else leaving it alone would win: at some stage its loss is less than at the
    start. Where `trained_labels` names the labels of what it was trained on, and `trained_output` the outputs on that,
    its loss is the one there, and falls by more than LEAST_FALL: a slow training can learn all of it by heart and do
    worse on other images than before, or lose again what it had learnt.
    """
    fast = Measurer(student, reference, kept, of=of, labels=labels, output=output)
    slow = Measurer(student, reference, kept, of=than, labels=labels, output=output)
    reached, best = count_until(fast, accuracy)
    if reached is None:
        return fail("never_reached", best=best, needed=accuracy, epochs=count_epochs(fast.stages))
    on_training = {"labels": trained_labels or labels, "output": trained_output or output}
    if not was_trained(Measurer(student, reference, kept, of=than, **on_training), clearly=bool(trained_labels)):
        return fail("not_trained", record=than)
    other = count_until(slow, accuracy)[0]
    facts: dict[str, Any] = {"epochs": reached, "than_epochs": other, "needed": accuracy, "than": than}
    if other is None or reached < other:
        return succeed(**facts)
    return fail("not_sooner", **facts)


def was_trained(measurer: Measurer, *, clearly: bool) -> bool:
    """Whether the loss was less at some stage than at the start; `clearly`: by more than LEAST_FALL.

    Raises:
        Stop: the training didn't get to its end, or a stage's outputs can't be used.
    """
    find_end(measurer)
    start, *later = [measurer.measure(stage).loss for stage in measurer.stages]
    return min(later) < start - (LEAST_FALL if clearly else 0.0)


def count_until(measurer: Measurer, accuracy: float) -> tuple[int | None, float]:
    """The first epoch, from 1, after which the weights are so accurate, and the best accuracy seen until then."""
    best = 0.0
    for epoch, measured in enumerate(measurer.measure_epochs(), 1):
        best = max(best, measured.accuracy)
        if measured.accuracy >= accuracy:
            return epoch, best
    return None, best


@check
def agrees(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    with_: str,
    quantity: str = "loss",
    key: str = "",
    absolute: float = 0.02,
    relative: float = 0.0,
    of_greatest: float = 0.0,
    between: bool = True,
    inputs: str = "images",
    labels: str = "labels",
    outputs: Sequence[str] = (),
    near: float = 0.0,
) -> CheckResult:
    """What a function reported is what its weights do.

    One number is compared with the end. A list has one number for each epoch: the mean over an epoch's batches, each
    measured with the weights of its moment, lies between what the weights did before that epoch and after it. Where
    the predict run works out that very mean, `between` is false: the number is compared with that epoch's alone.

    Give or take `absolute`, `relative` of the number, and `of_greatest` of the greatest number of all epochs: a
    training that begins with wild steps has wild batches. `outputs` names the predict run's outputs that a student may
    have measured (the model in train mode, in eval mode): any of them will do.
    """
    found = measure_agreement(
        student,
        reference,
        kept,
        of=of,
        with_=with_,
        quantity=quantity,
        key=key,
        absolute=absolute,
        relative=relative,
        of_greatest=of_greatest,
        between=between,
        labels=labels,
        outputs=outputs,
    )
    reported, lows, highs = list(found.reported), list(found.lows), list(found.highs)
    outside = [number for number, excess in enumerate(found.excesses) if not excess <= 1]
    if not outside:
        return succeed(quantity=quantity, reported=reported, low=lows, high=highs)
    first = outside[0]
    return fail(
        "disagrees",
        quantity=quantity,
        epoch=None if found.single else first + 1,
        reported=reported[first],
        low=lows[first],
        high=highs[first],
        count=len(outside),
        of=len(reported),
    )


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Reported numbers, and the band that each may lie in; `excesses` say how far outside of what the weights did, as
    a multiple of the room that is left around it: at most 1 is within.
    """

    single: bool
    reported: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    excesses: tuple[float, ...]


def measure_agreement(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    with_: str,
    quantity: str = "loss",
    key: str = "",
    absolute: float = 0.02,
    relative: float = 0.0,
    of_greatest: float = 0.0,
    between: bool = True,
    labels: str = "labels",
    outputs: Sequence[str] = (),
) -> Agreement:
    """What was reported beside what the weights do, see `agrees`.

    Raises:
        Stop: one of the two isn't there, or there are more of one than of the other.
    """
    if quantity not in QUANTITIES:
        raise ValueError(f"quantity = {quantity!r}; 'loss' or 'accuracy' can be compared")
    single = not isinstance(unwrap(find_reference_record(reference, of, "answers")["value"]), (list, dict))
    value = unwrap(find_record(student, of, "answers")["value"])
    measurers = [
        Measurer(student, reference, kept, of=with_, labels=labels, output=output) for output in outputs or [""]
    ]
    reported = [read_number(value)] if single else read_series(value, key)
    if not single:
        check_length(count_epochs(measurers[0].expected_stages), len(reported))
    bands = [band_end(measurers, quantity)] if single else list(band_epochs(measurers, quantity, between))
    if len(bands) != len(reported):
        raise Stop(mismatch("stages_differ", expected=len(reported), actual=len(bands)))
    absolute += of_greatest * max(abs(number) for band in bands for number in band)
    rooms = [absolute + relative * max(abs(low), abs(high)) for low, high in bands]
    return Agreement(
        single=single,
        reported=tuple(reported),
        lows=tuple(low - room for (low, _), room in zip(bands, rooms, strict=True)),
        highs=tuple(high + room for (_, high), room in zip(bands, rooms, strict=True)),
        excesses=tuple(map(measure_excess, reported, bands, rooms)),
    )


def measure_excess(said: float, band: tuple[float, float], room: float) -> float:
    """How far outside of a band, as a multiple of the room around it; of no room, any distance is infinitely far."""
    distance = max(band[0] - said, said - band[1], 0.0)
    if not distance:
        return 0.0
    return distance / room if room > 0 else math.inf


def band_end(measurers: Sequence[Measurer], quantity: str) -> tuple[float, float]:
    """The least and the greatest value at the end, over the outputs."""
    values = [read_quantity(measurer.measure(find_end(measurer)), quantity) for measurer in measurers]
    return min(values), max(values)


def band_epochs(measurers: Sequence[Measurer], quantity: str, between: bool) -> Iterator[tuple[float, float]]:
    """For each epoch the least and the greatest value after it, over the outputs; if `between`, before it too."""
    series = []
    for measurer in measurers:
        stages = [measurer.measure(measurer.stages[0]), *measurer.measure_epochs()]
        series.append([read_quantity(measured, quantity) for measured in stages])
    for epoch in range(1, len(series[0])):
        values = [number for one in series for number in one[epoch - between : epoch + 1]]
        yield min(values), max(values)


def read_quantity(measured: Measured, quantity: str) -> float:
    """Loss or accuracy."""
    return measured.loss if quantity == "loss" else measured.accuracy


@check
def curve(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    low: float | None = 0.0,
    high: float | None = None,
) -> CheckResult:
    """A list as long as the reference's, of finite numbers between `low` and `high`; tables have the same keys."""
    expected = unwrap(find_reference_record(reference, of, "answers")["value"])
    if not isinstance(expected, list) or not expected:
        raise refuse_reference(of, "not a list with anything in it")
    value = unwrap(find_record(student, of, "answers")["value"])
    series = [read_series(value, key) for key in list_keys(expected)]
    check_length(len(expected), len(series[0]))
    for numbers in series:
        for position, number in enumerate(numbers, 1):
            if (low is not None and number < low) or (high is not None and number > high):
                return fail("out_of_range", position=position, value=number, low=low, high=high)
    return succeed(length=len(series[0]), first=series[0][0], last=series[0][-1])


def list_keys(expected: list[Any]) -> list[str]:
    """The keys of a list of tables; one empty key for a list of numbers."""
    return list(expected[0]) if isinstance(expected[0], dict) and expected[0] else [""]
