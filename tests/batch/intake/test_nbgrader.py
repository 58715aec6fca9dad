"""nbgrader's submitted tree."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.intake import read_handed_in
from grader.batch.model import Student, TimeSource
from tests.batch.intake.places import HW1, enrol, find, list_found, list_left, put, read_files

STAMP = "2015-02-02 15:58:23.948203 UTC\n"
WHEN = datetime(2015, 2, 2, 15, 58, 23, 948203, UTC)


def stamp(folder: Path, text: str = STAMP) -> None:
    """A timestamp.txt."""
    put(folder, "timestamp.txt", text=text)


@pytest.mark.parametrize("top", ["submitted", "course/submitted", "elsewhere"])
def test_a_submitted_tree(tmp_path: Path, top: str) -> None:
    """The course's folder, its `submitted`, or a copy of that under another name."""
    put(tmp_path / top, "s1/hw1/hw1.py", "s1/hw2/hw2.py", "s2/hw1/hw1.py")
    stamp(tmp_path / top / "s1/hw1")
    intake = find(tmp_path / ("course" if top.startswith("course") else top), enrol("s1", "s2"))

    assert (intake.layout, list_found(intake)) == ("nbgrader", [("s1", 1), ("s2", 1)])
    assert (intake.handed_in[0].submitted_at, intake.handed_in[0].time_source) == (WHEN, TimeSource.NBGRADER)
    assert intake.handed_in[1].submitted_at is None


def test_the_timestamp_is_no_part_of_it(tmp_path: Path) -> None:
    """The same notebooks at another time are the same submission."""
    put(tmp_path, "s1/hw1/hw1.py", "s2/hw1/hw1.py", "s1/hw1/a.txt", "s2/hw1/a.txt")
    stamp(tmp_path / "s1/hw1")
    stamp(tmp_path / "s2/hw1", "2015-02-03 15:58:23 UTC")
    read = [read_handed_in(one, assignment=HW1) for one in find(tmp_path, enrol("s1", "s2")).handed_in]

    assert read[0].digest == read[1].digest
    assert [file.path for file in read[0].files] == ["a.txt", "hw1.py"]


def test_a_column_beats_the_timestamp(tmp_path: Path) -> None:
    """The roster is the instructor's, the timestamp a file that a student's computer wrote."""
    put(tmp_path, "s1/hw1/hw1.py")
    stamp(tmp_path / "s1/hw1")
    when = WHEN.replace(year=2016)
    one = find(tmp_path, enrol(Student(id="s1", submitted_at=when))).handed_in[0]

    assert (one.submitted_at, one.time_source) == (when, TimeSource.COLUMN)


def test_a_timestamp_that_cant_be_read(tmp_path: Path) -> None:
    """Is told; the submission counts, without a time."""
    put(tmp_path, "s1/hw1/hw1.py")
    stamp(tmp_path / "s1/hw1", "soon")
    intake = find(tmp_path, enrol("s1"))

    assert intake.handed_in[0].submitted_at is None
    assert "it holds no time" in list_left(intake)["timestamp.txt"]
    assert read_files(intake.handed_in[0]) == {"hw1.py": "x = 1\n"}


def test_a_student_without_this_assignment(tmp_path: Path) -> None:
    """Is listed with what is there: the assignment may have another name."""
    put(tmp_path / "submitted", "s1/hw1/hw1.py", "s2/ps1/hw1.py", "zz/hw1/hw1.py", "log.txt")
    left = list_left(find(tmp_path / "submitted", enrol("s1", "s2")))

    assert left["s2"] == "there is no folder 'hw1' in it, but 'ps1'"
    assert left["zz"] == "no student of the roster has this name"
    assert left["log.txt"] == "a file beside the students' folders"
