"""What is handed in is in the inbox whole or not at all, once for each attempt, and a receipt leads to it."""

import errno
import hashlib
import json
import os
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.errors import ProvisionError, UsageError
from grader.hand_in import (
    Confirmation,
    Receipt,
    confirm_receipt,
    count_attempts,
    hand_in,
    name_folder,
    read_receipt,
    word_receipt,
    write_receipt,
)
from grader.ingest.submission import Submission, SubmittedFile
from grader.spec.model import Assignment

NOW = datetime(2026, 11, 21, 9, 13, 58, 123456, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def make_file(path: str, content: bytes) -> SubmittedFile:
    """A file of a submission."""
    return SubmittedFile(path=path, content=content, digest=f"sha256:{hashlib.sha256(content).hexdigest()}")


def make_submission(source: bytes = b"x = 1\n") -> Submission:
    """A submission of two files."""
    files = (make_file("hw1.py", source), make_file("data/größe.txt", b"3"))
    return Submission(source="hw1/", digest=f"sha256:{hashlib.sha256(source).hexdigest()}", files=files, programs=())


def make_assignment(attempts: int | None = None) -> Assignment:
    """An assignment."""
    return Assignment(slug="hw1", title="hw1", folder=Path(), reference=None, digest="sha256:0", attempts=attempts)


def put(inbox: Path, *, student: str = "s1042", source: bytes = b"x = 1\n", attempt: int | None = None) -> Receipt:
    """Hand the submission in."""
    return hand_in(make_submission(source), make_assignment(), student=student, inbox=inbox, attempt=attempt, now=NOW)


def list_files(inbox: Path) -> list[str]:
    """Every file of the inbox, temporary ones too."""
    return sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file())


def test_the_archive_is_named_by_student_attempt_and_digest(inbox: Path) -> None:
    """One file lies in the inbox, under its own digest, and the receipt says so."""
    receipt = put(inbox)
    content = (inbox / receipt.archive).read_bytes()
    digest = hashlib.sha256(content).hexdigest()

    assert list_files(inbox) == [receipt.archive]
    assert receipt.archive == f"hw1/s1042/1/s1042-1-{digest[:16]}.zip"
    assert receipt.archive_digest == f"sha256:{digest}"
    assert receipt.archive_bytes == len(content)
    assert receipt.attempt == 1
    assert receipt.handed_in_at == "2026-11-21T09:13:58.123456+01:00"


def test_the_archive_holds_the_files_and_a_manifest_of_digests(inbox: Path) -> None:
    """What comes out of the archive is what was handed in, with who, when and which attempt."""
    receipt = put(inbox)
    with zipfile.ZipFile(inbox / receipt.archive) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content.pop("manifest.json"))

    assert content == {"submission/data/größe.txt": b"3", "submission/hw1.py": b"x = 1\n"}
    assert (manifest["student"], manifest["attempt"], manifest["handed_in_at"]) == ("s1042", 1, receipt.handed_in_at)
    assert manifest["submission"]["digest"] == receipt.submission_digest
    assert {f["path"]: f["digest"] for f in manifest["submission"]["files"]} == {
        path.removeprefix("submission/"): f"sha256:{hashlib.sha256(body).hexdigest()}" for path, body in content.items()
    }


def test_the_same_hand_in_makes_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the machine gets into an archive."""
    archives = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        archives.append((tmp_path / name / put(tmp_path / name).archive).read_bytes())

    assert archives[0] == archives[1]


def test_the_same_submission_twice_is_two_attempts(inbox: Path) -> None:
    """Handing the same thing in again neither fails nor overwrites."""
    first, second = put(inbox), put(inbox)

    assert (first.attempt, second.attempt) == (1, 2)
    assert list_files(inbox) == sorted([first.archive, second.archive])
    assert count_attempts(inbox, "hw1", "s1042") == 2


def test_students_and_assignments_count_apart(inbox: Path) -> None:
    """Each student has attempts of their own."""
    put(inbox)
    put(inbox, student="s1043")

    assert count_attempts(inbox, "hw1", "s1043") == 1
    assert count_attempts(inbox, "hw2", "s1043") == 0


def test_an_attempt_that_is_taken_is_refused(inbox: Path) -> None:
    """A given number isn't silently another one, and what was handed in stays."""
    first = put(inbox, attempt=1)

    with pytest.raises(UsageError, match="attempt 1 of 's1042' at 'hw1' was handed in before"):
        put(inbox, source=b"y = 2\n", attempt=1)
    assert list_files(inbox) == [first.archive]


@pytest.mark.parametrize("attempt", [0, -1])
def test_an_attempt_counts_from_one(inbox: Path, attempt: int) -> None:
    """There is no attempt 0."""
    with pytest.raises(UsageError, match="the first is 1"):
        put(inbox, attempt=attempt)


def test_the_assignments_number_of_attempts_is_held(inbox: Path) -> None:
    """After the last allowed attempt nothing more is taken."""
    hand_in(make_submission(), make_assignment(1), student="s", inbox=inbox)

    with pytest.raises(UsageError, match="takes 1 attempt, this is number 2"):
        hand_in(make_submission(), make_assignment(1), student="s", inbox=inbox)


def test_many_at_once_get_an_attempt_each(inbox: Path) -> None:
    """Of those that hand in at the same moment none overwrites another."""
    receipts: list[Receipt] = []
    start = threading.Barrier(8)

    def go(number: int) -> None:
        start.wait()
        receipts.append(put(inbox, source=f"x = {number}\n".encode()))

    threads = [threading.Thread(target=go, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(receipt.attempt for receipt in receipts) == list(range(1, 9))
    assert list_files(inbox) == sorted(receipt.archive for receipt in receipts)
    assert {confirm_receipt(receipt) for receipt in receipts} == {Confirmation.CONFIRMED}


def test_a_full_disk_leaves_nothing(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk doesn't take it, nothing was handed in, that is said, and the next try is attempt 1."""

    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(ProvisionError, match=r"nothing was handed in.*No space left on device"):
            put(inbox)

    assert list(inbox.iterdir()) == []
    assert put(inbox).attempt == 1


def test_a_file_that_is_too_large_for_the_disk_leaves_nothing(inbox: Path) -> None:
    """The same where the system itself refuses the bytes (a limit on file sizes, in a child process)."""
    import resource

    child = os.fork()
    if child == 0:  # pragma: no cover, another process
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            put(inbox)
        except ProvisionError:
            os._exit(3)
        os._exit(0)
    status = os.waitpid(child, 0)[1]

    assert os.waitstatus_to_exitcode(status) == 3
    assert list(inbox.iterdir()) == []


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user who may write nothing of ours. Root may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_inbox_is_said() -> None:
    """An inbox that may not be written is our fault, and the student is told that nothing is lost."""
    with tempfile.TemporaryDirectory() as name:
        inbox = Path(name)
        inbox.chmod(0o555)
        with (
            without_rights(),
            pytest.raises(ProvisionError, match=r"nothing was handed in.*Permission denied") as caught,
        ):
            put(inbox)

    assert "Nothing is lost" in caught.value.details[0]


def test_an_inbox_is_never_made(tmp_path: Path) -> None:
    """A share that isn't mounted isn't replaced by a folder that nobody looks into."""
    with pytest.raises(ProvisionError, match="there is no inbox"):
        put(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "student",
    [
        "../../etc",
        "a/b",
        "a\\b",
        ".",
        "..",
        "CON",
        "con",
        "nul",
        "Anna",
        "José",
        "学生",
        "-rf",
        "a b",
        "x" * 256,
        "s1042~",
        "a:b",
        "*",
        "s1042.",
    ],
)
def test_any_student_gets_a_safe_name_of_their_own(inbox: Path, student: str) -> None:
    """Whatever an id looks like, the archive lies in the inbox, and its receipt finds it."""
    receipt = put(inbox, student=student)
    parts = Path(receipt.archive).parts

    assert len(parts) == 4 and ".." not in parts
    assert len(parts[3]) < 120
    assert all(part.isascii() and not set(part) & set('\\:*?"<>| ') and part[0] not in ".-" for part in parts)
    assert (inbox / receipt.archive).is_file()
    assert confirm_receipt(receipt) is Confirmation.CONFIRMED


def test_names_keep_students_apart() -> None:
    """Ids that differ only in case, or in what a file system can't hold, get folders that differ in more than case."""
    ids = ["anna", "Anna", "ANNA", "a/b", "a:b", "a b", "a-b", "con", "学", "生", "x", "x" * 64, "x" * 65, "x" * 66]
    names = [name_folder(student).lower() for student in ids]

    assert len(set(names)) == len(ids)
    assert name_folder("s1042") == "s1042"
    assert name_folder("Jose\u0301") == name_folder("Jos\u00e9")


@pytest.mark.parametrize("student", ["", "  ", "x" * 257, "a\nb", "a\x00b", "\udcff"])
def test_what_names_nobody_is_refused(inbox: Path, student: str) -> None:
    """An empty id, one with control characters, or a whole page of text isn't a student's."""
    with pytest.raises(UsageError, match="names no student"):
        put(inbox, student=student)


def test_a_receipt_comes_back_from_its_file(inbox: Path, tmp_path: Path) -> None:
    """Written, read and compared with the inbox it is the same."""
    receipt = put(inbox, student="José")
    write_receipt(tmp_path / "receipt.json", receipt)

    assert read_receipt(tmp_path / "receipt.json") == receipt
    assert confirm_receipt(receipt) is Confirmation.CONFIRMED
    assert any(receipt.archive_digest in line for line in word_receipt(receipt))


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 2},
        {"student": "s1043"},
        {"handed_in_at": "2026-11-20T09:13:58.123456+01:00"},
        {"archive": "../../../etc/passwd"},
        {"digest": "sha256:0"},
    ],
)
def test_a_changed_receipt_is_refused(inbox: Path, tmp_path: Path, change: dict[str, object]) -> None:
    """A receipt knows its own digest."""
    path = tmp_path / "receipt.json"
    write_receipt(path, put(inbox))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(UsageError, match="was changed after it was written"):
        read_receipt(path)


def test_a_forged_receipt_points_nowhere_else(inbox: Path, tmp_path: Path) -> None:
    """With its digest made anew, a receipt still can't name a file outside its own place in the inbox."""
    receipt = put(inbox)
    for archive in ("../../etc/passwd", "/etc/passwd", "hw1/s1042/1/other.zip"):
        write_receipt(tmp_path / "receipt.json", Receipt(**{**vars(receipt), "archive": archive}))

        with pytest.raises(UsageError, match="was changed"):
            read_receipt(tmp_path / "receipt.json")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '"x"', "[" * 100_000, '{"receipt_version": 1}'])
def test_what_is_no_receipt_is_said(tmp_path: Path, text: str) -> None:
    """Any other file gets one line."""
    (tmp_path / "receipt.json").write_text(text)

    with pytest.raises(UsageError, match="is no receipt"):
        read_receipt(tmp_path / "receipt.json")


def test_a_field_of_another_type_is_no_receipt(inbox: Path, tmp_path: Path) -> None:
    """Types are exact: true isn't an attempt."""
    path = tmp_path / "receipt.json"
    write_receipt(path, put(inbox))
    path.write_text(json.dumps({**json.loads(path.read_text()), "attempt": True}))

    with pytest.raises(UsageError, match="is no receipt"):
        read_receipt(path)


def test_a_receipt_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A wrong path gets one line."""
    with pytest.raises(UsageError, match="can't be read"):
        read_receipt(tmp_path / "receipt.json")


def test_the_inbox_decides(inbox: Path, tmp_path: Path) -> None:
    """A changed, a missing archive and an inbox that isn't here are told apart."""
    receipt = put(inbox)
    (inbox / receipt.archive).write_bytes(b"other")
    changed = confirm_receipt(receipt)
    (inbox / receipt.archive).unlink()
    missing = confirm_receipt(receipt)

    assert changed is Confirmation.CHANGED
    assert missing is Confirmation.MISSING
    assert confirm_receipt(receipt, inbox=tmp_path / "elsewhere") is Confirmation.UNREACHABLE


def test_the_time_has_a_zone(inbox: Path) -> None:
    """Without a given time it is now, in the machine's zone, with microseconds."""
    receipt = hand_in(make_submission(), make_assignment(), student="s", inbox=inbox)
    when = datetime.fromisoformat(receipt.handed_in_at)

    assert when.tzinfo is not None
    assert abs((datetime.now(UTC) - when).total_seconds()) < 600
