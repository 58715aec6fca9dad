"""Arrays against the reference's: their shapes, their values.

Comparisons are written so that NaN, an array without elements and one that would broadcast fail: names, shape, kind of
number, size, finiteness, and only then values, all of which must be within the tolerance.
"""

from collections.abc import Mapping

import numpy as np

from grader.checks.records import Stop, check, few, refuse_reference, refuse_unusable
from grader.checks.result import CheckResult, Kept, Verdict, fail, mismatch, succeed
from grader.evidence.model import Array, QuestionEvidence

__all__ = ["check_numbers", "check_shape", "close", "measure_difference", "pair_arrays", "same_shape"]

KINDS = {"f": "floats", "i": "integers", "u": "integers", "b": "booleans"}


@check
def same_shape(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """Every array recorded as `of` has the shape of the reference's."""
    pairs = pair_arrays(student, reference, of)
    for name, (mine, theirs) in pairs.items():
        check_shape(name, mine, theirs)
    shape = list(next(iter(pairs.values()))[1].shape)
    return succeed(arrays=len(pairs), expected=shape, actual=shape)


@check
def close(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    relative: float = 1e-3,
    absolute: float = 1e-4,
) -> CheckResult:
    """Every array recorded as `of` has the reference's values.

    Floats of any width may differ by `absolute` and by `relative` times the expected value's size, or the median size
    of the array where that is larger: the error of a sum goes with its summands, so a value near zero has the error of
    its neighbours. The defaults: right forms of a ResNet-18 differ by 0, another processor or half precision's by
    about 1e-5 and 1e-3 of the size; the smallest mistake measured, a missing bias, by 0.11. Integers and truth values
    must be equal.
    """
    pairs = pair_arrays(student, reference, of)
    greatest, allowed = 0.0, absolute
    for name, (mine, theirs) in pairs.items():
        check_shape(name, mine, theirs)
        check_numbers(name, mine, theirs)
        difference, tolerance = measure_difference(mine, theirs, relative=relative, absolute=absolute)
        within = difference <= tolerance
        worst = int(np.argmax(difference - tolerance))
        if not within.all():
            raise Stop(describe_difference(name, mine, theirs, difference, tolerance, worst, within))
        greatest = max(greatest, float(difference.max()))
        allowed = max(allowed, float(tolerance.max()))
    return succeed(arrays=len(pairs), greatest=greatest, allowed=allowed)


def pair_arrays(student: QuestionEvidence, reference: QuestionEvidence, of: str) -> Mapping[str, tuple[Array, Array]]:
    """The arrays recorded as `of`, `of_…` (and parts, `of.…`), each with the reference's.

    Raises:
        Stop: the two don't have the same names.
    """
    theirs = select_arrays(reference, of)
    if not theirs:
        raise Stop(CheckResult(verdict=Verdict.ERROR, code="no_reference", facts={"record": of}))
    mine = select_arrays(student, of)
    missing = [name for name in theirs if name not in mine]
    if missing:
        refuse_unusable(student, of)
        raise Stop(fail("not_recorded", record=of, names=few(missing)))
    extra = [name for name in mine if name not in theirs]
    if extra:
        raise Stop(fail("extra_arrays", names=few(extra), count=len(extra)))
    for name, array in theirs.items():
        if not array.size or (array.dtype.kind == "f" and not np.isfinite(array).all()):
            raise refuse_reference(of, f"{name} is empty or not finite")
    return {name: (mine[name], array) for name, array in theirs.items()}


def select_arrays(evidence: QuestionEvidence, of: str) -> dict[str, Array]:
    """The arrays that a check of `of` is about."""
    return {
        name: array for name, array in evidence.arrays.items() if name == of or name.startswith((f"{of}_", f"{of}."))
    }


def check_shape(name: str, mine: Array, theirs: Array) -> None:
    """The very shape: one that broadcasts to it isn't."""
    if mine.shape != theirs.shape:
        raise Stop(mismatch("shape_differs", name=name, expected=list(theirs.shape), actual=list(mine.shape)))


def check_numbers(name: str, mine: Array, theirs: Array) -> None:
    """Numbers of the same kind, at least one, all of them finite."""
    if KINDS[mine.dtype.kind] != KINDS[theirs.dtype.kind]:
        raise Stop(mismatch("kind_differs", name=name, expected=describe_kind(theirs), actual=describe_kind(mine)))
    if not mine.size:
        raise Stop(fail("empty", name=name))
    finite = np.isfinite(mine)
    if not finite.all():
        raise Stop(fail("not_finite", name=name, count=int(mine.size - finite.sum()), of=mine.size))


def describe_kind(array: Array) -> str:
    """Kind and type of an array's numbers."""
    return f"{KINDS[array.dtype.kind]} ({array.dtype.name})"


def measure_difference(mine: Array, theirs: Array, *, relative: float, absolute: float) -> tuple[Array, Array]:
    """How far apart two arrays of one shape are, and how far they may be, element by element, both float64."""
    if theirs.dtype.kind != "f":
        return (mine != theirs).astype(np.float64), np.zeros(theirs.shape)
    size = np.abs(theirs.astype(np.float64))
    tolerance = absolute + relative * np.maximum(size, np.median(size))
    with np.errstate(over="ignore"):  # infinitely far apart is apart
        return np.abs(mine.astype(np.float64) - theirs.astype(np.float64)), tolerance


def describe_difference(
    name: str, mine: Array, theirs: Array, difference: Array, tolerance: Array, worst: int, within: Array
) -> CheckResult:
    """What can be said about a difference without giving the hidden values away."""
    with np.errstate(all="ignore"):  # a guess about numbers of any size
        looks, factor = name_difference(mine.astype(np.float64), theirs.astype(np.float64), tolerance)
    return fail(
        "values_differ",
        name=name,
        count=int(within.size - within.sum()),
        of=within.size,
        greatest=float(difference.flat[worst]),
        allowed=float(tolerance.flat[worst]),
        looks=looks,
        factor=factor,
    )


def name_difference(mine: Array, theirs: Array, tolerance: Array) -> tuple[str | None, float | None]:
    """The usual mistake that explains a difference, if one does, and its factor."""
    if mine.size > 1 and not np.ptp(mine) > 0 and np.ptp(theirs) > 0:
        return "constant", None
    if are_probabilities(mine) and not are_probabilities(theirs):
        return "probabilities", None
    if are_probabilities(np.exp(mine)) and not are_probabilities(np.exp(theirs)):
        return "log_probabilities", None
    scale = float((mine * theirs).sum() / (theirs * theirs).sum()) if theirs.any() else 0.0
    if scale and np.isfinite(scale) and bool((np.abs(mine / scale - theirs) <= tolerance).all()):
        return "scaled", scale
    if bool((np.abs(np.sort(mine, axis=None) - np.sort(theirs, axis=None)) <= np.sort(tolerance, axis=None)).all()):
        return "reordered", None
    return None, None


def are_probabilities(array: Array) -> bool:
    """Whether every row adds up to one and nothing is negative."""
    return array.ndim > 0 and bool((array >= 0).all()) and bool((np.abs(array.sum(axis=-1) - 1) <= 1e-3).all())
