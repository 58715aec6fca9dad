"""Picks grades out of a class's table: by state, by how many points, of the whole or of one question."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from grader.batch.model import Grade, RowState
from grader.errors import UsageError
from grader.spec.model import Assignment

__all__ = ["Filter", "describe_grade", "list_lost", "select_grades"]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which rows to show. `below` and `above` are of the question where there is one, else of the final points; a row
    without points is neither below nor above anything.
    """

    states: tuple[RowState, ...] = ()
    question: str | None = None
    below: Decimal | None = None
    above: Decimal | None = None

    def admits(self, grade: Grade) -> bool:
        """Whether a row is shown."""
        if self.states and grade.state not in self.states:
            return False
        points = self.find_points(grade)
        if points is None:
            return self.below is None and self.above is None
        return (self.below is None or points < self.below) and (self.above is None or points > self.above)

    def find_points(self, grade: Grade) -> Decimal | None:
        """The points that the filter is about."""
        return grade.final_points if self.question is None else grade.questions.get(self.question)


def select_grades(grades: Sequence[Grade], filter: Filter) -> list[Grade]:
    """The rows that a filter admits.

    Raises:
        UsageError: no row has such a question; which there are.
    """
    known = list(dict.fromkeys(question for grade in grades for question in grade.questions))
    if filter.question is not None and filter.question not in known:
        raise UsageError(f"no question {filter.question!r}", details=(f"There are: {', '.join(known) or 'none yet'}",))
    return [grade for grade in grades if filter.admits(grade)]


def list_lost(grade: Grade, assignment: Assignment | None) -> list[str]:
    """The questions that didn't earn all that they could, in the assignment's order; none where it isn't known."""
    earned = {} if assignment is None else {part.id: grade.questions.get(part.id) for part in assignment.questions}
    most = {} if assignment is None else {part.id: part.points for part in assignment.questions}
    return [question for question, points in earned.items() if points is not None and points < most[question]]


def describe_grade(grade: Grade) -> dict[str, Any]:
    """A grade as plain values, in the gradebook's words."""
    return {
        "student_id": grade.student_id,
        "status": grade.state.value,
        "points": number(grade.points),
        "max_points": number(grade.max_points),
        "late_seconds": grade.late_seconds,
        "penalty": number(grade.penalty),
        "final_points": number(grade.final_points),
        "questions": {question: number(points) for question, points in grade.questions.items()},
        "attempt": grade.attempt,
        "submitted_at": None if grade.submitted_at is None else grade.submitted_at.isoformat(),
        "time_source": None if grade.time_source is None else grade.time_source.value,
        "graded_at": None if grade.graded_at is None else grade.graded_at.isoformat(),
        "overridden": grade.overridden,
        "team": grade.team,
        "submission_digest": grade.submission_digest,
        "note": grade.note,
    }


def number(points: Decimal | None) -> int | float | None:
    """Points as a JSON number without noise."""
    if points is None:
        return None
    return int(points) if points == points.to_integral_value() else float(points)
