"""Moodle's bulk download: matched by the participant's number, or by a full name that one student has."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.model import Student, TimeSource
from tests.batch.intake.places import enrol, find, list_found, list_left, put, read_files

WHEN = datetime(2026, 11, 21, 8, tzinfo=UTC)
JOHN = Student(id="s1", name="John O'Neil", lms_id="981", submitted_at=WHEN, time_source=TimeSource.LMS)
ANN = Student(id="s2", name="Ann Lee", lms_id="982")


@pytest.mark.parametrize("end", ["", "_"])
def test_folders(tmp_path: Path, end: str) -> None:
    """Of new and old versions; the worksheet's time is the LMS's."""
    put(
        tmp_path,
        f"John ONeil_981_assignsubmission_file{end}/hw1.py",
        f"Ann Lee_982_assignsubmission_file{end}/x/hw1.py",
    )
    intake = find(tmp_path, enrol(JOHN, ANN))

    assert (intake.layout, list_found(intake), intake.unmatched) == ("moodle", [("s1", 1), ("s2", 1)], ())
    assert (intake.handed_in[0].submitted_at, intake.handed_in[0].time_source) == (WHEN, TimeSource.LMS)
    assert [list(read_files(one)) for one in intake.handed_in] == [["hw1.py"], ["hw1.py"]]


def test_without_folders(tmp_path: Path) -> None:
    """One student's files, and folders of theirs, are one submission."""
    put(tmp_path, "Ann Lee_982_assignsubmission_file_hw1.py", "Ann Lee_982_assignsubmission_file_data/x_1.csv")
    intake = find(tmp_path, enrol(JOHN, ANN))

    assert sorted(read_files(intake.handed_in[0])) == ["data/x_1.csv", "hw1.py"]


def test_a_single_file_of_another_name(tmp_path: Path) -> None:
    """Is taken under the name that is asked for."""
    put(tmp_path, "Ann Lee_982_assignsubmission_file_mine.py")

    assert read_files(find(tmp_path, enrol(JOHN, ANN)).handed_in[0]) == {"hw1.py": "x = 1\n"}


def test_by_full_name(tmp_path: Path) -> None:
    """Where the roster has no numbers, and exactly one student has the name."""
    put(tmp_path, "Ann Lee_7_assignsubmission_file/hw1.py", "Jo Doe_8_assignsubmission_file/hw1.py")
    students = [Student(id="s1", name="Ann  LEE"), Student(id="s2", name="Jo Doe"), Student(id="s3", name="Jo Doe")]
    intake = find(tmp_path, enrol(*students))

    assert list_found(intake) == [("s1", 1)]
    assert list_left(intake) == {"Jo Doe_8_assignsubmission_file": "it could be that of 's2', 's3'"}


def test_a_worksheet_of_another_assignment(tmp_path: Path) -> None:
    """Its numbers are other students': nothing is matched where name and number disagree."""
    put(tmp_path, "Ann Lee_981_assignsubmission_file/hw1.py", "John ONeil_5_assignsubmission_file/hw1.py")
    intake = find(tmp_path, enrol(JOHN, ANN))

    assert intake.handed_in == ()
    assert all(reason.endswith("is that one of another assignment?") for reason in list_left(intake).values())


def test_blind_marking(tmp_path: Path) -> None:
    """Without names the number is enough."""
    put(tmp_path, "Participant_982_assignsubmission_file/hw1.py")

    assert list_found(find(tmp_path, enrol(JOHN, ANN))) == [("s2", 1)]


def test_what_is_no_file(tmp_path: Path) -> None:
    """A text that was typed is listed."""
    put(tmp_path, "Ann Lee_982_assignsubmission_onlinetext/onlinetext.html", "readme.txt")
    left = list_left(find(tmp_path, enrol(JOHN, ANN)))

    assert left["Ann Lee_982_assignsubmission_onlinetext"].startswith("it is a text or a comment")
    assert left["readme.txt"] == "it isn't named as Moodle names submissions"


def test_two_downloads_in_one(tmp_path: Path) -> None:
    """Which counts can't be known."""
    put(tmp_path, "Ann Lee_982_assignsubmission_file/hw1.py", "Ann Lee_982_assignsubmission_file_hw1.py")
    intake = find(tmp_path, enrol(ANN))

    assert intake.handed_in == ()
    assert len(intake.unmatched) == 2
