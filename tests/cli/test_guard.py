import typing
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from grader.cli.guard import guarded
from grader.cli.settings import read_secret, read_settings
from grader.cli.status import ExitStatus
from grader.errors import (
    EvidenceError,
    Fault,
    GraderError,
    ProvisionError,
    SandboxError,
    SpecError,
    SubmissionError,
    UsageError,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the grader's own for each test."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ended(command: Callable[[], ExitStatus | None]) -> int:
    """The exit status of a command."""
    with pytest.raises(typer.Exit) as caught:
        guarded(command)()
    return caught.value.exit_code


def raising(error: BaseException) -> Callable[[], ExitStatus | None]:
    """A command that raises."""

    def command() -> typing.NoReturn:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError("x"), 2),
        (SpecError("x"), 2),
        (SubmissionError("x", code="y"), 2),
        (EvidenceError("x", code="y"), 2),
        (ProvisionError("x"), 3),
        (SandboxError("x"), 3),
        (ValueError("x"), 3),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_has_its_status(error: BaseException, status: int) -> None:
    """Whose fault it is decides."""
    assert ended(raising(error)) == status


def test_a_command_ends_as_it_says() -> None:
    """No status is done."""
    assert ended(lambda: None) == 0
    assert ended(lambda: ExitStatus.BELOW) == 1


def test_an_error_is_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    """Message, indented details, command: on standard error, and no traceback."""
    error = SpecError("hw1 has 2 faults", faults=(Fault("a.b", "is wrong", "c is right"), Fault("d", "too")))
    assert ended(raising(error)) == 2
    shown = capsys.readouterr()

    assert shown.out == ""
    assert shown.err == "error: hw1 has 2 faults\n  a.b: is wrong (c is right)\n  d: too\n"
    assert ended(raising(ProvisionError("no weights", details=("one\ntwo",), command="grade weights fetch"))) == 3
    assert capsys.readouterr().err == "error: no weights\n  one\n  two\n  Run:  grade weights fetch\n"


def test_messages_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    """A file's name in a message may be a student's."""
    ended(raising(GraderError("no file '\x1b]8;;evil\x07x\x1b[2J\u202e'")))

    assert capsys.readouterr().err == "error: no file 'x<U+202E>'\n"


def test_a_fault_of_ours_is_logged(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything unexpected is a short message and a file with the traceback, and nobody's zero."""
    assert ended(raising(RuntimeError("the moon"))) == 3
    shown = capsys.readouterr().err
    logs = list((home / "logs").iterdir())

    assert "error: a fault of the grader itself: RuntimeError: the moon" in shown
    assert "Traceback" not in shown
    assert str(logs[0]) in shown
    assert "RuntimeError: the moon" in logs[0].read_text("utf-8")


def test_the_secret_is_made_once(home: Path) -> None:
    """The same bytes each time, readable by the owner alone."""
    secret = read_secret(home)

    assert len(secret) == 32
    assert read_secret(home) == secret
    assert (home / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in home.iterdir()] == ["secret"]


def test_a_damaged_secret_is_refused(home: Path) -> None:
    """A short secret would name draws that anybody can work out."""
    home.mkdir()
    (home / "secret").write_bytes(b"short")

    with pytest.raises(ProvisionError, match="is damaged: 5 bytes"):
        read_secret(home)


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    """And from nothing else."""
    settings = read_settings({"GRADER_HOME": str(tmp_path), "GRADER_PYTHON_TORCH": "/x/python", "GRADER_STUDENT": "s1"})

    assert settings.home == tmp_path
    assert settings.interpreters == {"torch": Path("/x/python")}
    assert settings.student == "s1"
    assert read_settings({}).home.name == "grader"
