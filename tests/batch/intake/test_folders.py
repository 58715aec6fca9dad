"""One folder or file a student."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.batch.intake import find_handed_in, read_handed_in
from grader.batch.model import Student, TimeSource
from grader.errors import ProvisionError, SubmissionError, UsageError
from grader.hand_in import name_folder
from tests.batch.intake.places import HW1, enrol, find, list_found, list_left, put, read_files

WHEN = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_folders_scripts_and_archives(tmp_path: Path) -> None:
    """Each is named by an id, with an ending or without."""
    put(tmp_path, "s1/hw1.py", "s2.py", "s3.zip", "j.doe.tar.gz", "j.roe/hw1.py")
    intake = find(tmp_path, enrol("s1", "s2", "s3", "s4", "j.doe", "j.roe"))

    assert (intake.layout, intake.unmatched) == ("folders", ())
    assert [one.student_id for one in intake.handed_in] == ["j.doe", "j.roe", "s1", "s2", "s3"]
    assert [one.members[0].name for one in intake.handed_in] == ["hw1.tar.gz", "hw1", "hw1", "hw1.py", "hw1.zip"]


def test_the_same_submission_in_any_form_is_the_same(tmp_path: Path) -> None:
    """Nothing of the student's id is in it, so that it can run once for all who handed it in."""
    put(tmp_path, "s1/hw1.py", "s2.py", "s3.zip", "s4/deep/hw1.py")
    intake = find(tmp_path, enrol("s1", "s2", "s3", "s4"))
    read = [read_handed_in(one, assignment=HW1) for one in intake.handed_in]

    assert len({one.digest for one in read}) == 1
    assert [one.source for one in read] == ["hw1/hw1.py", "hw1.py", "hw1.zip/hw1.py", "hw1/hw1.py"]
    assert all(one.notes == () for one in read)


def test_other_names_of_a_student(tmp_path: Path) -> None:
    """Letter case, login, e-mail address, and the folder that an id has in an inbox."""
    students = [
        Student(id="S1"),
        Student(id="s2", aliases=frozenset({"jdoe"})),
        Student(id="s3", email="j@example.org"),
        Student(id="J. Doe"),
    ]
    put(tmp_path, "s1/hw1.py", "jdoe.py", "J@example.org/hw1.py", name_folder("J. Doe") + "/hw1.py")

    assert [one.student_id for one in find(tmp_path, enrol(*students)).handed_in] == ["J. Doe", "S1", "s2", "s3"]


def test_nobodys_is_listed(tmp_path: Path) -> None:
    """Even where a name is near one of the roster."""
    put(tmp_path, "s1/hw1.py", "s11.py", "notes.txt", ".DS_Store", ".hidden/x.py", "Thumbs.db")
    intake = find(tmp_path, enrol("s1", "s2"))

    assert list_found(intake) == [("s1", 1)]
    assert list_left(intake) == dict.fromkeys(("notes.txt", "s11.py"), "no student of the roster has this name")


def test_a_name_of_two_is_nobodys(tmp_path: Path) -> None:
    """A login that is somebody else's id is never guessed."""
    put(tmp_path, "17/hw1.py")
    intake = find(tmp_path, enrol(Student(id="s1", aliases=frozenset({"17"})), Student(id="17")))

    assert intake.handed_in == ()
    assert list_left(intake) == {"17": "it could be that of '17', 's1'"}


def test_two_of_one_student_are_nobodys(tmp_path: Path) -> None:
    """Which of them counts can't be known."""
    put(tmp_path, "s1/hw1.py", "s1.zip")
    intake = find(tmp_path, enrol("s1"))

    assert intake.handed_in == ()
    assert list_left(intake) == dict.fromkeys(("s1", "s1.zip"), "'s1' has 2 files or folders here: keep one of them")


def test_numbered_folders_are_attempts(tmp_path: Path) -> None:
    """In the order of their numbers; the roster's time is that of the last."""
    put(tmp_path, *(f"s1/{number}/hw1.py" for number in (1, 2, 10)))
    intake = find(tmp_path, enrol(Student(id="s1", submitted_at=WHEN)))

    assert list_found(intake) == [("s1", 1), ("s1", 2), ("s1", 10)]
    assert [one.submitted_at for one in intake.handed_in] == [None, None, WHEN]
    assert intake.handed_in[2].time_source is TimeSource.COLUMN


@pytest.mark.parametrize("names", [("1/hw1.py", "hw1.py"), ("01/hw1.py",), ("1.py", "2.py"), ("1/hw1.py", "2")])
def test_numbers_beside_other_things_are_no_attempts(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Then the folder as a whole is what was handed in."""
    put(tmp_path / "s1", *names)

    assert [one.members[0].path for one in find(tmp_path, enrol("s1")).handed_in] == [tmp_path / "s1"]


def test_an_asked_file_in_a_numbered_folder(tmp_path: Path) -> None:
    """Where the assignment itself asks for `1/hw1.py`, the folder is part of what was handed in."""
    put(tmp_path, "s1/1/hw1.py")
    intake = find_handed_in(tmp_path, enrol("s1"), assignment=replace(HW1, files=("1/hw1.py",)))

    assert [one.members[0].path for one in intake.handed_in] == [tmp_path / "s1"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """Neither in place of a student's folder nor within it."""
    put(tmp_path / "elsewhere", "hw1.py")
    put(tmp_path / "subs", "s2/a.py")
    (tmp_path / "subs" / "s1").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "subs" / "s2" / "hw1.py").symlink_to(tmp_path / "elsewhere" / "hw1.py")
    intake = find(tmp_path / "subs", enrol("s1", "s2"))

    assert list_left(intake) == {"s1": "it is a link; links aren't followed"}
    with pytest.raises(SubmissionError) as caught:
        read_files(intake.handed_in[0])
    assert caught.value.code == "link"


def test_a_pipe_is_nobodys(tmp_path: Path) -> None:
    """Reading it would never end."""
    os.mkfifo(tmp_path / "s1.py")

    assert list_left(find(tmp_path, enrol("s1"))) == {"s1.py": "it is neither a file nor a folder"}


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that aren't UTF-8, and control characters, are nobody's name; the reason can be shown."""
    for name in (b"s\xff1.py", b"s1\n.py", b"\x1b[31m.zip"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).touch()
    intake = find(tmp_path, enrol("s2"))

    assert len(intake.unmatched) == 3
    assert all(one.reason.isprintable() for one in intake.unmatched)


def test_a_teams_folder_is_the_teams(tmp_path: Path) -> None:
    """Its name stands in place of a student's; what a member handed in has the member's id."""
    put(tmp_path, "red/hw1.py", "s3/hw1.py")
    intake = find(tmp_path, enrol("s1", "s2", "s3", "s4"), red=("s1", "s2"), blue=("s3", "s4"))

    assert list_found(intake) == [("red", 1), ("s3", 1)]


def test_a_teams_time_is_its_members(tmp_path: Path) -> None:
    """Where they don't contradict each other."""
    put(tmp_path, "red/hw1.py", "blue/hw1.py")
    students = [Student(id="s1", submitted_at=WHEN), Student(id="s2"), Student(id="s3", submitted_at=WHEN)]
    students.append(Student(id="s4", submitted_at=WHEN.replace(hour=9)))
    found = {
        one.student_id: one for one in find(tmp_path, enrol(*students), red=("s1", "s2"), blue=("s3", "s4")).handed_in
    }

    assert (found["red"].submitted_at, found["blue"].submitted_at) == (WHEN, None)


def test_a_refused_kind_is_the_students(tmp_path: Path) -> None:
    """It is theirs, so it is found; reading it says why it is refused, without an id."""
    put(tmp_path, "s1.rar")

    with pytest.raises(SubmissionError, match=r"'hw1\.rar' is of no kind that is taken"):
        read_files(find(tmp_path, enrol("s1")).handed_in[0])


def test_what_is_gone_is_our_fault(tmp_path: Path) -> None:
    """No student loses a point because a disk failed."""
    put(tmp_path, "s1.py", "s2/hw1.py")
    intake = find(tmp_path, enrol("s1", "s2"))
    (tmp_path / "s1.py").unlink()

    with pytest.raises(ProvisionError, match=r"what 's1' handed in can't be read"):
        read_files(intake.handed_in[0])
    assert read_files(intake.handed_in[1]) == {"hw1.py": "x = 1\n"}


def test_a_zip_of_a_class_is_to_be_unpacked(tmp_path: Path) -> None:
    """It says how."""
    put(tmp_path, "submissions.zip")

    with pytest.raises(UsageError) as caught:
        find(tmp_path / "submissions.zip", enrol("s1"))
    assert str(caught.value.command).startswith("unzip ")


def test_there_is_no_folder(tmp_path: Path) -> None:
    """It is said."""
    with pytest.raises(UsageError, match="there is no folder"):
        find(tmp_path / "none", enrol("s1"))


def test_ten_thousand_students(tmp_path: Path) -> None:
    """Each is looked up, not searched for."""
    ids = [f"s{number}" for number in range(10_000)]
    for id_ in ids[:2_000]:
        (tmp_path / f"{id_}.py").touch()
    intake = find(tmp_path, enrol(*ids))

    assert len(intake.handed_in) == 2_000
