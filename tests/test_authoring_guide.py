"""docs/authoring.md, followed to the letter: every file that it shows is written, every command run, in its order."""

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "authoring.md"
STEP = re.compile(r"(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A file to write, or a command with what it should print."""

    file: str | None
    command: str | None
    text: str


def read_steps() -> list[Step]:
    """The steps of the page."""
    steps = []
    for file, kind, text in STEP.findall(GUIDE.read_text("utf-8")):
        if file:
            steps.append(Step(file=file, command=None, text=text))
        elif kind == "console":
            command, _, expected = text.removeprefix("$ ").partition("\n")
            steps.append(Step(file=None, command=command, text=expected))
    return steps


def run(command: str, folder: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    """A command of the page, `grade` being this checkout's."""
    words = shlex.split(command)
    if words[0] == "grade":
        words[0:1] = [sys.executable, "-m", "grader"]
    return subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The empty folder in which the page begins, and what it has become at its end."""
    folder = tmp_path_factory.mktemp("course")
    home = tmp_path_factory.mktemp("home")
    for step in read_steps():
        if step.file is not None:
            path = folder / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, "utf-8")
            continue
        assert step.command is not None
        ran = run(step.command, folder, home)
        said = ran.stdout + ran.stderr
        assert ran.returncode == 0, f"{step.command}\n{said}"
        for line in step.text.splitlines():
            assert line.strip() in " ".join(said.split()) or line.strip() in said, f"{step.command}: {line}\n{said}"
    return folder


def test_the_page_leads_to_a_sound_assignment(course: Path) -> None:
    """Each of its commands ends well and prints what the page shows; at its end there is a zip for students."""
    assert (course / "assignments/schedule/handout/schedule.py").is_file()
    assert len(list(course.rglob("*.zip"))) == 1


def test_the_page_has_its_steps() -> None:
    """The reader of the page finds them: else nothing would be followed."""
    steps = read_steps()

    assert sum(step.command is not None for step in steps) >= 7
    assert sum(step.file is not None for step in steps) >= 10


def test_the_handout_has_no_solution(course: Path) -> None:
    """What stands between the markers isn't in what students get."""
    handout = (course / "assignments/schedule/handout/schedule.py").read_text("utf-8")

    assert "def confusion(labels, predictions, classes):" in handout
    assert "math.cos" not in handout
