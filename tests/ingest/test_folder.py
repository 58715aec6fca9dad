import os
import shutil
import socket
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

import grader.ingest.folder
from grader.errors import SubmissionError, UsageError
from grader.ingest import read_submission
from grader.ingest.submission import Submission
from grader.limits import IngestLimits

CODE = "def f():\n    return 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with one file."""
    place = tmp_path / "hw1"
    place.mkdir()
    (place / "hw1.py").write_text(CODE, "utf-8")
    return place


def read(path: Path, *, limits: IngestLimits | None = None) -> Submission:
    """That path, read."""
    return read_submission(path, files=("hw1.py",), limits=limits)


def refused(path: Path, *, limits: IngestLimits | None = None) -> SubmissionError:
    """Why it is refused."""
    with pytest.raises(SubmissionError) as caught:
        read(path, limits=limits)
    return caught.value


def test_a_folder(folder: Path) -> None:
    """Its files, with forward slashes, and the program in it."""
    (folder / "data").mkdir()
    (folder / "data" / "x.txt").write_bytes(b"1")

    submission = read(folder)

    assert [file.path for file in submission.files] == ["data/x.txt", "hw1.py"]
    assert [(program.path, program.source) for program in submission.programs] == [("hw1.py", CODE)]
    assert (submission.source, submission.missing, submission.notes) == ("hw1/hw1.py", (), ())


def test_a_folder_its_zip_and_its_file_have_one_digest(folder: Path, tmp_path: Path) -> None:
    """However it is handed in; and by the documented formula."""
    import hashlib

    whole = shutil.make_archive(str(tmp_path / "whole"), "zip", tmp_path, "hw1")
    inside = shutil.make_archive(str(tmp_path / "inside"), "zip", folder)
    digests = {read(Path(path)).digest for path in (folder, whole, inside, folder / "hw1.py")}
    line = f"{hashlib.sha256(CODE.encode()).hexdigest()}  hw1.py\n"

    assert digests == {"sha256:" + hashlib.sha256(line.encode()).hexdigest()}


def test_a_folder_in_a_folder_is_entered(folder: Path, tmp_path: Path) -> None:
    """As downloads and unpacked archives have it."""
    outer = tmp_path / "download" / "unpacked"
    outer.mkdir(parents=True)
    folder.rename(outer / "hw1")
    (outer / "hw1" / "report.json").write_text("{}", "utf-8")

    submission = read(tmp_path / "download")

    assert [file.path for file in submission.files] == ["hw1.py"]


def test_what_is_plainly_no_homework_is_left_out(folder: Path) -> None:
    """Caches, histories, environments, our own report; a large one is mentioned."""
    digest = read(folder).digest
    for name in (".git/objects/x", "__pycache__/hw1.pyc", ".ipynb_checkpoints/hw1.ipynb", "my_env/lib/big.so", "a.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"0" * (2_000_000 if "big" in name else 10))
    (folder / "my_env" / "pyvenv.cfg").write_text("", "utf-8")
    (folder / ".venv").symlink_to("/usr")
    (folder / "report.json").write_text("{}", "utf-8")
    (folder / ".DS_Store").write_bytes(b"")

    submission = read(folder)

    assert [file.path for file in submission.files] == ["hw1.py"]
    assert submission.digest == digest
    (note,) = submission.notes
    assert (note.code, note.facts) == ("left_out", {"names": "my_env", "size": "2.0 MB"})


def test_names_of_macos_are_normalised(folder: Path) -> None:
    """A folder's decomposed letters are the file system's doing, not the student's."""
    decomposed = unicodedata.normalize("NFD", "übung.txt")
    (folder / decomposed).write_bytes(b"1")

    assert [file.path for file in read(folder).files] == ["hw1.py", "übung.txt"]


def link_to_file(folder: Path) -> None:
    """A link to a file of the computer."""
    (folder / "data.txt").symlink_to("/etc/passwd")


def link_inside(folder: Path) -> None:
    """A link within the submission is one all the same."""
    (folder / "again.py").symlink_to("hw1.py")


def link_to_folder(folder: Path) -> None:
    """A link to a folder."""
    (folder / "data").symlink_to("/etc")


def dangling_link(folder: Path) -> None:
    """A link to nothing."""
    (folder / "data").symlink_to("nowhere")


def pipe(folder: Path) -> None:
    """A pipe would block whoever opens it."""
    os.mkfifo(folder / "pipe")


def unix_socket(folder: Path) -> None:
    """A socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))


def case_twins(folder: Path) -> None:
    """Two names that are one on macOS and Windows."""
    (folder / "HW1.py").write_text("x = 2", "utf-8")


def composition_twins(folder: Path) -> None:
    """One name in both compositions."""
    for form in ("NFC", "NFD"):
        (folder / unicodedata.normalize(form, "übung.py")).write_text("x = 2", "utf-8")


def archive(folder: Path) -> None:
    """An archive inside."""
    (folder / "old.zip").write_bytes(b"")


def undecodable_name(folder: Path) -> None:
    """A name whose bytes are no text."""
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff.py"))).write_text("", "utf-8")


def control_character(folder: Path) -> None:
    """A name that would write to a terminal."""
    (folder / "a\x1b[2Jb.txt").write_text("", "utf-8")


def backslash(folder: Path) -> None:
    """A name that is a path on Windows."""
    (folder / "..\\hw1.py").write_text("", "utf-8")


@pytest.mark.parametrize(
    ("attack", "code"),
    [
        (link_to_file, "link"),
        (link_inside, "link"),
        (link_to_folder, "link"),
        (dangling_link, "link"),
        (pipe, "special_file"),
        (unix_socket, "special_file"),
        (case_twins, "twins"),
        (composition_twins, "duplicate_name"),
        (archive, "nested_archive"),
        (undecodable_name, "name_characters"),
        (control_character, "name_characters"),
        (backslash, "backslash"),
    ],
)
def test_an_attack_is_refused(attack: Callable[[Path], None], code: str, folder: Path) -> None:
    """Each rule, with the folder that breaks it; the message is of one line and holds no control character."""
    attack(folder)

    error = refused(folder)

    assert error.code == code
    assert error.message.isprintable()


def test_a_path_that_is_a_link(folder: Path, tmp_path: Path) -> None:
    """Neither a folder nor a file is reached through a link."""
    (tmp_path / "link").symlink_to(folder)
    (tmp_path / "hw1.py").symlink_to(folder / "hw1.py")

    assert refused(tmp_path / "link").code == "link"
    assert refused(tmp_path / "hw1.py").code == "link"


def test_a_file_that_becomes_a_link_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is what is read: a link that takes its place in between isn't followed."""
    plain = grader.ingest.folder.read_file

    def swap(path: Path, *rest: object) -> bytes:
        path.unlink()
        path.symlink_to("/etc/passwd")
        return plain(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(grader.ingest.folder, "read_file", swap)

    assert refused(folder).code == "link"


def test_a_file_that_becomes_a_pipe_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a pipe block."""
    plain = grader.ingest.folder.read_file

    def swap(path: Path, *rest: object) -> bytes:
        path.unlink()
        os.mkfifo(path)
        return plain(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(grader.ingest.folder, "read_file", swap)

    assert refused(folder).code == "special_file"


def test_a_file_that_grows_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read counts, not what was measured."""
    plain = grader.ingest.folder.read_file

    def grow(path: Path, *rest: object) -> bytes:
        path.write_bytes(b"x" * 5000)
        return plain(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(grader.ingest.folder, "read_file", grow)

    assert refused(folder, limits=IngestLimits(unpacked_bytes=1000)).code == "too_large"


def test_without_opening_below_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system can't do that, the same comes out."""
    digest = read(folder).digest
    monkeypatch.setattr(grader.ingest.folder, "BELOW", False)
    same = read(folder).digest
    link_to_file(folder)

    assert same == digest
    assert refused(folder).code == "link"


def test_limits(folder: Path) -> None:
    """Number, size and depth; the largest file is named."""
    (folder / "model.pt").write_bytes(b"0" * 5000)
    (folder / "a" / "b" / "c").mkdir(parents=True)

    size = refused(folder, limits=IngestLimits(unpacked_bytes=4000))

    assert (size.code, "'model.pt' (5.0 kB)" in size.message) == ("too_large", True)
    assert refused(folder, limits=IngestLimits(entries=4)).code == "too_many_files"
    assert refused(folder, limits=IngestLimits(depth=1)).code == "deep_path"
    assert read(folder, limits=IngestLimits(entries=5, depth=2, unpacked_bytes=5100)).files


def test_what_is_left_out_is_counted_too(folder: Path) -> None:
    """Names that are left out can't be without end: each is looked at."""
    for number in range(12):
        (folder / f"._{number}").touch()

    assert len(read(folder, limits=IngestLimits(entries=12)).files) == 1
    assert refused(folder, limits=IngestLimits(entries=11)).code == "too_many_files"


def test_a_very_deep_folder(folder: Path) -> None:
    """It ends at the limit, not in a recursion error or without descriptors."""
    here = folder
    for _ in range(200):
        here = here / "d"
        here.mkdir()

    assert refused(folder).code == "deep_path"


def test_nothing_there(tmp_path: Path) -> None:
    """A path that leads nowhere is the caller's fault."""
    with pytest.raises(UsageError, match="there is no file or folder"):
        read(tmp_path / "hw1")


def test_an_empty_folder(tmp_path: Path) -> None:
    """Is a submission without its file."""
    submission = read(tmp_path)

    assert submission.missing == ("hw1.py",)
    (note,) = submission.notes
    assert (note.code, note.facts) == ("missing_file", {"file": "hw1.py", "notebook": "hw1.ipynb", "found": ""})
