import json
from pathlib import Path

import pytest

from grader.cli import app
from grader.sandbox.doctor import Finding, Standing, examine

GOOD = Finding(name="python", standing=Standing.PASS, text="Python 3.12.8")
CAUTION = Finding(name="sandbox", standing=Standing.CAUTION, text="no bubblewrap", command="apt-get install x")
BAD = Finding(name="disk", standing=Standing.FAIL, text="0.1 GiB free")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the grader's own, and a folder without any course."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def run(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as caught:
        app(list(arguments))
    return int(caught.value.code or 0)


@pytest.mark.parametrize(("findings", "status"), [((GOOD,), 0), ((GOOD, CAUTION), 0), ((GOOD, CAUTION, BAD), 3)])
def test_the_doctor(
    findings: tuple[Finding, ...], status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a prerequisite with the command below; 3 only where nothing can be graded."""
    monkeypatch.setattr("grader.sandbox.doctor.examine", lambda **settings: findings)

    assert run("doctor") == status
    shown = capsys.readouterr().out
    assert " PASS     python           Python 3.12.8\n" in shown
    assert (BAD in findings) == ("1 to mend before anything can be graded here." in shown)
    assert (CAUTION in findings) == ("\n                           apt-get install x\n" in shown)


def test_the_doctor_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The findings for other programs."""
    monkeypatch.setattr("grader.sandbox.doctor.examine", lambda **settings: (GOOD, CAUTION))
    run("doctor", "--json", "-")
    said = json.loads(capsys.readouterr().out)

    assert said["findings"][1] == {
        "name": "sandbox",
        "standing": "caution",
        "text": "no bubblewrap",
        "command": "apt-get install x",
    }
    assert [finding["name"] for finding in said["findings"]][-2:] == ["home", "weights"]


def test_the_doctor_takes_what_examine_takes() -> None:
    """The real examination can be called as the command calls it."""
    assert examine(interpreters={}, home=Path("nowhere"), frameworks=(), prove=False)


def test_a_home_that_cant_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in its place: nothing can be graded, and the doctor says why."""
    home.write_text("in the way")
    monkeypatch.setattr("grader.sandbox.doctor.examine", lambda **settings: (GOOD,))

    assert run("doctor") == 3
    assert " FAIL     home" in capsys.readouterr().out


def test_the_status_of_weights(capsys: pytest.CaptureFixture[str]) -> None:
    """Every known checkpoint with licence and source, here or not."""
    assert run("weights", "status") == 0
    shown = capsys.readouterr().out

    assert " not here  torchvision/resnet18/IMAGENET1K_V1" in shown
    assert "ResNet-18, BSD-3-Clause, from download.pytorch.org" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch"], "no weights to get"),
        (["standin"], "no weights to get"),
        (["fetch", "hw9"], "no assignment 'hw9'"),
        (
            ["fetch", "torchvision/resnet18/IMAGENET1K_V1", "torchvision/resnet50/IMAGENET1K_V2", "--file", "x.pth"],
            "--file holds one checkpoint; 2 were named",
        ),
    ],
)
def test_weights_that_arent_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong argument, and what would be right."""
    assert run("weights", *arguments) == 2
    assert message in capsys.readouterr().err
