import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grader.check_assignment import Trial, TrialKind, TrialResult
from grader.cli import app
from grader.errors import SpecError
from tests.cli.test_submit import ASSIGNMENT


def trial(kind: TrialKind, name: str, *fails: str) -> Trial:
    """What is tried."""
    return Trial(kind=kind, name=name, folder=Path(name), fails=fails, mistake="a mistake" if fails else "")


def result(tried: Trial, points: str, *failed: str, made_now: bool = True) -> TrialResult:
    """What came of it."""
    return TrialResult(
        trial=tried,
        points=Decimal(points),
        max_points=Decimal(2),
        failed=failed,
        missed=tuple(sorted(set(tried.fails) - set(failed))),
        unexpected=tuple(sorted(set(failed) - set(tried.fails))),
        problems=tuple(f"{name}: ValueError nan" for name in failed if "." not in name),
        made_now=made_now,
    )


REFERENCE = trial(TrialKind.REFERENCE, "solution")
VARIANT = trial(TrialKind.VARIANT, "wrapper")
MUTANT = trial(TrialKind.MUTANT, "not_frozen", "load.close")
SOUND = (result(REFERENCE, "2"), result(VARIANT, "2"), result(MUTANT, "0", "load.close", made_now=False))
UNSOUND = (result(REFERENCE, "2"), result(VARIANT, "0", "load"), result(MUTANT, "2"))


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one assignment, in which we stand."""
    folder = tmp_path / "assignments/hw1"
    folder.mkdir(parents=True)
    (folder / "assignment.toml").write_text(ASSIGNMENT, "utf-8")
    (folder / "probe.py").write_text("def load(student, given, record):\n    pass\n", "utf-8")
    (tmp_path / "reference/hw1/mutants/not_frozen").mkdir(parents=True)
    (tmp_path / "reference/hw1/solution").mkdir()
    (tmp_path / "reference/hw1/mutants/not_frozen/mutant.toml").write_text(
        'mistake = "It is not frozen."\nfails = ["load.close"]\n', "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def check(monkeypatch: pytest.MonkeyPatch, results: tuple[TrialResult, ...], *arguments: str) -> tuple[int, list[Any]]:
    """Run `grade check hw1` where the trials come out like this: the exit status, and what was asked for."""
    asked: list[Any] = []

    def check_assignment(
        assignment: object, *, workshop: object, question: object, on_result: Callable[[TrialResult], None]
    ) -> list[TrialResult]:
        asked.append(question)
        for one in results:
            on_result(one)
        return list(results)

    monkeypatch.setattr("grader.check_assignment.check_assignment", check_assignment)
    with pytest.raises(SystemExit) as caught:
        app(["check", "hw1", "--sandbox", "process", *arguments])
    return int(caught.value.code or 0), asked


def test_all_is_as_it_should_be(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each trial, what caught the mutants, and a sum."""
    status, _ = check(monkeypatch, SOUND)
    shown = capsys.readouterr().out

    assert status == 0
    assert " ✓ reference  solution                earns everything                   2 / 2" in shown
    assert " ✓ mutant     not_frozen              caught by load.close               0 / 2" in shown
    assert "3 tried, all as they should be" in shown
    assert "1 unchanged, from the last time" in shown


def test_what_is_not(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A variant that loses points and a mutant that nothing catches are named, with the reason: status 2."""
    status, _ = check(monkeypatch, UNSOUND, "--plain")
    shown = capsys.readouterr().out

    assert status == 2
    assert " FAIL variant    wrapper                 loses points" in shown
    assert "failed, and should not have: load\n   load: ValueError nan" in shown
    assert "should have failed, but didn't: load.close" in shown
    assert "3 tried, not as it should be: wrapper, not_frozen" in shown
    assert shown.isascii()


def test_as_json(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The results and nothing else on standard output; the screen on standard error."""
    check(monkeypatch, UNSOUND, "--json", "-")
    shown = capsys.readouterr()
    said = json.loads(shown.out)

    assert (said["assignment"], said["sound"], len(said["trials"])) == ("hw1", False, 3)
    assert said["trials"][2]["missed"] == ["load.close"]
    assert "3 tried" in shown.err


def test_one_question(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """--question asks for that question alone."""
    assert check(monkeypatch, SOUND, "--question", "load")[1] == ["load"]


def test_watching(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At each save it tries again; a half-written save is told and waited out."""

    def saves(*folders: Path) -> Iterator[object]:
        assert folders == (course / "assignments/hw1", course / "reference/hw1")
        specification = course / "assignments/hw1/assignment.toml"
        specification.write_text("title = ", "utf-8")
        yield {}
        specification.write_text(ASSIGNMENT, "utf-8")
        yield {}
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", lambda *folders, raise_interrupt: saves(*folders))
    status, asked = check(monkeypatch, SOUND, "--watch")
    shown = capsys.readouterr()

    assert status == 130
    assert len(asked) == 2
    assert shown.out.count("3 tried") == 2
    assert "error: " in shown.err


def test_a_broken_reference(course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the reference did wrong is told, with status 2."""

    def check_assignment(*values: object, **more: object) -> None:
        raise SpecError("the reference solution of 'hw1' didn't finish")

    monkeypatch.setattr("grader.check_assignment.check_assignment", check_assignment)
    with pytest.raises(SystemExit) as caught:
        app(["check", "hw1", "--sandbox", "process"])

    assert caught.value.code == 2
    assert "didn't finish" in capsys.readouterr().err
