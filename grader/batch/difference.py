"""What a regrade changed: who moves up, who down, whose state turned, and why. Two tables compared, nothing read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import mean
from typing import Any

from grader.batch.gradebook import spell_points
from grader.batch.model import Grade, RowState

__all__ = ["Difference", "Moved", "compare_grades", "describe_difference", "show_late"]

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One student's row before and after: final points (None: it had or has none), states, and what changed in it."""

    student_id: str
    before: Decimal | None
    after: Decimal | None
    before_state: RowState
    after_state: RowState
    because: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Every row that changed is in one place: `up` and `down` by final points, the largest step first; `turned` where
    points came or went, or only the state did; `inside` where neither did, though what they are made of did.

    The means are of the rows that have final points before and after. `most_before` and `most_after` are what could be
    earned, of the rows in both tables: that it changed is told once, and is no change of a row.
    """

    students: int
    up: tuple[Moved, ...] = ()
    down: tuple[Moved, ...] = ()
    turned: tuple[Moved, ...] = ()
    inside: tuple[Moved, ...] = ()
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()
    mean_before: Decimal | None = None
    mean_after: Decimal | None = None
    most_before: Decimal | None = None
    most_after: Decimal | None = None

    @property
    def same(self) -> int:
        """How many rows are as they were."""
        changed = (self.up, self.down, self.turned, self.inside, self.came)
        return self.students - sum(map(len, changed))


def compare_grades(before: Mapping[str, Grade], after: Mapping[str, Grade]) -> Difference:
    """What differs between two tables of the same assignment, by student; their order is the second one's."""
    both = [(before[student], grade) for student, grade in after.items() if student in before]
    moved = [describe_move(old, new) for old, new in both]
    changed = [move for move in moved if move is not None]
    valued = [
        (old.final_points, new.final_points)
        for old, new in both
        if old.final_points is not None and new.final_points is not None
    ]
    return Difference(
        students=len(after),
        up=tuple(sorted((move for move in changed if step(move) > 0), key=step, reverse=True)),
        down=tuple(sorted((move for move in changed if step(move) < 0), key=step)),
        turned=tuple(move for move in changed if not step(move) and turned(move)),
        inside=tuple(move for move in changed if not step(move) and not turned(move)),
        came=tuple(student for student in after if student not in before),
        went=tuple(student for student in before if student not in after),
        mean_before=average([old for old, _ in valued]),
        mean_after=average([new for _, new in valued]),
        most_before=max((old.max_points for old, _ in both), default=None),
        most_after=max((new.max_points for _, new in both), default=None),
    )


def step(move: Moved) -> Decimal:
    """How far a row moved; 0 where it has no points on one side: that is no move up or down."""
    return Decimal(0) if move.before is None or move.after is None else move.after - move.before


def turned(move: Moved) -> bool:
    """Whether points came or went, or the state is another."""
    return move.before_state is not move.after_state or (move.before is None) is not (move.after is None)


def average(points: Sequence[Decimal]) -> Decimal | None:
    """The mean, to a hundredth."""
    return mean(points).quantize(HUNDREDTH, ROUND_HALF_EVEN) if points else None


def describe_move(before: Grade, after: Grade) -> Moved | None:
    """What changed in a row, or None. When it was graded, and from which mark, is no change of itself."""
    because = tuple(find_reasons(before, after))
    if not because:
        return None
    return Moved(
        student_id=after.student_id,
        before=before.final_points,
        after=after.final_points,
        before_state=before.state,
        after_state=after.state,
        because=because,
    )


def find_reasons(before: Grade, after: Grade) -> Iterator[str]:
    """What differs between two rows, what explains most first."""
    if before.submission_digest != after.submission_digest:
        yield "another submission"
    if before.attempt != after.attempt:
        yield f"attempt {before.attempt or '-'} → {after.attempt or '-'}"
    both = before.questions and after.questions  # else all points came or went, which the state says
    for question in dict.fromkeys((*before.questions, *after.questions)) if both else ():
        old, new = before.questions.get(question), after.questions.get(question)
        if old != new:
            yield f"{question} {spell(old)} → {spell(new)}"
    if before.penalty != after.penalty:
        yield f"penalty {spell(before.penalty)} → {spell(after.penalty)}"
    if before.late_seconds != after.late_seconds:
        yield f"late by {show_late(before.late_seconds)} → {show_late(after.late_seconds)}"
    if before.state is not after.state:
        yield f"{spell_state(before.state)} → {spell_state(after.state)}"
    if before.overridden != after.overridden:
        yield "a person decided" if after.overridden else "a person's decision was taken back"
    if before.points != after.points and before.questions == after.questions:
        yield f"points {spell(before.points)} → {spell(after.points)}"


def spell(points: Decimal | None) -> str:
    """Points, or a dash where there are none."""
    return spell_points(points) or "–"


def show_late(seconds: int) -> str:
    """How late: to the minute, for a deadline is no stopwatch."""
    minutes = -(-seconds // 60)
    days, hours = divmod(minutes // 60, 24)
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes % 60} min" if minutes % 60 else ""]
    return " ".join(part for part in parts if part) or "nothing"


def spell_state(state: RowState) -> str:
    """A state as people say it."""
    return state.value.replace("_", " ")


def describe_difference(difference: Difference) -> dict[str, Any]:
    """A difference as plain values, for JSON."""
    moved = {
        name: [describe_moved(move) for move in getattr(difference, name)]
        for name in ("up", "down", "turned", "inside")
    }
    return {
        "students": difference.students,
        "same": difference.same,
        **moved,
        "came": list(difference.came),
        "went": list(difference.went),
        "mean_before": number(difference.mean_before),
        "mean_after": number(difference.mean_after),
        "most_before": number(difference.most_before),
        "most_after": number(difference.most_after),
    }


def describe_moved(move: Moved) -> dict[str, Any]:
    """One row."""
    return {
        "student_id": move.student_id,
        "before": number(move.before),
        "after": number(move.after),
        "before_state": move.before_state.value,
        "after_state": move.after_state.value,
        "because": list(move.because),
    }


def number(points: Decimal | None) -> float | None:
    """Points as a JSON number."""
    return None if points is None else float(points)
