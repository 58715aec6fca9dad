"""`grade submit`, `grade check` and `grade recheck` on a quiz: from a file without a run, from a program with one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.quiz.sitting import COURSE

WRITTEN = (COURSE / "reference/asks/variants/written/answers.toml").read_text("utf-8")
COMPUTED = (COURSE / "reference/asks/solution/answers.py").read_text("utf-8")
DOUBLE = "def double(number):\n    return 2 * number\n"


@dataclass(frozen=True)
class Graded:
    """What a command printed and wrote."""

    screen: str
    report: dict[str, Any]

    @property
    def points(self) -> dict[str, float | None]:
        return {question["id"]: question["points"] for question in self.report["questions"]}

    def question(self, name: str) -> dict[str, Any]:
        """One question."""
        return next(question for question in self.report["questions"] if question["id"] == name)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share, so that each reference runs once."""
    return tmp_path_factory.mktemp("home")


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `grade` as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        env={**os.environ, "GRADER_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def grade(folder: Path, home: Path, slug: str, **files: str) -> Graded:
    """Hand these files in; `_` is the dot of a name."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    out = folder.parent / f"{folder.name}.json"
    done = run(
        home, "submit", str(folder), "--assignment", str(COURSE / "assignments" / slug), "--plain", "--json", str(out)
    )
    assert out.exists(), done.stdout + done.stderr
    return Graded(" ".join(done.stdout.split()), json.loads(out.read_text("utf-8")))


def test_a_file_of_answers(tmp_path: Path, home: Path) -> None:
    """Is marked against what the key computed, and nothing of it ran."""
    graded = grade(tmp_path, home, "asks", answers_toml=WRITTEN)
    run_folder = home / "runs" / graded.report["report_id"]

    assert graded.points == {"colour": 1, "primes": 1, "total": 1, "grid": 1, "pairs": None}
    assert graded.report["environment"]["python"] == ""
    assert [path.name for path in run_folder.iterdir()] == ["run.json"]


def test_a_program_of_answers(tmp_path: Path, home: Path) -> None:
    """Runs, and its variables are marked; so are those of a notebook."""
    cell: dict[str, Any] = {
        "cell_type": "code",
        "source": COMPUTED,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell]}
    (tmp_path / "script").mkdir()
    (tmp_path / "notebook").mkdir()
    for graded in (
        grade(tmp_path / "script", home, "asks", answers_py=COMPUTED),
        grade(tmp_path / "notebook", home, "asks", answers_ipynb=json.dumps(notebook)),
    ):
        assert graded.points == {"colour": 1, "primes": 1, "total": 1, "grid": 1, "pairs": None}
        assert graded.report["environment"]["python"] != ""


def test_a_wrong_type_costs_its_own_question(tmp_path: Path, home: Path) -> None:
    """The others keep their points."""
    graded = grade(tmp_path, home, "asks", answers_toml=WRITTEN.replace("5050", "2026-01-01"))

    assert graded.points == {"colour": 1, "primes": 1, "total": 0, "grid": 1, "pairs": None}
    assert "couldn't be read as an answer (line 3)" in graded.screen


def test_a_file_that_is_no_toml(tmp_path: Path, home: Path) -> None:
    """Costs everything, and each fault is told."""
    graded = grade(tmp_path, home, "asks", answers_toml="colour = blue\ntotal: 5050\n")

    assert set(graded.points.values()) == {0, None}
    assert 'line 1: text stands between quotes; write colour = "blue"' in graded.screen
    assert "line 2: an equals sign is missing; write total = 5050" in graded.screen


def test_a_name_that_is_no_question(tmp_path: Path, home: Path) -> None:
    """Is told with its line, and what was probably meant."""
    graded = grade(tmp_path, home, "asks", answers_toml=WRITTEN.replace("colour", "color"))

    assert graded.points["colour"] == 0
    assert 'answers.toml, line 1: there is no question "color"; is colour meant?' in graded.screen


@pytest.mark.parametrize(
    ("files", "double", "half"),
    [
        ({"mixed_py": DOUBLE, "answers_toml": "half = 4.5\n"}, 2, 1),
        ({"mixed_py": DOUBLE, "answers_py": "half = 9 / 2\n"}, 2, 1),
        ({"mixed_py": DOUBLE}, 2, 0),
        ({"answers_toml": "half = 4.5\n"}, 0, 1),
        ({"answers_py": "half = 9 / 2\n"}, 0, 1),
        ({"mixed_py": "1 / 0\n", "answers_toml": "half = 4.5\n"}, 0, 1),
        ({"mixed_py": DOUBLE, "answers_py": "half = 4.5\n1 / 0\n"}, 2, 0),
        ({"mixed_py": DOUBLE, "answers_toml": "half = = 4.5\n"}, 2, 0),
    ],
)
def test_both_kinds_of_questions(files: dict[str, str], double: int, half: int, tmp_path: Path, home: Path) -> None:
    """In one assignment: what is wrong with one file costs the other's questions nothing."""
    graded = grade(tmp_path, home, "mixed", **files)

    assert graded.points == {"double": double, "half": half}


def test_missing_answers_are_named(tmp_path: Path, home: Path) -> None:
    """Not the program that is there."""
    graded = grade(tmp_path, home, "mixed", mixed_py=DOUBLE)

    assert graded.question("half")["problem"]["message"] == "answers.toml wasn't there, so no question is answered"
    assert graded.question("double")["problem"] is None


@pytest.mark.parametrize("files", [{"answers_toml": WRITTEN}, {"answers_py": COMPUTED}])
def test_marking_again(files: dict[str, str], tmp_path: Path, home: Path) -> None:
    """What was stored gives the same points, without the submission."""
    graded = grade(tmp_path, home, "asks", **files)
    out = tmp_path.parent / "again.json"
    done = run(home, "recheck", graded.report["report_id"], "--json", str(out))

    assert done.returncode == 0, done.stderr
    again = Graded("", json.loads(out.read_text("utf-8")))
    assert again.points == graded.points


def test_the_authors_own_material(home: Path) -> None:
    """`grade check` tries the key, the variant and the mutant."""
    done = run(home, "check", str(COURSE / "assignments/asks"), "--plain")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "caught by colour.answer" in done.stdout
    assert "3 tried, all as they should be" in done.stdout
