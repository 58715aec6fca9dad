"""`grade validate` from the command line: the screen, the JSON, the exit status."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader.cli import app
from grader.cli.validate_board import Board, Lines, show_stages
from grader.validate import Stage
from tests.validate.courses import Course, make_course

SANDBOX = ("--sandbox", "process")
LITTLE = ("--seeds", "1", "--draws", "1", "--no-generated")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The sound course, in which we stand."""
    made = make_course(tmp_path / "course")
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return made


def validate(*arguments: str) -> int:
    """Run the command without a sandbox; its exit status."""
    with pytest.raises(SystemExit) as caught:
        app(["validate", *arguments, *SANDBOX])
    return int(caught.value.code or 0)


def test_sound(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each stage, one verdict, status 0; nothing is wider than 80 columns."""
    status = validate("tides", *LITTLE)
    shown = capsys.readouterr().out

    assert status == 0
    assert " ✓ specification      3 questions, 3 checks, 3 points" in shown
    assert " ✓ reference          1 of 2 draws, 1 seed, process" in shown
    assert " ✓ mutants, variants  3 mutants, 1 right variant\n" in shown
    assert "tides is sound ·" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_unsound(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding with where, what and what to do; the worst is named first at the end; status 1."""
    course.change("reference:variants/sums/tides.py", "number + number", "number + 1")
    status = validate("tides", *LITTLE, "--plain")
    shown = capsys.readouterr().out

    assert status == 1
    assert " FAIL mutants, variants  3 mutants, 1 right variant\n" in shown
    assert "   error    variant sums\n            it fails double.cases, and should not\n" in shown
    assert "            -> a right solution loses points: widen the check" in shown
    assert "tides is NOT SOUND: 1 error" in shown
    assert "First: variant sums: it fails double.cases" in " ".join(shown.split())
    assert shown.isascii()


def test_a_survivor_on_the_screen(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Its difference, its line and question, and what a person can do; a survivor alone keeps it sound."""
    course.change("reference:data.py", "[1, 2, 3, 4, 5, 6] * 4", "[1, 2, 5, 6] * 6")
    course.change("reference:mutants/includes_the_border/tides.py", "gap >= 3", "gap >= 0")
    status = validate("tides", "--seeds", "1", "--draws", "1", "--mutants", "18")
    shown = capsys.readouterr().out

    assert status == 0
    assert "warning  solution line 12 (width)" in shown
    assert "            +    if gap >= 3:" in shown
    assert "caught (" in shown
    assert "accepted.toml with a reason" in " ".join(shown.split())


def test_several(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """By their folders, as a shell writes them; one that is unsound makes the status 1, and is named."""
    other = course.root / "assignments/other"
    other.mkdir()
    (other / "assignment.toml").write_text("title = 3\n", "utf-8")
    status = validate("assignments/other/", "assignments/tides/", *LITTLE)
    shown = capsys.readouterr().out

    assert status == 1
    assert "2 assignments, not sound: other ·" in shown


def test_as_json(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Findings and what each stage looked at, nothing else on standard output."""
    course.change("reference:variants/sums/tides.py", "number + number", "number + 1")
    status = validate("tides", *LITTLE, "--json", "-")
    captured = capsys.readouterr()
    said: dict[str, Any] = json.loads(captured.out)
    finding = said["assignments"][0]["findings"][0]

    assert status == 1
    assert said["sound"] is False
    assert (finding["severity"], finding["code"], finding["where"]) == ("error", "trial_variant", "variant sums")
    assert set(finding) == {"severity", "stage", "code", "where", "what", "remedy", "details", "ours"}
    assert [stage["stage"] for stage in said["assignments"][0]["stages"]][:2] == ["specification", "handout"]
    assert "tides is NOT SOUND" in captured.err


def test_without_a_reference(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """It can't be told here: status 3, as for anything that isn't on this machine."""
    course.private.rename(course.root / "elsewhere")
    status = validate("tides")

    assert status == 3
    assert "couldn't be looked at whole on this machine" in " ".join(capsys.readouterr().out.split())


def test_no_such_assignment(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    """Said before anything runs."""
    assert validate("tides", "tidse") == 2
    assert "no assignment 'tidse'" in capsys.readouterr().err


def test_interrupted(course: Course) -> None:
    """Ctrl-C ends it within seconds, with status 130, while a run is going on."""
    course.change("reference:solution/tides.py", "    return 2 * number", "    while True:\n        pass")
    environment = {**os.environ, "GRADER_HOME": str(course.root.parent / "home")}
    command = [sys.executable, "-m", "grader", "validate", "tides", *SANDBOX, *LITTLE]
    with subprocess.Popen(
        command, cwd=course.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        while "weights and data" not in process.stdout.readline() and process.poll() is None:
            pass
        time.sleep(1)  # into the first run, which never ends by itself
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == 130, said


def test_progress_on_a_terminal() -> None:
    """One line with the stage and how far it is, gone afterwards."""
    console = Console(width=80, force_terminal=True, record=True, file=io.StringIO())
    with show_stages(console) as board:
        board.begin(Stage.REFERENCE)
        board.step(3, 22)
        assert isinstance(board, Board)
        console.print(board)

    assert "running the reference on every draw · 3 of 22 · " in console.export_text()


def test_progress_elsewhere() -> None:
    """A line for each quarter of a stage, none for its end."""
    file = io.StringIO()
    lines = Lines(Console(file=file, width=80))
    lines.begin(Stage.MUTATION)
    for done in range(1, 9):
        lines.step(done, 8)

    assert file.getvalue().splitlines() == [f"   trying generated mutants: {done} of 8" for done in (2, 4, 6)]
