"""`grade import`, then `grade check` and `grade submit` in a real sandbox: the imported tests say what they said."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from grader.collect import Workshop
from grader.ingest import read_submission
from grader.pipeline import grade_submission
from grader.report.model import Audience, Report
from grader.sandbox import BubblewrapSandbox
from grader.sandbox.interpreters import find_interpreter
from grader.spec import load_assignment
from grader.weights import Vault
from tests.importing.notebooks import NBGRADER, OTTER, write


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


def grade(folder: Path, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        cwd=folder,
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


def mark(folder: Path, home: Path, slug: str, *changes: tuple[str, str]) -> Report:
    """The instructor's report of the solution with something changed."""
    assignment = load_assignment(folder / "assignments" / slug, reference=folder / "reference" / slug)
    work = folder / f"{slug}.changed.ipynb"
    text = (folder / "reference" / slug / "solution" / f"{slug}.ipynb").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    work.write_text(text, "utf-8")
    submission = read_submission(work, files=assignment.files, name=f"{slug}.ipynb")
    workshop = Workshop(
        sandbox=BubblewrapSandbox(),
        find_interpreter=find_interpreter,
        vault=Vault(home),
        home=home,
        secret=b"s" * 32,
    )
    return grade_submission(assignment, submission, workshop=workshop, audience=Audience.INSTRUCTOR).report


def points(report: Report) -> dict[str, Decimal | None]:
    """What each question earned."""
    return {question.id: question.points for question in report.questions}


def verdicts(report: Report, question: str) -> list[str]:
    """What the checks of a question said."""
    return [check.verdict.value for part in report.questions if part.id == question for check in part.checks]


def test_an_nbgrader_assignment_is_graded(tmp_path: Path, home: Path) -> None:
    """The solution earns what a program can give, a mistake costs its own tests; a person's part waits."""
    imported = grade(tmp_path, home, "import", str(write(tmp_path / "cubes.ipynb", NBGRADER)))
    checked = grade(tmp_path, home, "check", "cubes", "--sandbox", "bubblewrap")
    right = mark(tmp_path, home, "cubes")
    wrong = mark(tmp_path, home, "cubes", ("n ** 3", "n ** 3 if n < 5 else 0"))
    alone = mark(tmp_path, home, "cubes", ("sum(cube(i) for i in range(n + 1))", "(n * (n + 1) // 2) ** 2"))

    assert imported.returncode == 0, imported.stderr
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert points(right) == {"cube_values": 2, "cube_auto": 1.5, "uses_cube": 1, "why": None}
    assert verdicts(wrong, "cube_values") == ["passed", "failed"]
    assert points(wrong)["cube_auto"] == 1.5
    assert points(alone)["uses_cube"] == 0
    assert "4.5 of the points rest on tests" in " ".join(note.message for note in right.notes)


def test_an_otter_assignment_is_graded(tmp_path: Path, home: Path) -> None:
    """Each test has its points; what an expression shows is compared outside; the author's words are said."""
    imported = grade(tmp_path, home, "import", str(write(tmp_path / "areas.ipynb", OTTER)))
    right = mark(tmp_path, home, "areas")
    wrong = mark(tmp_path, home, "areas", ("math.pi * r ** 2", "math.pi * r"))
    first = wrong.questions[0].checks[0]

    assert imported.returncode == 0, imported.stderr
    assert "sizes.csv" in imported.stdout
    assert points(right) == {"q1": 3, "q2": None}
    assert points(wrong)["q1"] == 1
    assert verdicts(wrong, "q1") == ["failed", "failed", "passed"]
    assert first.message == 'the test showed "6.283"; "12.566" expected'
    assert first.help == "Look at the radius."


def test_the_page_for_the_author(tmp_path: Path, home: Path) -> None:
    """It says of each test what would make it a fact; a second import writes over nothing."""
    notebook = str(write(tmp_path / "cubes.ipynb", NBGRADER))
    assert grade(tmp_path, home, "import", notebook).returncode == 0
    page = (tmp_path / "reference/cubes/IMPORTED.md").read_text("utf-8")
    again = grade(tmp_path, home, "import", notebook)
    renamed = grade(tmp_path, home, "import", notebook, "--as", "cubes2")
    odd = grade(tmp_path, home, "import", notebook, "--as", "a b")

    assert "## cube_values (2)" in page
    assert "given.integer" in page
    assert "A person marks it" in page
    assert again.returncode == 2
    assert "is there already" in again.stderr
    assert renamed.returncode == 0
    assert odd.returncode == 2
