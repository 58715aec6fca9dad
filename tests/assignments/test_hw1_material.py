"""hw1's own material is consistent: specification, handout, mutants, variants, and the table of mistakes."""

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.ingest import read_submission
from tests.assignments.bench import name_trial
from tests.assignments.course import HW1, ROOT, load_hw1
from tests.assignments.material import (
    count_changed_lines,
    list_changed,
    read_definitions,
    read_signatures,
)

HANDOUT = ROOT / "assignments/hw1/handout"
SOLUTION = HW1 / "solution/hw1.py"
FUNCTIONS = ("load_backbone", "build_classifier", "count_trainable", "make_optimizer", "fine_tune", "diagnose")
MOST_CHANGED_LINES = 12

ASSIGNMENT = load_hw1()
TRIALS = list_trials(ASSIGNMENT)
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
VARIANTS = [trial for trial in TRIALS if trial.kind is TrialKind.VARIANT]


def test_points() -> None:
    """Six questions, 15 points, as the handout says."""
    points = {question.id: int(question.points) for question in ASSIGNMENT.questions}
    text = (HANDOUT / "hw1.py").read_text("utf-8")

    assert points == {"load": 2, "head": 3, "count": 2, "optimizer": 2, "fine_tune": 4, "diagnose": 2}
    assert ASSIGNMENT.points == 15
    for question, worth in points.items():
        assert re.search(rf"\| \d `{question}` \| `\w+` \| {worth} \|", text)
        assert f"({worth} points)" in text


def test_targets_of_the_handout() -> None:
    """The numbers that the handout promises are those that are asked."""
    text = (HANDOUT / "hw1.py").read_text("utf-8")
    learned = find_check("fine_tune", "learned")
    diagnosed = find_check("diagnose", "cases")

    assert f"**{learned.parameters['accuracy'] * 100:.0f} %**" in text
    assert learned.points == 2
    assert float(diagnosed.parameters["at_least"]) == 0.95
    assert "36 hidden histories" in text
    assert "At least 35" in text


def find_check(question: str, check: str) -> Any:
    """One line of the specification."""
    checks = next(asked.checks for asked in ASSIGNMENT.questions if asked.id == question)
    return next(found for found in checks if found.id == check)


def test_the_probe_names_the_functions() -> None:
    """Six, in the order of the questions."""
    assert tuple(read_signatures(ROOT / "assignments/hw1/probe.py")) == FUNCTIONS


def test_handout_notebook_has_the_scripts_code() -> None:
    """Statement for statement, the skipped demonstration apart."""
    submission = read_submission(HANDOUT / "hw1.ipynb", files=("hw1.py",))
    cells = "\n".join(cell.source for cell in submission.programs[0].cells or ())
    script = ast.parse((HANDOUT / "hw1.py").read_text("utf-8"))
    demonstration = ("make_stripes", "try_it")
    kept = [
        node
        for node in script.body
        if not isinstance(node, ast.If) and getattr(node, "name", None) not in demonstration
    ]

    assert [ast.dump(node) for node in ast.parse(cells).body] == [ast.dump(node) for node in kept]


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_mutant_is_wrong_in_one_thing(trial: Trial) -> None:
    """It differs from the solution in a few lines, and in one function."""
    mutant = trial.folder / "hw1.py"

    assert len(list_changed(mutant, SOLUTION) & read_definitions(SOLUTION.read_text("utf-8")).keys()) == 1
    assert count_changed_lines(mutant, SOLUTION) <= MOST_CHANGED_LINES


def test_enough_of_each() -> None:
    """The homework promises fifteen mutants and ten variants at least, and every question has a mutant."""
    assert len(MUTANTS) >= 15
    assert len(VARIANTS) >= 10
    assert {fails.split(".")[0] for trial in MUTANTS for fails in trial.fails} == {
        question.id for question in ASSIGNMENT.questions
    }
    assert sum(trial.folder.joinpath("hw1.ipynb").exists() for trial in VARIANTS) >= 2
    assert any(len(list(trial.folder.iterdir())) > 1 for trial in VARIANTS)


@pytest.mark.parametrize("folder", sorted((ROOT / "examples").iterdir()), ids=lambda folder: folder.name)
def test_examples_are_submissions(folder: Path) -> None:
    """Each example can be handed in as it is; a notebook is valid."""
    submission = read_submission(folder, files=("hw1.py",))
    for notebook in folder.glob("*.ipynb"):
        nbformat.validate(json.loads(notebook.read_text("utf-8")))

    assert not submission.missing


def test_mutants_are_read_as_toml() -> None:
    """Nothing but the three keys that are used."""
    for trial in MUTANTS:
        said = tomllib.loads((trial.folder / "mutant.toml").read_text("utf-8"))

        assert said.keys() == {"mistake", "fails", "hint"}
