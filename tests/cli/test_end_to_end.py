"""The whole command on a course of two questions that need no framework, run as plain processes."""

import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from grader.cli import app
from grader.report import Report, read_report

SPECIFICATION = """
title = "Doubling"
files = ["tiny.py"]
limits = { wall_seconds = 3 }
[[questions]]
id = "double"
title = "Double a number"
points = 2
hint = "Twice is plus itself."
checks = [{ use = "cases", of = "doubles" }]
[[questions]]
id = "name"
title = "Say your name"
points = 1.5
checks = [{ use = "cases", of = "names" }]
"""
PROBE = """
def double(student, given, record):
    record.answers("doubles", [student.double(n) for n in range(5)])


def name(student, given, record):
    record.answers("names", [student.name()])
"""
RIGHT = 'def double(n):\n    return 2 * n\n\n\ndef name():\n    return "tiny"\n'
WRONG = RIGHT.replace("2 * n", "2 * n + 1")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course, in which we stand."""
    files = {
        "assignments/tiny/assignment.toml": SPECIFICATION,
        "assignments/tiny/probe.py": PROBE,
        "reference/tiny/solution/tiny.py": RIGHT,
        "reference/tiny/variants/longhand/tiny.py": RIGHT.replace("2 * n", "n + n"),
        "reference/tiny/mutants/one_more/tiny.py": WRONG,
        "reference/tiny/mutants/one_more/mutant.toml": 'mistake = "One too many."\nfails = ["double.cases"]\n',
    }
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    (tmp_path / "tiny").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as caught:
        app(list(arguments))
    return int(caught.value.code or 0)


def submit(path: str = "tiny", *arguments: str) -> Report:
    """Grade what lies there; the report."""
    assert run("submit", path, "--sandbox", "process", "--json", "out.json", *arguments) == 0
    return read_report(Path("out.json").read_bytes())


def write_notebook(path: Path, source: str) -> None:
    """A notebook with one code cell."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}), "utf-8")


@pytest.mark.parametrize("form", ["folder", "script", "notebook", "zip", "tar.gz"])
def test_every_form_of_a_submission(course: Path, form: str) -> None:
    """A folder, a script, a notebook, a zip and a tar of the same code earn the same."""
    path = {"folder": "tiny", "script": "tiny/tiny.py", "notebook": "tiny/tiny.ipynb"}.get(form, f"tiny.{form}")
    if form == "notebook":
        write_notebook(course / path, RIGHT)
    elif form == "zip":
        with zipfile.ZipFile(course / path, "w") as archive:
            archive.writestr("tiny/tiny.py", RIGHT)
    else:
        (course / "tiny/tiny.py").write_text(RIGHT, "utf-8")
    if form == "tar.gz":
        with tarfile.open(course / path, "w:gz") as tar:
            tar.add(course / "tiny/tiny.py", "tiny/tiny.py")
    report = submit(path)

    assert report.score.points == report.score.max_points == 3.5
    assert not report.environment.is_sandbox


@pytest.mark.parametrize(
    ("source", "points", "said"),
    [
        (WRONG, "1.5", ("0 of 5 cases right", "Hint: Twice is plus itself.", "Fix first: double (2 points to win).")),
        ("def double(n):\n    return 2 * n\n", "2", ("not defined: tiny.py has no function name",)),
        (RIGHT.replace("def name", "def nane"), "2", ("It has nane (line 5). Is that a typo?",)),
        (
            RIGHT.replace("def double(n):", "def double(n)"),
            "0",
            ("tiny.py couldn't be read as Python", "tiny.py, line 1", "expected ':'", "Fix first: what keeps the file"),
        ),
        (RIGHT.replace('"tiny"', "tine"), "2", ("tiny.py, line 6, in name", "NameError: name 'tine' is not defined")),
        (RIGHT.replace('"tiny"', "exit(0)"), "2", ("tiny.py, line 6, in name",)),
        (RIGHT.replace('return "tiny"', "import os; os._exit(0)"), "2", ("your program ended itself",)),
        (RIGHT.replace('return "tiny"', "while True: pass"), "2", ("stopped after 3 s",)),
        (RIGHT.replace('return "tiny"', "import ctypes; ctypes.string_at(0)"), "2", ("a segmentation fault",)),
        (RIGHT.replace('return "tiny"', 'print("x" * 5_000_000); return "tiny"'), "3.5", ("3.5 / 3.5 points",)),
    ],
)
def test_every_fault_costs_its_question_alone(
    course: Path, source: str, points: str, said: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Right points, and a message that a student understands; the other question is unharmed."""
    (course / "tiny/tiny.py").write_text(source, "utf-8")
    report = submit()
    shown = capsys.readouterr().out

    assert str(report.score.points) == points
    assert [text for text in said if text not in shown] == []


def test_a_refused_archive(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 points and the reason; nothing ran."""
    with zipfile.ZipFile(course / "tiny.zip", "w") as archive:
        archive.writestr("../tiny.py", RIGHT)
    report = submit("tiny.zip")
    shown = capsys.readouterr().out

    assert report.score.points == 0
    assert report.fault is not None
    assert report.fault.code == "path_escape"
    assert "✗ refused: " in shown
    assert "Nothing was handed in: the submission was refused." in shown


def test_a_file_that_isnt_there(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder: 0 points, and which file was looked for."""
    (course / "tiny/notes.txt").write_text("later", "utf-8")

    assert submit().score.points == 0
    assert "tiny.py wasn't there, so no question could run" in capsys.readouterr().out


def test_what_we_write_changes_nothing(course: Path) -> None:
    """Our report and receipt lie beside the homework and are no part of it: graded again it is the same submission."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    (course / "tiny/tiny.py").write_text(RIGHT, "utf-8")
    for _ in range(2):
        assert run("submit", "tiny", "--sandbox", "process", "--student", "s1") == 0
    reports = [read_report((course / "tiny/report.json").read_bytes())]
    reports.append(submit())

    assert (course / "tiny/receipt-tiny-2.json").is_file()
    assert reports[0].submission.digest == reports[1].submission.digest
    assert [file.path for file in reports[1].submission.files] == ["tiny.py"]


def test_marking_again(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`grade recheck` finds the run by the report's id, runs no student code, and follows the points of today."""
    (course / "tiny/tiny.py").write_text(WRONG, "utf-8")
    report = submit()
    specification = course / "assignments/tiny/assignment.toml"
    specification.write_text(SPECIFICATION.replace("points = 1.5", "points = 1.25"), "utf-8")
    (course / "tiny/tiny.py").unlink()
    status = run("recheck", report.report_id, "--sandbox", "process", "--json", "again.json")
    again = read_report((course / "again.json").read_bytes())

    assert status == 0
    assert str(again.score.points) == "1.25"
    assert again.submission == report.submission
    assert "No student code was run" in capsys.readouterr().out


def test_an_authors_check(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The reference earns everything, the variant too, and the mutant fails what it names."""
    assert run("check", "tiny", "--sandbox", "process") == 0
    assert "3 tried, all as they should be" in capsys.readouterr().out
    mutant = course / "reference/tiny/mutants/one_more/mutant.toml"
    mutant.write_text('mistake = "Another."\nfails = ["name.cases"]\n', "utf-8")

    assert run("check", "tiny", "--sandbox", "process") == 2
    shown = capsys.readouterr().out
    assert "should have failed, but didn't: name.cases" in shown
    assert "failed, and should not have: double.cases" in shown
