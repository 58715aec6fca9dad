"""`grade calibrate`: what a person reads, what a program reads, how it ends."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from grader.calibrate.calibrate import Step
from grader.calibrate.observe import Observation
from grader.calibrate.plan import Condition
from grader.cli import app
from grader.cli.calibrate_board import Board
from tests.calibrate.courses import SECRET, SPECIFICATION, make_course
from tests.calibrate.test_proposals import MUTANT


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one small assignment, in which we stand."""
    make_course(tmp_path, quick=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/secret").write_bytes(SECRET)  # which names the draws, and so every number below
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def calibrate(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        app(["calibrate", "noise", "--sandbox", "process", *arguments])
    return int(caught.value.code or 0)


def test_a_calibration_from_end_to_end(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Statistics, proposals and the table on 80 columns; --write leaves them in the file, and then all is well."""
    first = calibrate("--seeds", "3", "--quick", "4", "--plain")
    shown, progress = capsys.readouterr()
    second = calibrate("--seeds", "3", "--quick", "4", "--plain", "--write", "--json", "numbers.json")
    said = json.loads((course / "numbers.json").read_text("utf-8"))
    kept = json.loads((course / "reference/noise/calibration.json").read_text("utf-8"))
    text = (course / "assignments/noise/assignment.toml").read_text("utf-8")
    capsys.readouterr()
    third = calibrate("--seeds", "3", "--quick", "0", "--plain")
    after, told = capsys.readouterr()

    assert (first, second, third) == (2, 0, 0)  # runs below the line that stood there are no sound assignment
    assert max(map(len, shown.splitlines())) <= 80
    assert "guess.cases at_least = 0.88" in shown
    assert "Proposed: at_least = " in shown
    assert "lost something: sloppy" in shown
    assert "need more runs (2,995 without a failure" in " ".join(shown.split())
    assert "biased: estimate.close, quick" in shown
    assert "run 28 of 28" in progress
    assert said == kept
    assert said["sound"] is True
    assert {check["finding"] for check in said["checks"]} == {"proposed"}
    assert [row["wrong"] for row in said["errors"]] == [0] * len(said["errors"])
    assert text.splitlines()[0] == SPECIFICATION.splitlines()[0]
    assert text != SPECIFICATION
    assert "Proposed" not in after
    assert "28 from the last time" in told


def test_a_time_that_does_not_suffice(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is left is told; nothing is chosen from nothing."""
    status = calibrate("--minutes", "0", "--plain")
    shown = capsys.readouterr().out

    assert status == 2
    assert "The time was over: 28 runs and 60 draws of the quick training left." in " ".join(shown.split())
    assert "NO RIGHT RUN" in shown


def test_one_question(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its number is written; the table, which is of the whole assignment, isn't."""
    calibrate("--question", "guess", "--seeds", "3", "--quick", "0", "--plain", "--write")
    shown = capsys.readouterr().out

    assert "written: guess.cases at_least = " in shown
    assert "estimate" not in shown
    assert "at_least = 0.88" not in (course / "assignments/noise/assignment.toml").read_text("utf-8")
    assert not (course / "reference/noise/calibration.json").exists()


def test_an_interrupt(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It says that what was made is kept."""

    def interrupt(*arguments: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("grader.calibrate.calibrate.calibrate_assignment", interrupt)

    assert calibrate("--plain") == 130
    assert "what was made is kept" in capsys.readouterr().err


def test_wrong_arguments(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No such question; no such device; more on the standard output than JSON where JSON is asked for there."""
    assert calibrate("--question", "nothing") == 2
    assert calibrate("--device", "tpu") == 2
    assert "no question 'nothing'" in capsys.readouterr().err
    calibrate("--seeds", "1", "--quick", "0", "--json", "-")

    assert json.loads(capsys.readouterr().out)["assignment"] == "noise"


def test_the_board_says_how_far_it_is() -> None:
    """The stage, the run, the time, and what didn't have to be run again."""
    now = [0.0]
    board = Board(Console(), clock=lambda: now[0])
    begun = board.say()
    now[0] = 65.0
    board.tell(Step("running", 3, 9, Observation(trial=MUTANT, condition=Condition(draw=1), made_now=False)))

    assert begun.startswith("beginning")
    assert board.say() == "run 3 of 9 · mutant, draw 1, seed 0 · 1 min 5 s · 1 from the last time"
