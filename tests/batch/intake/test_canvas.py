"""Canvas's bulk download: matched by the user's number alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.model import Student, TimeSource
from tests.batch.intake.places import enrol, find, list_found, list_left, put, read_files

JOHN = Student(id="s1042", name="Smith, John", lms_id="4711", submitted_at=datetime(2026, 11, 21, 8, tzinfo=UTC))
ANN = Student(id="s1043", name="Lee, Ann", lms_id="4712")


def test_files_are_matched_by_number(tmp_path: Path) -> None:
    """One student's files are one submission, under the names that they had."""
    put(tmp_path, "smithjohn_4711_901_hw1.py", "smithjohn_4711_902_data_1_2_x.csv", "leeann_LATE_4712_903_hw1.ipynb.py")
    intake = find(tmp_path, enrol(JOHN, ANN))

    assert (intake.layout, list_found(intake), intake.unmatched) == ("canvas", [("s1042", 1), ("s1043", 1)], ())
    assert sorted(read_files(intake.handed_in[0])) == ["data_1_2_x.csv", "hw1.py"]
    assert [one.marked_late for one in intake.handed_in] == [False, True]
    assert [one.time_source for one in intake.handed_in] == [TimeSource.COLUMN, None]


def test_a_name_matches_nobody(tmp_path: Path) -> None:
    """Only the number counts: two students may have one name."""
    put(tmp_path, "smithjohn_4799_901_hw1.py", "smithjohn_4711_902_hw1.py")
    intake = find(tmp_path, enrol(JOHN, ANN))

    assert list_found(intake) == [("s1042", 1)]
    assert list_left(intake) == {"smithjohn_4799_901_hw1.py": "no student of the roster has the number 4799"}


def test_a_plain_roster_may_have_the_numbers_as_ids(tmp_path: Path) -> None:
    """Then nothing else is needed."""
    put(tmp_path, "smithjohn_4711_901_hw1.py")

    assert list_found(find(tmp_path, enrol("4711", "4712"))) == [("4711", 1)]


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (("1_hw1-1.py",), {"hw1.py": "1"}),
        (("1_hw1.py", "2_hw1-1.py"), {"hw1.py": "2"}),
        (("9_hw1-2.py", "3_hw1-1.py", "1_hw1.py"), {"hw1.py": "9"}),
        (("1_hw1-1.py", "2_part-1.py"), {"hw1.py": "1", "part.py": "2"}),
        (("1_hw1-1.py", "2_data-1.csv", "3_data-2.csv"), {"hw1.py": "1", "data-1.csv": "2", "data-2.csv": "3"}),
        (("1_hw1.py", "2_data-1.csv"), {"hw1.py": "1", "data-1.csv": "2"}),
        (("1_hw1-1.ipynb.py",), {"hw1-1.ipynb.py": "1"}),
    ],
)
def test_what_was_uploaded_again(tmp_path: Path, names: tuple[str, ...], kept: dict[str, str]) -> None:
    """Of one name the last upload counts; a count that the student's own name has stays."""
    for name in names:
        put(tmp_path, f"smithjohn_4711_{name}", text=name.split("_")[0])
    handed_in = find(tmp_path, enrol(JOHN)).handed_in[0]

    assert {member.name: member.path.read_text() for member in handed_in.members} == kept


def test_an_earlier_upload_is_listed(tmp_path: Path) -> None:
    """It isn't lost without a word."""
    put(tmp_path, "smithjohn_4711_1_hw1.py", "smithjohn_4711_2_hw1-1.py")

    assert list_left(find(tmp_path, enrol(JOHN))) == {
        "smithjohn_4711_1_hw1.py": "'s1042' uploaded 'hw1.py' again: the last counts"
    }


def test_what_is_no_file(tmp_path: Path) -> None:
    """A text, a link, an anonymous file and a folder are nobody's."""
    put(tmp_path, "smithjohn_4711_1_hw1.py", "leeann_4712_text.html", "anon_12345_678_hw1.py", "leeann_4712_9_x/")
    left = list_left(find(tmp_path, enrol(JOHN, ANN, "12345")))

    assert left["leeann_4712_text.html"] == "it is a text or a link that was handed in, no file"
    assert left["anon_12345_678_hw1.py"].startswith("Canvas made it anonymous")
    assert left["leeann_4712_9_x"].startswith("it is a folder")


def test_a_single_archive_is_unpacked(tmp_path: Path) -> None:
    """As `grade submit` would."""
    put(tmp_path, "smithjohn_4711_1_homework.zip")

    assert read_files(find(tmp_path, enrol(JOHN)).handed_in[0]) == {"hw1.py": "x = 1\n"}
