"""The stages of a training run: the start, each epoch, the end; which tensors differ from the start at each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from grader.checks.records import Stop, few
from grader.checks.result import fail, mismatch

__all__ = ["Stage", "check_same_model", "count_epochs", "pair_stages", "read_stages"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage. `moved`: tensors that differ from the start; `omitted`: those of them that were too large to leave."""

    index: int
    label: str
    epoch: int | None
    moved: frozenset[str]
    omitted: tuple[str, ...]
    tensors: frozenset[str]

    def all_moved(self, skipped: set[str]) -> bool:
        """Whether every tensor of the model moved, those skipped left out."""
        return self.tensors - skipped <= self.moved


def read_stages(record: Mapping[str, Any]) -> list[Stage]:
    """The stages of a record, in order."""
    return [
        Stage(
            index=index,
            label=stage["label"],
            epoch=stage["epoch"],
            moved=frozenset(stage["changed"]) | frozenset(stage["omitted"]),
            omitted=tuple(stage["omitted"]),
            tensors=frozenset(record["start"]),
        )
        for index, stage in enumerate(record["stages"])
    ]


def pair_stages(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[tuple[Stage, Stage]]:
    """Each of the student's stages with the reference's.

    Raises:
        Stop: not the same model, or not as many epochs.
    """
    check_same_model(mine, theirs)
    ours, others = read_stages(mine), read_stages(theirs)
    # By label, not by number: whether a student counts epochs from 0 or from 1 is the student's.
    if [stage.label for stage in ours] != [stage.label for stage in others]:
        raise Stop(mismatch("stages_differ", expected=count_epochs(others), actual=count_epochs(ours)))
    return list(zip(ours, others, strict=True))


def check_same_model(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    """The model is the one that the question gave.

    Raises:
        Stop: it has other tensors.
    """
    missing = sorted(theirs["start"].keys() - mine["start"].keys())
    extra = sorted(mine["start"].keys() - theirs["start"].keys())
    if missing or extra:
        raise Stop(fail("other_model", missing=few(missing), extra=few(extra)))


def count_epochs(stages: list[Stage]) -> int:
    """How many epochs were reported."""
    return sum(stage.label == "epoch" for stage in stages)
