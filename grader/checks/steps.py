"""What one optimiser step did, tensor by tensor, against the reference's, up to one factor.

With weights 0 and gradients 1 every optimiser moves each tensor by its learning rate times a constant of its own:
measured exact for 13 of 13 optimisers, while that constant runs from 0.001 to 10. So the student's changes must be the
reference's times one positive constant, the same for all tensors and all cases.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks.records import Stop, check, few, find_record, refuse_reference, refuse_unusable
from grader.checks.result import CheckResult, Kept, Verdict, fail, mismatch, succeed
from grader.evidence.model import Array, QuestionEvidence

__all__ = ["measure_misfits", "name_cases", "proportional", "read_case"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """How one tensor moved: the student's and the reference's sample of it, and the sizes of the two."""

    name: str
    mine: Array
    theirs: Array

    @property
    def part(self) -> str:
        """The part of the model that the tensor belongs to."""
        return self.name.split(".")[0]

    @property
    def factor(self) -> float:
        """Mine as a multiple of theirs, by least squares; the reference's isn't all zeros."""
        scale = float(np.abs(self.theirs).max())
        mine, theirs = self.mine / scale, self.theirs / scale
        return float((mine * theirs).sum() / (theirs * theirs).sum())


@check
def proportional(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, relative: float = 0.01
) -> CheckResult:
    """Every change is the reference's times one positive factor over all tensors and cases, within `relative` of it.

    One part in a hundred is far above what float32 rounds (1e-6) and far below any mistake between drawn rates.
    """
    cases = [read_case(student, reference, name) for name in name_cases(student, reference, of)]
    with np.errstate(all="ignore"):  # numbers of any size; what becomes NaN on the way fits nothing
        factors = [check_case(changes, number, relative) for number, changes in enumerate(cases, 1)]
    factor = factors[0]
    for number, other in enumerate(factors, 1):
        if not measure_drift(other, factor) <= relative:
            return mismatch("factor_differs", cases=[1, number], expected=factor, actual=other)
    return succeed(factor=factor, tensors=sum(map(len, cases)), cases=len(cases))


def name_cases(student: QuestionEvidence, reference: QuestionEvidence, of: str) -> list[str]:
    """The names of the step records that belong to `of`, in the order of their cases."""
    records = {
        name: record
        for name, record in reference.records.items()
        if record["kind"] == "step" and record["name"] in (of, name) and re.fullmatch(rf"{re.escape(of)}(_\d+)?", name)
    }
    if not records:
        raise Stop(CheckResult(verdict=Verdict.ERROR, code="no_reference", facts={"record": of}))
    refuse_unusable(student, of)
    missing = [name for name in records if name not in student.records]
    if missing:
        raise Stop(fail("not_recorded", record=of, names=few(missing)))
    for name in records:
        find_record(student, name, "step")
    return sorted(records, key=lambda name: int(records[name]["case"]))


def read_case(student: QuestionEvidence, reference: QuestionEvidence, name: str) -> list[Change]:
    """The changes of one case, in the reference's order of tensors.

    Raises:
        Stop: other tensors, other shapes, numbers that aren't finite.
    """
    mine, theirs = student.records[name], reference.records[name]
    number = int(theirs["case"]) + 1
    missing = [tensor for tensor in theirs["tensors"] if tensor not in mine["tensors"]]
    extra = [tensor for tensor in mine["tensors"] if tensor not in theirs["tensors"]]
    if missing or extra or mine["case"] != theirs["case"]:
        raise Stop(fail("tensors_differ", case=number, missing=few(missing), extra=few(extra)))
    twice = [tensor for tensor in theirs["tensors"] if mine["groups"].get(tensor, 0) > 1]
    if twice:
        raise Stop(fail("grouped_twice", case=number, names=few(twice), count=len(twice)))
    changes = []
    for tensor in theirs["tensors"]:
        key = f"{theirs['name']}.{theirs['case']}.{tensor}"
        if key not in reference.arrays:
            raise refuse_reference(name, f"no array {key}")
        changes.append(pair_change(tensor, student.arrays.get(key), reference.arrays[key], number))
    if not any(change.theirs.any() for change in changes):
        raise refuse_reference(name, "nothing moved")
    return changes


def pair_change(tensor: str, mine: Array | None, theirs: Array, number: int) -> Change:
    """One tensor's change in both runs."""
    at: Mapping[str, Any] = {"case": number, "name": tensor}
    if mine is None:
        raise Stop(fail("not_recorded", record=tensor, names=[tensor]))
    if mine.shape != theirs.shape or mine.dtype.kind != "f":
        raise Stop(mismatch("step_shape", **at, expected=list(theirs.shape), actual=list(mine.shape)))
    finite = np.isfinite(mine)
    if not finite.all():
        raise Stop(fail("not_finite", **at, count=int(mine.size - finite.sum()), of=mine.size))
    if not theirs.size or not np.isfinite(theirs).all():
        raise refuse_reference(tensor, "a change that is empty or not finite")
    return Change(name=tensor, mine=mine.astype(np.float64), theirs=theirs.astype(np.float64))


def check_case(changes: list[Change], number: int, relative: float) -> float:
    """The factor of one case.

    Raises:
        Stop: there is none that explains every tensor.
    """
    factor = find_factor(changes, number)
    moving = [change for change in changes if change.theirs.any()]
    factors = {change.name: change.factor for change in moving}
    off = [change for change in moving if not fits(change, factor, relative)]
    if off:
        raise Stop(describe_odd(moving, off, factors, factor=factor, number=number, relative=relative))
    return factor


def find_factor(changes: list[Change], number: int) -> float:
    """The factor of a case in which the right tensors moved the right way.

    Raises:
        Stop: others did, or some went back.
    """
    check_who_moved(changes, number)
    moving = [change for change in changes if change.theirs.any()]
    factors = {change.name: change.factor for change in moving}
    back = [name for name, factor in factors.items() if factor <= 0]
    if back:
        raise Stop(fail("wrong_way", case=number, names=few(back), count=len(back)))
    return pick_factor(moving, factors)


def pick_factor(moving: list[Change], factors: Mapping[str, float]) -> float:
    """The factor of most parts of the model: each part has one vote, however many tensors it has."""
    votes = [np.median([factors[change.name] for change in part]) for part in group_parts(moving).values()]
    return float(np.sort(votes)[(len(votes) - 1) // 2])


def fits(change: Change, factor: float, relative: float) -> bool:
    """Whether a tensor's change is so many times the reference's, element by element."""
    return measure_misfit(change, factor) <= relative


def measure_misfit(change: Change, factor: float) -> float:
    """How far a tensor's change is from so many times the reference's, as a part of the largest of these."""
    return float(np.abs(change.mine - factor * change.theirs).max() / (factor * np.abs(change.theirs).max()))


def measure_drift(other: float, factor: float) -> float:
    """How far one case's factor is from another's, as `relative` counts it."""
    return float(np.float64(abs(other - factor)) / np.float64(2 * factor))


def measure_misfits(cases: list[list[Change]]) -> list[float]:
    """All that the check compares with `relative`; infinite where numbers are too large or too small.

    Raises:
        Stop: no `relative` would do: other tensors moved, or some the wrong way.
    """
    with np.errstate(all="ignore"):
        factors = [find_factor(changes, number) for number, changes in enumerate(cases, 1)]
        misfits = [
            measure_misfit(change, factor)
            for changes, factor in zip(cases, factors, strict=True)
            for change in changes
            if change.theirs.any()
        ]
        found = [*misfits, *(measure_drift(other, factors[0]) for other in factors)]
    return [math.inf if math.isnan(number) else number for number in found]


def check_who_moved(changes: list[Change], number: int) -> None:
    """The tensors that moved are those that the reference moves.

    Raises:
        Stop: others moved, or too few.
    """
    moving = [change for change in changes if change.theirs.any()]
    still = [change.name for change in moving if not change.mine.any()]
    loose = [change.name for change in changes if change.mine.any() and not change.theirs.any()]
    if len(still) == len(moving):
        raise Stop(fail("nothing_moved", case=number))
    if still:
        raise Stop(fail("not_moved", case=number, names=few(still), count=len(still), of=len(moving)))
    if loose:
        raise Stop(fail("moved_too", case=number, names=few(loose), count=len(loose)))


def describe_odd(
    moving: list[Change],
    off: list[Change],
    factors: Mapping[str, float],
    *,
    factor: float,
    number: int,
    relative: float,
) -> CheckResult:
    """Which part moved too far or not far enough, and how far against another part."""
    parts = group_parts(moving)
    odd = off[0]
    members = parts[odd.part]
    middle = float(np.median([factors[change.name] for change in members]))
    if any(change not in off for change in members):  # its neighbours are right: it isn't the part's rate
        return uneven(odd, divide(factors[odd.name], factor), number)
    farthest = max(members, key=lambda change: abs(factors[change.name] - middle))
    if not fits(farthest, middle, relative):
        return uneven(farthest, divide(factors[farthest.name], middle), number)
    against = pick_against(parts, odd.part, {change.part for change in off})
    expected, actual = (
        divide(measure_part(members, whose), measure_part(parts[against], whose)) for whose in ("theirs", "mine")
    )
    return mismatch("ratio_differs", case=number, part=odd.part, against=against, expected=expected, actual=actual)


def uneven(change: Change, times: float, number: int) -> CheckResult:
    """One tensor moved otherwise than the rest of its part."""
    return fail("uneven", case=number, name=change.name, part=change.part, times=times)


def group_parts(changes: list[Change]) -> dict[str, list[Change]]:
    """Changes by the part of the model."""
    parts: dict[str, list[Change]] = {}
    for change in changes:
        parts.setdefault(change.part, []).append(change)
    return parts


def pick_against(parts: Mapping[str, list[Change]], odd: str, off: set[str]) -> str:
    """The part to compare with: the nearest before it that is in order, else any that is, else any other."""
    names = list(parts)
    before = [name for name in names[: names.index(odd)] if name not in off]
    right = [name for name in names if name not in off]
    return (before[-1:] or right[-1:] or [name for name in names if name != odd] or [odd])[-1]


def measure_part(changes: list[Change], whose: str) -> float:
    """How far a part moved: the mean size of its elements' changes."""
    return float(np.mean([np.abs(getattr(change, whose)).mean() for change in changes]))


def divide(one: float, other: float) -> float:
    """A quotient as IEEE 754 has it: a mean of numbers near the smallest there is can be 0, and mustn't raise here."""
    return float(np.float64(one) / np.float64(other))
