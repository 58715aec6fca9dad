import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from grader.cli import app
from grader.collect import Progress
from grader.errors import ProvisionError, SubmissionError
from grader.hand_in import read_receipt
from grader.ingest.submission import Submission, SubmittedFile
from grader.pipeline import Graded
from grader.report import FaultInfo, Report, Whose, read_report
from tests.report.samples import DIGEST, OUR_FAULT, flawed_report, good_report, unfinished_report

ASSIGNMENT = """
title = "Transfer learning with ResNet-18"
files = ["hw1.py"]
[[questions]]
id = "load"
points = 2
checks = [{ use = "close", of = "logits" }]
"""
SUBMISSION = Submission(
    source="hw1/hw1.py",
    digest=DIGEST,
    files=(SubmittedFile(path="hw1.py", content=b"x = 1\n", digest=DIGEST),),
    programs=(),
)
Grade = Callable[..., int]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one assignment and a homework, in which we stand; the sandbox is the one that needs nothing."""
    folder = tmp_path / "assignments/hw1"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(ASSIGNMENT, "utf-8")
    (folder / "probe.py").write_text("def load(student, given, record):\n    pass\n", "utf-8")
    (tmp_path / "hw1").mkdir()
    (tmp_path / "hw1/hw1.py").write_text("x = 1\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("GRADER_STUDENT", raising=False)
    monkeypatch.setattr("grader.ingest.read_submission", lambda path, files, handout: SUBMISSION, raising=False)
    return tmp_path


def grade(
    monkeypatch: pytest.MonkeyPatch, outcome: Report | BaseException, *arguments: str
) -> tuple[int, dict[str, Any]]:
    """Run `grade submit hw1`, the pipeline coming to an outcome: the exit status, and what the pipeline was given."""
    given: dict[str, Any] = {}

    def grade_submission(assignment: object, submission: object, **more: Any) -> Graded:
        given.update(more, assignment=assignment, submission=submission)
        more["progress"](Progress("running", "load", 1, 1))
        if isinstance(outcome, BaseException):
            raise outcome
        return Graded(report=outcome, run_folder=None)

    monkeypatch.setattr("grader.pipeline.grade_submission", grade_submission)
    with pytest.raises(SystemExit) as caught:
        app(["submit", "hw1", "--sandbox", "process", *arguments])
    return cast(int, caught.value.code or 0), given


def test_a_grade(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The screen, the report beside the submission, and plainly that nothing was handed in."""
    status, given = grade(monkeypatch, good_report())
    shown = capsys.readouterr()

    assert status == 0
    assert " 15 / 15 points on this machine · 9 s · hw1/report.json\n" in shown.out
    assert " Nothing was handed in. Hand in hw1/hw1.py where your course asks for it.\n" in shown.out
    assert read_report((course / "hw1/report.json").read_bytes()) == good_report()
    assert "load ended (1 of 1)" in shown.err
    assert shown.err.startswith("caution: this is no sandbox")
    assert given["attempt"] == 1


def test_a_bad_score_is_no_error(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 whatever the score."""
    assert grade(monkeypatch, flawed_report())[0] == 0


@pytest.mark.parametrize(("least", "status"), [("6", 0), ("6.01", 1), ("0", 0), ("15", 1)])
def test_fail_under(course: Path, monkeypatch: pytest.MonkeyPatch, least: str, status: int) -> None:
    """1 only where it was asked for and the points are fewer."""
    assert grade(monkeypatch, flawed_report(), "--fail-under", least)[0] == status


@pytest.mark.parametrize("least", ["many", "nan", "Infinity"])
def test_fail_under_takes_points(course: Path, monkeypatch: pytest.MonkeyPatch, least: str) -> None:
    """Anything else is a wrong argument, before anything runs."""
    status, given = grade(monkeypatch, flawed_report(), "--fail-under", least)

    assert (status, given) == (2, {})


def test_json_to_standard_output(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The JSON and nothing else there; the screen and the progress on standard error; no file."""
    status, _ = grade(monkeypatch, good_report(), "--json", "-")
    shown = capsys.readouterr()

    assert status == 0
    assert json.loads(shown.out)["score"]["points"] == 15
    assert "15 / 15 points" in shown.err
    assert not (course / "hw1/report.json").exists()


def test_json_to_a_file(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where --json says, and only there."""
    grade(monkeypatch, good_report(), "--json", "out.json")

    assert (course / "out.json").is_file()
    assert not (course / "hw1/report.json").exists()


def test_json_to_nowhere(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that can't be written is a wrong argument."""
    assert grade(monkeypatch, good_report(), "--json", "no/such/folder/out.json")[0] == 2
    assert "error: the report can't be written to 'no/such/folder/out.json'" in capsys.readouterr().err


def test_our_fault(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """3, and a report that says so, even under --fail-under."""
    assert grade(monkeypatch, unfinished_report(OUR_FAULT), "--fail-under", "1")[0] == 3
    assert "Not graded: our fault" in capsys.readouterr().out
    assert json.loads((course / "hw1/report.json").read_text())["score"]["points"] is None


def test_weights_that_arent_there(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What we must provide and don't have: 3, the message, nothing written."""
    error = ProvisionError("hw1 needs ResNet-18's weights (45 MB), and they aren't on this machine", details=("Get …",))

    assert grade(monkeypatch, error)[0] == 3
    assert capsys.readouterr().err.endswith("aren't on this machine\n  Get …\n")
    assert not (course / "hw1/report.json").exists()


def test_interrupted(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """130, and nothing was handed in."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()

    assert grade(monkeypatch, KeyboardInterrupt())[0] == 130
    assert capsys.readouterr().err.endswith("interrupted: nothing was graded, nothing was handed in\n")
    assert list((course / "inbox").iterdir()) == []


def test_plain(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--plain is ASCII on both streams."""
    grade(monkeypatch, flawed_report(), "--plain")
    shown = capsys.readouterr()

    assert (shown.out + shown.err).isascii()


def test_a_refused_submission(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Graded: 0 points with the reason, status 0, and nothing is handed in."""

    def refuse(path: object, files: object, handout: object) -> None:
        raise SubmissionError("'../hw1.py' leads out of the archive", code="outside")

    def refuse_submission(assignment: object, error: SubmissionError, **more: object) -> Report:
        return unfinished_report(FaultInfo(whose=Whose.STUDENT, code=error.code, message=error.message))

    monkeypatch.setattr("grader.ingest.read_submission", refuse, raising=False)
    monkeypatch.setattr("grader.pipeline.refuse_submission", refuse_submission)
    grade(monkeypatch, good_report())
    shown = capsys.readouterr().out

    assert "refused: '../hw1.py' leads out of the archive" in shown
    assert "Nothing was handed in: the submission was refused." in shown


def test_handing_in(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the course has an inbox, an archive is there, and a receipt that is verified; the next is attempt 2."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    status, given = grade(monkeypatch, good_report(), "--student", "s1042")
    shown = capsys.readouterr().out
    receipt = course / "hw1/receipt-hw1-1.json"
    with pytest.raises(SystemExit) as verified:
        app(["receipt", str(receipt)])

    assert (status, given["attempt"], given["student"].id) == (0, 1, "s1042")
    assert "Handed in: hw1, attempt 1, s1042" in shown
    assert "Nothing was handed in" not in shown
    assert read_receipt(receipt).attempt == 1
    assert not verified.value.code
    assert "Confirmed: the inbox has this very archive." in capsys.readouterr().out
    assert grade(monkeypatch, good_report(), "--student", "s1042")[1]["attempt"] == 2


def test_not_handing_in(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--no-hand-in leaves the inbox alone and says so."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    grade(monkeypatch, good_report(), "--no-hand-in")

    assert list((course / "inbox").iterdir()) == []
    assert "Nothing was handed in" in capsys.readouterr().out


def test_an_inbox_that_is_gone(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The score is shown, that nothing was handed in too, and the status says it."""
    (course / "course.toml").write_text('inbox = "not/mounted"\n', "utf-8")
    status, _ = grade(monkeypatch, good_report(), "--student", "s1042")
    shown = capsys.readouterr()

    assert status == 3
    assert "15 / 15 points" in shown.out
    assert "NOTHING WAS HANDED IN." in shown.out
    assert "there is no inbox" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["submit", "nothing"], "no file or folder 'nothing'"),
        (["submit", "hw1", "--assignment", "hw9"], "no assignment 'hw9'"),
        (["recheck", "nothing"], "no run 'nothing'"),
        (["receipt", "nothing.json"], "'nothing.json' can't be read"),
        (["check", "hw9"], "no assignment 'hw9'"),
    ],
)
def test_usage(course: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    """Wrong arguments end with 2 and say what is wrong."""
    with pytest.raises(SystemExit) as caught:
        app(arguments)

    assert caught.value.code == 2
    assert f"error: {message}" in capsys.readouterr().err


def test_an_unsound_assignment(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2 and every fault, before anybody is run."""
    (course / "assignments/hw1/assignment.toml").write_text(ASSIGNMENT.replace("points = 2", "pints = 2"), "utf-8")
    with pytest.raises(SystemExit) as caught:
        app(["submit", "hw1"])

    assert caught.value.code == 2
    assert re.search(r"error: .*assignment.toml has .*\n  .*pints", capsys.readouterr().err)


@pytest.mark.parametrize("name", ["assignment", "course", "report"])
def test_schemas(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON Schema on standard output, and nothing else."""
    with pytest.raises(SystemExit):
        app(["schema", name])

    assert json.loads(capsys.readouterr().out)["$schema"].endswith("2020-12/schema")


def test_a_receipt_that_was_changed(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An archive that is gone isn't confirmed, and that is status 1."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    grade(monkeypatch, good_report(), "--student", "s1042")
    next((course / "inbox").rglob("*.zip")).unlink()
    with pytest.raises(SystemExit) as caught:
        app(["receipt", "hw1/receipt-hw1-1.json"])

    assert caught.value.code == 1
    assert "NOT CONFIRMED" in capsys.readouterr().out


def test_hostile_names_reach_no_terminal(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name of what was handed in is a student's too."""
    hostile = replace(SUBMISSION, source="hw1/\x1b]52;c;x\x07\x1b[2J[bold]x")
    monkeypatch.setattr("grader.ingest.read_submission", lambda path, files, handout: hostile, raising=False)
    grade(monkeypatch, good_report())
    shown = capsys.readouterr().out

    assert "\x1b" not in shown
    assert "Hand in hw1/[bold]x where" in shown


def test_what_we_cant_grade_is_handed_in(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That we failed must not make a student late: the archive is in the inbox, and the message says so."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    status, _ = grade(monkeypatch, ProvisionError("no weights"), "--student", "s1042")
    shown = capsys.readouterr().err

    assert status == 3
    assert "error: no weights\n  Handed in: hw1, attempt 1, s1042" in shown
    assert len(list((course / "inbox").rglob("*.zip"))) == 1


def test_what_was_handed_in_is_said(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where the report can't be written."""
    (course / "course.toml").write_text('inbox = "inbox"\n', "utf-8")
    (course / "inbox").mkdir()
    status, _ = grade(monkeypatch, good_report(), "--json", "no/such/folder/x.json", "--student", "s1042")
    shown = capsys.readouterr()

    assert status == 2
    assert "Handed in: hw1, attempt 1, s1042" in shown.out
    assert "can't be written to 'no/such/folder/x.json'" in shown.err


def test_another_place_to_hand_in(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where a course has no inbox, it may say where."""
    (course / "course.toml").write_text('hand_in = "Moodle, week 3"\n', "utf-8")
    grade(monkeypatch, good_report())

    assert "Nothing was handed in. Hand in hw1/hw1.py: Moodle, week 3" in capsys.readouterr().out
