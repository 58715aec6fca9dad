"""The gradebook: one CSV file, a row a student in the roster's order, for spreadsheets and learning-management systems.

Two things must hold of it. It is the same bytes for the same grades, and where it already is, nothing is written: a
rerun that changes nothing leaves even its time alone. And no cell of it is a formula: a spreadsheet takes a text that
begins with one of a few signs for one, and students choose their files' names (OWASP, "CSV Injection").
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from grader.batch.model import Grade, RowState
from grader.durable import write_whole
from grader.report.clean import clean_line
from grader.spec.model import Assignment

__all__ = ["COLUMNS", "draw_gradebook", "guard_cell", "spell_points", "write_gradebook", "write_if_new"]

BEFORE = ("student_id", "status", "points", "max_points", "late_seconds", "penalty", "final_points")
AFTER = ("attempt", "submitted_at", "graded_at", "overridden", "note")
COLUMNS = (*BEFORE, *AFTER)
"""The columns; the questions' stand between `final_points` and `attempt`, each called by its id."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # wide ones: some spreadsheets fold them
MOST_NOTE = 500  # characters


def write_gradebook(grades: Sequence[Grade], assignment: Assignment, path: Path) -> bool:
    """Write the gradebook, whole or not at all; False where the file is already this very one.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    return write_if_new(path, draw_gradebook(grades, assignment).encode("utf-8", "replace"))


def write_if_new(path: Path, content: bytes, *, flushed: bool = True) -> bool:
    """Write a file unless it holds these bytes already; `flushed` as of `write_whole`.

    Raises:
        OSError: it can't be read or written; what was there before still is.
    """
    if path.is_file() and path.read_bytes() == content:
        return False
    write_whole(path, content, flushed=flushed)
    return True


def draw_gradebook(grades: Sequence[Grade], assignment: Assignment) -> str:
    """The gradebook's text: grades in the order given, questions in the assignment's."""
    questions = [question.id for question in assignment.questions]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*BEFORE, *map(name_column, questions), *AFTER])
    writer.writerows(draw_row(grade, questions) for grade in grades)
    return file.getvalue()


def name_column(question: str) -> str:
    """A question's column: its id, set apart where that is already another column's."""
    return f"question:{question}" if question in COLUMNS else question


def draw_row(grade: Grade, questions: Sequence[str]) -> list[str]:
    """One student's row. Who handed in nothing was neither early nor late, and has no points rather than none."""
    handed_in = grade.state is not RowState.MISSING
    return [
        guard_cell(clean_line(grade.student_id)),
        grade.state.value,
        spell_points(grade.points),
        spell_points(grade.max_points),
        str(grade.late_seconds) if handed_in else "",
        spell_points(grade.penalty) if handed_in else "",
        spell_points(grade.final_points),
        *(spell_points(grade.questions.get(question)) for question in questions),
        "" if grade.attempt is None else str(grade.attempt),
        spell_time(grade.submitted_at),
        spell_time(grade.graded_at),
        "true" if grade.overridden else "false",
        guard_cell(clean_line(grade.note, most=MOST_NOTE)),
    ]


def guard_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: a leading quote makes it one no more."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def spell_points(points: Decimal | None) -> str:
    """Points as they are, without noise and exponents: 14.5, 15, 100; nothing where there are none."""
    if points is None:
        return ""
    return f"{points.normalize():f}" if points else "0"


def spell_time(moment: datetime | None) -> str:
    """A time to the second, with its zone."""
    return "" if moment is None else moment.isoformat(timespec="seconds")
