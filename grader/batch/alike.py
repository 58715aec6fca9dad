"""Submissions that are the same, byte for byte. A digest says no more than that: who wrote it first, a person asks."""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from grader.batch.model import Grade

__all__ = ["Alike", "find_alike"]


@dataclass(frozen=True, kw_only=True)
class Alike:
    """`groups` are students with the same submission though in no team together, in the roster's order.

    `repeated` counts submissions that are one before, a team's included: they weren't run again. `unchanged` counts
    those that are the handout as it was given out: these are in no group.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    repeated: int = 0
    unchanged: int = 0


def find_alike(grades: Sequence[Grade], *, handouts: AbstractSet[int] = frozenset()) -> Alike:
    """Who handed in what somebody else did. `handouts` are the marks of submissions that are the handout, unchanged."""
    same: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        if grade.submission_digest is not None:
            same[grade.submission_digest].append(grade)
    untouched = {digest for digest, rows in same.items() if any(row.mark_id in handouts for row in rows)}
    return Alike(
        groups=tuple(
            tuple(grade.student_id for grade in rows)
            for digest, rows in same.items()
            if digest not in untouched and count_authors(rows) > 1
        ),
        repeated=sum(len(rows) - 1 for rows in same.values()),
        unchanged=sum(len(same[digest]) for digest in untouched),
    )


def count_authors(grades: Sequence[Grade]) -> int:
    """How many hands some submissions came from: a team is one."""
    return len({("team", grade.team) if grade.team is not None else ("alone", grade.student_id) for grade in grades})
