import json
from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.ingest import read_submission
from grader.ingest.submission import Note
from grader.spec.digest import digest_bytes

NOTEBOOK = json.dumps(
    {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": "x = 1"}]}
)


def place(tmp_path: Path, **files: str) -> Path:
    """A folder "mine" with these files; `__` in a name is a slash, `_dot_` a dot."""
    folder = tmp_path / "mine"
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def test_a_notebook_in_place_of_a_script(tmp_path: Path) -> None:
    """For x.py a notebook x.ipynb is taken."""
    submission = read_submission(place(tmp_path, hw1_dot_ipynb=NOTEBOOK), files=["hw1.py"])

    assert submission.programs[0].path == "hw1.ipynb"
    assert (submission.source, submission.missing, submission.notes) == ("mine/hw1.ipynb", (), ())


def test_script_and_notebook(tmp_path: Path) -> None:
    """The script is taken, and that is said; the notebook isn't even read."""
    submission = read_submission(place(tmp_path, hw1_dot_py="x = 1", hw1_dot_ipynb="broken"), files=["hw1.py"])

    assert [program.path for program in submission.programs] == ["hw1.py"]
    assert submission.notes == (Note(code="both_kinds", facts={"file": "hw1.py", "notebook": "hw1.ipynb"}),)


def test_a_file_of_another_name(tmp_path: Path) -> None:
    """Is named, but not taken: which of several files was meant is the student's to say."""
    submission = read_submission(place(tmp_path, homework1_dot_py="x = 1", b__HW1_dot_py="x = 2"), files=["hw1.py"])

    assert (submission.programs, submission.missing) == ((), ("hw1.py",))
    assert submission.source == "mine"
    assert submission.notes[0].facts["found"] == "b/HW1.py, homework1.py"


def test_several_files(tmp_path: Path) -> None:
    """Each that is asked for is found or missing by itself; one that is no program has no program."""
    folder = place(tmp_path, a_dot_py="x = 1", answers_dot_toml="y = 2")

    submission = read_submission(folder, files=["a.py", "b.py", "answers.toml"])

    assert [program.path for program in submission.programs] == ["a.py"]
    assert submission.missing == ("b.py",)


@pytest.mark.parametrize(
    ("given", "files", "taken", "noted"),
    [
        ("hw1.py", ["hw1.py"], "hw1.py", False),
        ("my_solution.py", ["hw1.py"], "hw1.py", True),
        ("Untitled (1).ipynb", ["hw1.py"], "hw1.ipynb", True),
        ("b.py", ["a.py", "b.py"], "b.py", False),
        ("other.py", ["a.py", "b.py"], "other.py", False),
        ("quiz.toml", ["answers.toml"], "answers.toml", True),
        ("HW1.PY", ["hw1.py"], "hw1.py", True),
    ],
)
def test_a_single_file(given: str, files: list[str], taken: str, noted: bool, tmp_path: Path) -> None:
    """Is taken under the name that is asked for, where only one is possible; and that is said."""
    path = tmp_path / given
    path.write_text(NOTEBOOK if given.endswith("ipynb") else "x = 1", "utf-8")

    submission = read_submission(path, files=files)

    assert [file.path for file in submission.files] == [taken]
    assert [note.facts for note in submission.notes if note.code == "taken_as"] == (
        [{"file": given, "name": taken}] if noted else []
    )
    assert submission.source == given


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hw1.txt", "Taken are a folder, a .zip, a .tar.gz, a .ipynb, a .py"),
        ("hw1.rar", "Unpack it"),
        ("hw1", "Taken are"),
    ],
)
def test_a_file_of_another_kind(name: str, said: str, tmp_path: Path) -> None:
    """It is said which kinds are right."""
    (tmp_path / name).write_text("x", "utf-8")
    with pytest.raises(SubmissionError) as caught:
        read_submission(tmp_path / name, files=["hw1.py"])

    assert caught.value.code == "kind"
    assert said in caught.value.details[0]


@pytest.mark.parametrize("source", ["", "\n  \n", "# only a comment\n"])
def test_a_script_without_code(source: str, tmp_path: Path) -> None:
    """Is graded, and noted."""
    submission = read_submission(place(tmp_path, hw1_dot_py=source), files=["hw1.py"])

    assert submission.notes == (Note(code="no_code", facts={"file": "hw1.py"}),)


def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows under its name."""
    monkeypatch.chdir(place(tmp_path, hw1_dot_py="x = 1"))

    assert read_submission(Path(), files=["hw1.py"]).source == "mine/hw1.py"


def test_an_untouched_script_beside_a_notebook(tmp_path: Path) -> None:
    """Who worked in the notebook and left the handout's script as it was is graded on the notebook, and told so."""
    folder = place(tmp_path, hw1_dot_py="def f(): ...", hw1_dot_ipynb=NOTEBOOK)
    given = {digest_bytes((folder / "hw1.py").read_bytes())}
    worked_in_notebook = read_submission(folder, files=["hw1.py"], handout=given)
    worked_in_neither = read_submission(
        folder, files=["hw1.py"], handout={*given, digest_bytes((folder / "hw1.ipynb").read_bytes())}
    )

    assert [program.path for program in worked_in_notebook.programs] == ["hw1.ipynb"]
    assert [note.code for note in worked_in_notebook.notes] == ["untouched_script"]
    assert [program.path for program in worked_in_neither.programs] == ["hw1.py"]


def test_a_download_has_another_name(tmp_path: Path) -> None:
    """What was handed in counts by the name under which it was, not by that which a download gave it."""
    path = tmp_path / "smithjohn_LATE_12_345_hw1.py"
    path.write_text("x = 1", "utf-8")

    submission = read_submission(path, files=["hw1.py"], name="hw1.py")

    assert (submission.source, submission.notes, submission.missing) == ("hw1.py", (), ())


def test_a_folder_of_another_name(tmp_path: Path) -> None:
    """A folder that a download named is shown by the name that is given."""
    submission = read_submission(place(tmp_path, hw1_dot_py="x = 1"), files=["hw1.py"], name="hw1")

    assert submission.source == "hw1/hw1.py"
