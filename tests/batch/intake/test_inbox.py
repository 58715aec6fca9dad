"""An inbox of sealed archives: what was handed in comes back, and what doesn't agree with itself is nobody's."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from grader.batch.intake import read_handed_in
from grader.batch.model import Student, TimeSource
from grader.errors import SubmissionError
from grader.hand_in import Receipt, hand_in, name_folder
from grader.ingest import compose_submission
from tests.batch.intake.places import HW1, enrol, find, list_found, list_left, read_files

NOW = datetime(2026, 11, 21, 9, 13, 58, 123456, tzinfo=timezone(timedelta(hours=1)))
FILES = {"hw1.py": b"x = 1\n", "data/gr\u00f6\u00dfe.txt": b"3"}


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put_in(inbox: Path, student: str = "s1", *, now: datetime = NOW, **files: bytes) -> Receipt:
    """Hand something in."""
    submission = compose_submission({**FILES, **files}, files=HW1.files)
    return hand_in(submission, HW1, student=student, inbox=inbox, now=now)


def replace_archive(inbox: Path, receipt: Receipt, change: dict[str, Any], *, extra: str | None = None) -> Path:
    """An archive with another manifest, in the place of one that was handed in, named by its own digest."""
    old = inbox / receipt.archive
    with zipfile.ZipFile(old) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    old.unlink()
    contents["manifest.json"] = json.dumps({**json.loads(contents["manifest.json"]), **change}).encode()
    if extra is not None:
        contents[extra] = b"x"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()[:16]
    new = old.with_name(f"{old.name.rpartition('-')[0]}-{digest}.zip")
    new.write_bytes(buffer.getvalue())
    return new


def test_what_was_handed_in_comes_back(inbox: Path) -> None:
    """With its digest, its attempts and the time of its receipt."""
    receipts = [put_in(inbox), put_in(inbox, more=b"y"), put_in(inbox, "J. Doe")]
    intake = find(inbox, enrol("s1", "J. Doe", "s3"))

    assert (intake.layout, list_found(intake), intake.unmatched) == (
        "inbox",
        [("J. Doe", 1), ("s1", 1), ("s1", 2)],
        (),
    )
    assert {(one.submitted_at, one.time_source) for one in intake.handed_in} == {(NOW, TimeSource.RECEIPT)}
    read = {one.digest for one in (read_handed_in(one, assignment=HW1) for one in intake.handed_in)}
    assert read == {receipt.submission_digest for receipt in receipts}
    assert sorted(read_files(intake.handed_in[0])) == sorted(FILES)


def test_an_assignments_folder_of_an_inbox(inbox: Path) -> None:
    """Can be given as well."""
    put_in(inbox)

    assert list_found(find(inbox / "hw1", enrol("s1"))) == [("s1", 1)]


def test_an_archive_that_was_changed(inbox: Path) -> None:
    """Isn't the one that its name says."""
    archive = inbox / put_in(inbox).archive
    archive.write_bytes(archive.read_bytes().replace(b"x = 1", b"x = 2"))
    intake = find(inbox, enrol("s1"))

    assert intake.handed_in == ()
    assert "it was changed after it was handed in" in list_left(intake)[archive.name]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"student": "s2"}, "its manifest names another student than the folder"),
        ({"student": ""}, "its manifest names no student"),
        ({"attempt": 2}, "its manifest says attempt 2"),
        ({"attempt": True}, "its manifest isn't one of ours"),
        ({"assignment": {"slug": "hw2"}}, "its manifest says 'hw2'"),
        ({"assignment": "hw1"}, "its manifest isn't one of ours"),
        ({"handed_in_at": "2026-11-21T09:13:58"}, "its manifest isn't one of ours"),
        ({"handed_in_at": 5}, "its manifest isn't one of ours"),
        ({"archive_version": 2}, "its manifest is of another version"),
    ],
)
def test_a_manifest_that_doesnt_fit_its_place(inbox: Path, change: dict[str, Any], reason: str) -> None:
    """Somebody put the archive there by other means."""
    archive = replace_archive(inbox, put_in(inbox), change)
    intake = find(inbox, enrol("s1", "s2"))

    assert intake.handed_in == ()
    assert list_left(intake)[archive.name].startswith(reason)


def test_files_that_the_manifest_doesnt_name(inbox: Path) -> None:
    """What isn't below submission/ was never handed in; what is has the digest of the manifest."""
    outside = replace_archive(inbox, put_in(inbox), {}, extra="hw1.py")
    replace_archive(inbox, put_in(inbox, "s2"), {}, extra="submission/more.py")
    intake = find(inbox, enrol("s1", "s2"))

    assert "it has files beside submission/" in list_left(intake)[outside.name]
    with pytest.raises(SubmissionError) as caught:
        read_files(intake.handed_in[0])
    assert caught.value.code == "contradiction"


def test_what_else_lies_in_an_inbox(inbox: Path) -> None:
    """Is listed; a hand-in that is being written is hidden, and passed over."""
    place = (inbox / put_in(inbox).archive).parent
    (place.parent / ".incoming-0a").mkdir()
    (place.parent / "old").mkdir()
    (inbox / "hw1" / "notes.txt").touch()
    (place.parent / "2").mkdir()
    (place.parent / "2" / "s1-2-0123456789abcdef.zip").write_bytes(b"PK")
    (place.parent / "3").mkdir()
    left = list_left(find(inbox, enrol("s1")))

    assert left.keys() == {"old", "notes.txt", "s1-2-0123456789abcdef.zip", "3"}
    assert left["3"] == "an attempt is one archive; there are 0 files or folders"


def test_a_stranger_is_nobody(inbox: Path) -> None:
    """Their archive is sound, and not the class's."""
    put_in(inbox, "s9")

    assert list(list_left(find(inbox, enrol("s1"))).values()) == ["no student of the roster has this name"]


def test_two_names_of_one_student(inbox: Path) -> None:
    """Attempts under id and e-mail address are numbered by their times."""
    put_in(inbox, "s1", now=NOW + timedelta(hours=1))
    put_in(inbox, "j@example.org")
    intake = find(inbox, enrol(Student(id="s1", email="j@example.org")))

    assert [(one.attempt, one.submitted_at) for one in intake.handed_in] == [(1, NOW), (2, NOW + timedelta(hours=1))]
    assert name_folder("j@example.org") in str(intake.handed_in[0].members[0].path)


def test_a_column_beats_the_receipt(inbox: Path) -> None:
    """For the last attempt; the earlier ones keep their receipt's time."""
    put_in(inbox)
    put_in(inbox)
    when = datetime(2026, 11, 22, tzinfo=UTC)
    intake = find(inbox, enrol(Student(id="s1", submitted_at=when)))

    assert [one.time_source for one in intake.handed_in] == [TimeSource.RECEIPT, TimeSource.COLUMN]
