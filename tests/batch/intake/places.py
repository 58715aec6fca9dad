"""Folders of submissions, made small."""

import io
import zipfile
from pathlib import Path

from grader.batch.intake import find_handed_in, read_handed_in
from grader.batch.model import HandedIn, Intake, Roster, Student
from grader.spec.model import Assignment

HW1 = Assignment(slug="hw1", title="hw1", folder=Path(), reference=None, digest="sha256:0", files=("hw1.py",))


def enrol(*students: str | Student) -> Roster:
    """A roster of these students; of some only the id."""
    found = tuple(one if isinstance(one, Student) else Student(id=one) for one in students)
    return Roster(students=found, path=Path("roster.csv"), format="plain")


def put(folder: Path, *names: str, text: str = "x = 1\n") -> None:
    """Files of this text; a name that ends with a slash is a folder, one with `.zip` a zip of hw1.py."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif name.endswith(".zip"):
            path.write_bytes(pack({"hw1.py": text}))
        else:
            path.write_text(text, "utf-8")


def pack(files: dict[str, str]) -> bytes:
    """A zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def find(folder: Path, roster: Roster, **teams: tuple[str, ...]) -> Intake:
    """What is found in a folder."""
    return find_handed_in(folder, roster, assignment=HW1, teams=teams)


def list_found(intake: Intake) -> list[tuple[str, int]]:
    """Whose attempts were found."""
    return [(one.student_id, one.attempt) for one in intake.handed_in]


def list_left(intake: Intake) -> dict[str, str]:
    """What was nobody's, by the end of its path, with the reason."""
    return {one.path.name: one.reason for one in intake.unmatched}


def read_files(handed_in: HandedIn) -> dict[str, str]:
    """The files of an attempt, read."""
    submission = read_handed_in(handed_in, assignment=HW1)
    return {file.path: file.content.decode() for file in submission.files}
