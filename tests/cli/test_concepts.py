"""`grade concepts`: numbers of both halves, single answers of the working half alone."""

from pathlib import Path

import pytest

from grader.cli import app
from tests.checks.concepts.building import QUESTION, RULES

SAMPLES = """
[[samples]]
question = "why"
text = "It needs fewer images than {} do."
concepts = ["data"]
[[samples]]
question = "why"
text = "{} get by with next to no data, and need fewer epochs."
concepts = ["data", "sooner"]
"""


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one assignment, in which we stand."""
    folder, private = tmp_path / "assignments/explain9", tmp_path / "reference/explain9"
    folder.mkdir(parents=True)
    (private / "solution").mkdir(parents=True)
    (folder / "assignment.toml").write_text(QUESTION, "utf-8")
    (private / "concepts.toml").write_text(RULES, "utf-8")
    (private / "samples.toml").write_text(SAMPLES.format("cats", "Cats"), "utf-8")
    (private / "held_out.toml").write_text(SAMPLES.format("dogs", "Dogs"), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def run(*arguments: str) -> int:
    """Run the command: its exit status."""
    with pytest.raises(SystemExit) as caught:
        app(["concepts", "explain9", *arguments])
    return int(caught.value.code or 0)


def test_both_halves(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the rules misjudge is shown of the half to write rules with, and of the other only its numbers."""
    status = run("--plain")
    shown = capsys.readouterr().out

    assert status == 0
    assert shown.count("precision 1.00 (.21 to 1.00) recall .50 (.09 to .91)") == 2
    assert "missed data: Cats get by with next to no data" in shown
    assert "Dogs" not in shown


def test_the_table(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the half that is held out."""
    status = run("--markdown")
    shown = capsys.readouterr().out

    assert status == 0
    assert "| `why` | `data` | 1 | 1 | 0 | 1.00 (.21 to 1.00) | .50 (.09 to .91) | 0 |" in shown
    assert "Cats" not in shown


def test_an_answer_of_ones_own(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is found in it and what is in doubt."""
    status = run("--try", "It does not learn faster, but it needs fewer images.", "--plain")
    shown = " ".join(capsys.readouterr().out.split())

    assert status == 0
    assert "found data fewer images" in shown
    assert "contradicted sooner not learn faster" in shown
    assert "a person looks: contradiction: learns sooner: not learn faster" in shown


def test_no_such_question(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ones that there are are named."""
    assert run("--question", "what") == 2
    assert "It has why." in capsys.readouterr().err


def test_no_concepts(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where they would stand is told."""
    (course / "reference/explain9/concepts.toml").unlink()

    assert run() == 2
    assert "concepts.toml" in capsys.readouterr().err
