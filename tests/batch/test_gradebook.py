import csv
import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.batch.gradebook import COLUMNS, draw_gradebook, write_gradebook
from grader.batch.model import RowState
from tests.batch.class_samples import CLASS, grade
from tests.report.samples import HW1, question

HEADER = (
    "student_id,status,points,max_points,late_seconds,penalty,final_points,"
    "load,head,count,optimizer,fine_tune,diagnose,attempt,submitted_at,graded_at,overridden,note"
)


def test_the_columns_and_rows_are_as_documented() -> None:
    """One row a student in the order given; who handed in nothing has empty cells, not zeros."""
    lines = draw_gradebook(CLASS, HW1).splitlines()

    assert lines[0] == HEADER
    assert lines[1] == (
        "s1001,graded,14.5,15,0,0,14.5,2,2.5,2,2,4,2,1,2026-11-20T22:10:04+01:00,2026-11-21T09:13:58+01:00,false,"
    )
    assert lines[2].startswith("s1002,late,11,15,5400,1.5,9.5,2,3,2,2,0,2,1,")
    assert lines[4] == "s1090,missing,,15,,,,,,,,,,,,,false,no file for this student"
    assert lines[5] == (
        "s1101,not_graded,,15,0,0,,,,,,,,1,2026-11-20T22:10:04+01:00,,false,"
        "our fault: the sandbox did not start (3 tries)"
    )


@pytest.mark.parametrize(
    ("points", "spelled"),
    [("14.50", "14.5"), ("1E+2", "100"), ("0.00", "0"), ("-0", "0"), ("0.05", "0.05"), ("1200", "1200")],
)
def test_points_are_written_plainly(points: str, spelled: str) -> None:
    """Neither exponents nor zeros that say nothing."""
    rows = list(csv.DictReader(io.StringIO(draw_gradebook([grade("s1", points=Decimal(points))], HW1))))

    assert rows[0]["points"] == spelled


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_is_a_formula(sign: str) -> None:
    """Neither an id nor a note begins with a sign that a spreadsheet calculates from."""
    text = draw_gradebook([grade(f"{sign}s1", note=f'{sign}HYPERLINK("x"),"y"')], HW1)
    row = list(csv.reader(io.StringIO(text, newline="")))[1]

    assert row[0] == (f"'{sign}s1" if sign.strip() else "s1")
    assert not row[-1].startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_a_note_stays_on_its_line() -> None:
    """A student's file name can't begin a row of its own, colour a terminal or turn the text around."""
    text = draw_gradebook([grade("s1", note="refused: a\nb\r\x1b[31mc\u202ed")], HW1)

    assert len(text.splitlines()) == 2
    assert text.endswith("refused: a b c<U+202E>d\n")


def test_the_same_grades_change_nothing(tmp_path: Path) -> None:
    """The second time nothing is written, not even the file's time."""
    path = tmp_path / "gradebook.csv"

    assert write_gradebook(CLASS, HW1, path)
    before = path.stat()
    assert not write_gradebook(CLASS, HW1, path)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert write_gradebook(CLASS[:3], HW1, path)
    assert path.read_bytes().count(b"\n") == 4
    assert b"\r" not in path.read_bytes()


def test_a_question_may_be_called_as_a_column_is() -> None:
    """Then its column says that it is a question: no two columns have one name."""
    assignment = replace(HW1, questions=(question("points", "Points", "2"), question("note", "Note", "1")))
    row = grade("s1", RowState.GRADED, questions={"points": Decimal(2), "note": Decimal("0.5")})
    read = next(csv.DictReader(io.StringIO(draw_gradebook([row], assignment))))

    assert (read["question:points"], read["question:note"]) == ("2", "0.5")
    assert set(COLUMNS) < set(read)
