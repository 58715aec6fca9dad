"""What a model is made of: how many parameters, whose weights, and which of them moved.

All three read what a run said of itself. A forged record costs a line of code, so they are claims: they fail and
explain, and what they say is confirmed by outputs and by a second run elsewhere in the same question.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grader.checks.records import Stop, check, few, find_record, find_reference_record, refuse_reference
from grader.checks.result import CheckNote, CheckResult, Kept, fail, mismatch, succeed
from grader.checks.stages import Stage, pair_stages
from grader.evidence.model import QuestionEvidence

__all__ = ["moved", "parameters", "pretrained"]

Tensor = Mapping[str, Any]
COUNTERS = ("I64", "I32", "U8", "BOOL")
# Fewer of the checkpoint's tensors than this part is another set of weights, not a slip: a fresh ResNet-18 shares none
# with its checkpoint but counters, and constant ones and zeros at most: 40 of 102 with a stand-in that keeps those.
HARDLY = 0.5


@check
def parameters(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, count: str = "trainable"
) -> CheckResult:
    """The model has as many parameters as the reference's, each tensor counted once; `count` says which count."""
    if count not in ("trainable", "total"):
        raise ValueError(f"count = {count!r}; 'trainable' or 'total' can be counted")
    theirs = list_parameters(find_reference_record(reference, of, "model")["tensors"])
    tensors = find_record(student, of, "model")["tensors"]
    check_sharing(tensors)
    mine = list_parameters(tensors)
    expected, actual = (count_elements(counted(some, count)) for some in (theirs, mine))
    if actual == expected:
        return succeed(expected=expected, actual=actual, count=count)
    extra = leave_out(counted(mine, count), counted(theirs, count))
    lacking = leave_out(counted(theirs, count), counted(mine, count))
    trainable, total = count_elements(counted(mine, "trainable")), count_elements(mine)
    return mismatch(
        "parameters_differ",
        expected=expected,
        actual=actual,
        count=count,
        total=total,
        everything=trainable == total > 0,
        nothing=trainable == 0,
        names=few(tensor["name"] for tensor in extra),
        extra=count_elements(extra),
        extra_tensors=len(extra),
        lacking=count_elements(lacking),
        lacking_tensors=len(lacking),
    )


def list_parameters(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Parameters, not buffers; one that is shared under several names once."""
    return [tensor for tensor in tensors if tensor["trainable"] is not None and tensor["same_as"] is None]


def counted(tensors: Sequence[Tensor], count: str) -> list[Tensor]:
    """Those that a count is about."""
    return [tensor for tensor in tensors if count == "total" or tensor["trainable"]]


def count_elements(tensors: Iterable[Tensor]) -> int:
    """The numbers in all of them."""
    return sum(math.prod(tensor["shape"]) for tensor in tensors)


def check_sharing(tensors: Sequence[Tensor]) -> None:
    """A tensor that is said to be another is like it: else a word would make parameters vanish from the count."""
    named = {tensor["name"]: tensor for tensor in tensors}
    for tensor in tensors:
        if tensor["same_as"] is None:
            continue
        other = named.get(tensor["same_as"])
        keys = ("shape", "dtype", "digest", "trainable")
        if other is None or other["same_as"] is not None or any(other[key] != tensor[key] for key in keys):
            raise Stop(fail("inconsistent", name=tensor["name"]))


def leave_out(tensors: Sequence[Tensor], others: Sequence[Tensor]) -> list[Tensor]:
    """Those that have no counterpart among others: by name and shape first, then by shape, whatever the names."""
    named = {(tensor["name"], *tensor["shape"]) for tensor in others}
    rest = [tensor for tensor in tensors if (tensor["name"], *tensor["shape"]) not in named]
    here = {(tensor["name"], *tensor["shape"]) for tensor in tensors}
    spare = Counter(tuple(tensor["shape"]) for tensor in others if (tensor["name"], *tensor["shape"]) not in here)
    left = []
    for tensor in rest:
        shape = tuple(tensor["shape"])
        if spare[shape]:
            spare[shape] -= 1
        else:
            left.append(tensor)
    return left


@check
def pretrained(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, without: Sequence[str] = ()
) -> CheckResult:
    """The model holds the checkpoint's tensors, under whatever names: those that the reference's model holds.

    So a head that the reference replaces isn't asked for. `without` names more that may be missing, by the beginnings
    of the reference's names. Counters (`num_batches_tracked`) are noted and cost nothing: they change no output.
    """
    wanted = list_pretrained(find_reference_record(reference, of, "model")["tensors"], kept, of, without)
    held = Counter(tensor["digest"] for tensor in find_record(student, of, "model")["tensors"])
    missing = []
    for tensor in wanted:
        if held[tensor["digest"]]:
            held[tensor["digest"]] -= 1
        else:
            missing.append(tensor)
    counters = [tensor for tensor in missing if tensor["dtype"] in COUNTERS]
    missing = [tensor for tensor in missing if tensor["dtype"] not in COUNTERS]
    weights = [tensor for tensor in wanted if tensor["dtype"] not in COUNTERS]
    facts: dict[str, Any] = {"matched": len(weights) - len(missing), "of": len(weights)}
    notes = [CheckNote("counters_moved", {"count": len(counters)})] if counters else []
    if not missing:
        return succeed(expected=facts["of"], actual=facts["matched"], notes=notes, **facts)
    code = name_missing(missing, facts["matched"], facts["of"])
    details: dict[str, Any] = {"names": few(tensor["name"] for tensor in missing), "count": len(missing)}
    return fail(code, expected=facts["of"], actual=facts["matched"], **facts, **details)


def list_pretrained(tensors: Sequence[Tensor], kept: Kept, of: str, without: Sequence[str]) -> list[Tensor]:
    """The reference's tensors that are a checkpoint's, byte for byte."""
    known = Counter[str]()
    for checkpoint in kept.checkpoints.values():
        known |= Counter(dict(checkpoint))
    wanted = []
    for tensor in tensors:
        if known[tensor["digest"]] and not tensor["name"].startswith(tuple(without)):
            known[tensor["digest"]] -= 1
            wanted.append(tensor)
    if not any(tensor["dtype"] not in COUNTERS for tensor in wanted):
        raise refuse_reference(of, "it holds no tensor of a checkpoint")
    return wanted


def name_missing(missing: Sequence[Tensor], matched: int, of: int) -> str:
    """Whether it looks like other weights, changed statistics or changed weights."""
    if matched < HARDLY * of:
        return "other_weights"
    return "statistics_moved" if all(tensor["trainable"] is None for tensor in missing) else "weights_differ"


@check
def moved(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, buffers: str = "note"
) -> CheckResult:
    """At every stage the tensors that differ from the start are those that do in the reference's run.

    `buffers` says what running statistics that moved cost: "note" mentions them, "fail" fails, "ignore" is silent.
    """
    if buffers not in ("note", "fail", "ignore"):
        raise ValueError(f"buffers = {buffers!r}; 'note', 'fail' or 'ignore' is understood")
    record, expected = find_record(student, of, "stages"), find_reference_record(reference, of, "stages")
    pairs = pair_stages(record, expected)
    skipped = set(expected["buffers"])
    for mine, theirs in pairs:
        compare_movement(mine, theirs, skipped, trainable=len(expected["trainable"]))
    last = pairs[-1][0]
    loose = sorted(last.moved & skipped - pairs[-1][1].moved)
    facts: dict[str, Any] = {
        "names": few(loose),
        "count": len(loose),
        "batch_norm": any("running_" in name or "moving_" in name for name in loose),
    }
    if loose and buffers == "fail":
        return fail("buffers_moved", **facts)
    notes = [CheckNote("buffers_moved", facts)] if loose and buffers == "note" else []
    weights = sorted(last.moved - skipped)
    return succeed(stages=len(pairs), names=few(weights), count=len(weights), notes=notes)


def compare_movement(mine: Stage, theirs: Stage, skipped: set[str], *, trainable: int) -> None:
    """One stage.

    Raises:
        Stop: other tensors moved than in the reference's run.
    """
    at: dict[str, Any] = {"stage": mine.label, "epoch": mine.epoch}
    expected, actual = theirs.moved - skipped, mine.moved - skipped
    if expected and not actual:
        raise Stop(fail("nothing_moved", **at))
    beyond, short = sorted(actual - expected), sorted(expected - actual)
    if beyond:
        raise Stop(fail("moved_too", **at, names=few(beyond), count=len(beyond), all=mine.all_moved(skipped)))
    if short:
        raise Stop(fail("not_moved", **at, names=few(short), count=len(short)))
