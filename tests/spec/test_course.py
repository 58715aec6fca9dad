from pathlib import Path

import pytest

from grader.errors import SpecError
from grader.spec import Course, read_course


def read(tmp_path: Path, text: str) -> Course:
    """A course.toml of that text."""
    path = tmp_path / "course.toml"
    path.write_text(text, "utf-8")
    return read_course(path)


def test_a_course(tmp_path: Path) -> None:
    """A relative inbox counts from the file's folder."""
    course = read(tmp_path, 'title = "Deep learning"\ninbox = "../inbox"\nhand_in = "the course\'s page"')

    assert course == Course(title="Deep learning", inbox=(tmp_path / "../inbox").resolve(), hand_in="the course's page")
    assert read(tmp_path, "") == Course()


def test_a_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert read(tmp_path, 'inbox = "~/inbox"').inbox == tmp_path / "inbox"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('inbx = "x"', "inbx"),
        ("inbox = 3", "inbox"),
        ('inbox = "https://course.example/in"', "inbox"),
        ('title = ""', "title"),
        ('inbox = "~nobody-here/inbox"', "inbox"),
    ],
)
def test_faults(text: str, path: str, tmp_path: Path) -> None:
    """It is read as strictly as an assignment."""
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)

    assert [fault.path for fault in caught.value.faults] == [path]


def test_a_course_that_is_not_there(tmp_path: Path) -> None:
    """It is a SpecError."""
    with pytest.raises(SpecError, match="can't be read"):
        read_course(tmp_path / "course.toml")
