"""Grades of a small class in the assignment of `tests.report.samples`, made by hand."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from grader.batch.model import Grade, RowState, TimeSource
from tests.report.samples import HW1, STARTED, ZONE

FULL = {question.id: question.points for question in HW1.questions}
SUBMITTED = datetime(2026, 11, 20, 22, 10, 4, 120311, ZONE)


def grade(id: str, state: RowState = RowState.GRADED, **fields: Any) -> Grade:
    """A row with every point, unless `fields` say otherwise; points follow from the questions."""
    questions = {**FULL, **{name: Decimal(points) for name, points in fields.pop("lost", {}).items()}}
    points = sum(questions.values(), Decimal(0))
    penalty = fields.get("penalty", Decimal(0))
    return Grade(
        **{
            "assignment": "hw1",
            "student_id": id,
            "state": state,
            "points": points,
            "max_points": HW1.points,
            "final_points": points - penalty,
            "questions": questions,
            "attempt": 1,
            "submitted_at": SUBMITTED,
            "time_source": TimeSource.LMS,
            "graded_at": STARTED + timedelta(seconds=9),
            "submission_digest": f"sha256:{id.encode().hex():0<64}",
            **fields,
        }
    )


NOTHING: dict[str, Any] = {"points": None, "final_points": None, "questions": {}, "graded_at": None}
NEVER: dict[str, Any] = {"attempt": None, "submitted_at": None, "time_source": None, "submission_digest": None}


def missing(id: str) -> Grade:
    """A row for which nothing was handed in."""
    return replace(grade(id, RowState.MISSING, note="no file for this student"), **NOTHING, **NEVER)


def ours(id: str) -> Grade:
    """A row that our fault kept from being graded."""
    note = "our fault: the sandbox did not start (3 tries)"
    return replace(grade(id, RowState.NOT_GRADED, note=note), **NOTHING)


CLASS = (
    grade("s1001", lost={"head": "2.5"}),
    grade("s1002", RowState.LATE, late_seconds=5400, penalty=Decimal("1.5"), lost={"fine_tune": "0"}),
    grade("s1042", lost={"fine_tune": "1", "optimizer": "0"}),
    missing("s1090"),
    ours("s1101"),
    grade("s1102", mark_id=7),
    grade("s1103", mark_id=7, submission_digest=grade("s1102").submission_digest),
)


def make_large_class() -> list[Grade]:
    """A hundred and eighty rows as a class might have them, the same each time."""
    return [make_row(number) for number in range(180)]


def make_row(number: int) -> Grade:
    """One of them."""
    id = f"s{1001 + number}"
    if number in (53, 89, 140):
        return missing(id)
    if number == 100:
        return ours(id)
    if number == 76:
        return grade(id, lost=dict.fromkeys(FULL, "0"), mark_id=2, note="refused: ../hw1.py leads out of the archive")
    if number == 111:
        return grade(id, RowState.NEEDS_REVIEW, points=None, final_points=None, questions={"load": Decimal(2)})
    lost = {"fine_tune": ["0", "4", "3", "4", "1", "4", "4"][number % 7], "optimizer": ["2", "0", "2"][number % 3]}
    lost |= {"head": ["3", "2", "3", "3", "1"][number % 5], "load": "0" if number % 17 == 0 else "2"}
    late = {"late_seconds": 5400, "penalty": Decimal(1)} if number % 45 == 7 else {}
    digest = {"submission_digest": grade("s1012").submission_digest} if number == 30 else {}
    mark = 1 if lost["head"] == "3" else 3
    return grade(id, RowState.LATE if late else RowState.GRADED, lost=lost, mark_id=mark, **late, **digest)
