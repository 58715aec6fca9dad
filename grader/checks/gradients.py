"""Whether the gradients of one batch were still there at the next: a missing `zero_grad` shows in no curve.

The recorder notes, at each backward pass, what the gradient buffer of the head held before it and after it. A pass
that comes first after an optimiser's step is fresh if the buffer was empty then: against what the pass added, that is,
so that no absolute size matters. Measured: 1.00 for every optimiser, for accumulation over several batches and for
several losses a step; 0.00 without `zero_grad`; 0.5 where it is called at every second step.
"""

from typing import Any

import numpy as np

from grader.checks.records import Stop, check, find_record, find_reference_record
from grader.checks.result import CheckResult, Kept, fail, mismatch, succeed
from grader.evidence.model import Array, QuestionEvidence

__all__ = ["fresh_gradients", "measure_fresh", "read_noted"]

EMPTY = 1e-3


@check
def fresh_gradients(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, share: float = 0.3
) -> CheckResult:
    """At least so large a part of the steps began with empty gradients.

    Where no step was seen there is nothing to say against: that training didn't happen is for other checks to find.
    """
    find_reference_record(reference, of, "gradients")
    record = find_record(student, of, "gradients")
    noted = read_noted(student, of, len(record["stepped"]))[np.asarray(record["stepped"], bool)]
    finite = np.isfinite(noted)
    if not finite.all():
        return fail("not_finite", name=of, count=int(noted.size - finite.sum()), of=noted.size)
    steps = len(noted)
    fresh = measure_fresh(noted) if steps else 1.0
    facts: dict[str, Any] = {"fresh": fresh, "needed": share, "steps": steps}
    if fresh >= share:
        return succeed(expected=share, actual=fresh, **facts)
    return fail("stale_gradients", expected=share, actual=fresh, **facts)


def read_noted(student: QuestionEvidence, of: str, rows: int) -> Array:
    """The buffers before and after each pass, [rows, 2, sample], float64."""
    noted = student.arrays.get(of)
    if noted is None:
        raise Stop(fail("not_recorded", record=of, names=[of]))
    if noted.ndim != 3 or noted.shape[:2] != (rows, 2) or noted.dtype.kind != "f" or not noted.shape[2]:
        raise Stop(mismatch("shape_differs", name=of, expected=[rows, 2], actual=list(noted.shape)))
    return noted.astype(np.float64)


def measure_fresh(noted: Array) -> float:
    """The part of the rows that began empty. Written so that NaN isn't fresh."""
    old, new = noted[:, 0], noted[:, 1]
    fresh = np.linalg.norm(old, axis=1) <= EMPTY * np.linalg.norm(new - old, axis=1)
    return float(fresh.mean())
