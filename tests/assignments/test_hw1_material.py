"""hw1's own material is consistent: specification, handout, mutants, variants, and the table of mistakes."""

import ast
import difflib
import json
import re
import runpy
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, QuestionEvidence
from grader.ingest import read_submission
from grader.score import score_question, score_submission
from tests.assignments.course import HW1, ROOT, load_hw1

HANDOUT = ROOT / "assignments/hw1/handout"
SOLUTION = HW1 / "solution/hw1.py"
FUNCTIONS = ("load_backbone", "build_classifier", "count_trainable", "make_optimizer", "fine_tune", "diagnose")
MOST_CHANGED_LINES = 12

ASSIGNMENT = load_hw1()
TRIALS = list_trials(ASSIGNMENT)
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
VARIANTS = [trial for trial in TRIALS if trial.kind is TrialKind.VARIANT]


def name(trial: Trial) -> str:
    """A trial as a test's id."""
    return trial.name


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


def test_handout_defines_the_functions_with_their_signatures() -> None:
    """The script has the six functions, with the arguments that the probe's signatures name."""
    tree = ast.parse((HANDOUT / "hw1.py").read_text("utf-8"))
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    probe = ast.parse((ROOT / "assignments/hw1/probe.py").read_text("utf-8"))
    signatures = next(
        ast.literal_eval(node.value)
        for node in probe.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SIGNATURES"
    )

    assert set(FUNCTIONS) <= defined.keys()
    assert tuple(signatures) == FUNCTIONS
    for function, signature in signatures.items():
        wanted = ast.parse(f"def {signature}: ...").body[0]
        assert isinstance(wanted, ast.FunctionDef)
        assert name_arguments(defined[function]) == name_arguments(wanted)


def name_arguments(function: ast.FunctionDef) -> list[str]:
    """The names of a function's arguments, and its defaults."""
    return [argument.arg for argument in function.args.args] + [ast.unparse(value) for value in function.args.defaults]


def test_handout_notebook_is_the_script() -> None:
    """The notebook is valid, has no outputs, and is what `scripts/make_notebook.py` makes of the script."""
    make_notebook = runpy.run_path(str(ROOT / "scripts/make_notebook.py"))["make_notebook"]
    written = (HANDOUT / "hw1.ipynb").read_text("utf-8")
    notebook = json.loads(written)
    nbformat.validate(notebook)

    assert written == make_notebook((HANDOUT / "hw1.py").read_text("utf-8"))
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")


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


@pytest.mark.parametrize("trial", MUTANTS, ids=name)
def test_mutant_is_described(trial: Trial) -> None:
    """It says the mistake, the checks that fail, and a hint in a student's words."""
    assert trial.mistake.endswith(".")
    assert trial.hint
    assert trial.hint[-1] in ".!?"
    assert trial.fails


@pytest.mark.parametrize("trial", MUTANTS, ids=name)
def test_mutant_is_wrong_in_one_thing(trial: Trial) -> None:
    """It differs from the solution in a few lines, and in one function."""
    mutant, solution = (trial.folder / "hw1.py").read_text("utf-8"), SOLUTION.read_text("utf-8")

    assert len(list_changed_functions(mutant, solution)) == 1
    assert count_changed_lines(mutant, solution) <= MOST_CHANGED_LINES


def list_changed_functions(one: str, other: str) -> list[str]:
    """The functions of the homework that aren't the same, docstrings left out."""
    mine, theirs = read_functions(one), read_functions(other)
    return [function for function in FUNCTIONS if mine.get(function) != theirs.get(function)]


def read_functions(source: str) -> dict[str, str]:
    """Each function's body."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            found[node.name] = ast.unparse(ast.Module(body=body, type_ignores=[]))
    return found


def count_changed_lines(one: str, other: str) -> int:
    """Lines that were added, in the bodies of the functions."""
    mine, theirs = ("\n".join(read_functions(source).values()).splitlines() for source in (one, other))
    return sum(line.startswith("+ ") for line in difflib.ndiff(theirs, mine))


def test_enough_of_each() -> None:
    """The homework promises fifteen mutants and ten variants at least, and every question has a mutant."""
    assert len(MUTANTS) >= 15
    assert len(VARIANTS) >= 10
    assert {fails.split(".")[0] for trial in MUTANTS for fails in trial.fails} == {
        question.id for question in ASSIGNMENT.questions
    }
    assert sum(trial.folder.joinpath("hw1.ipynb").exists() for trial in VARIANTS) >= 2
    assert any(len(list(trial.folder.iterdir())) > 1 for trial in VARIANTS)


def test_every_check_has_a_mutant() -> None:
    """A check that no mutant fails is one that nobody knows to work; what fails `load.close` spoils `head` too."""
    failing = {fails for trial in MUTANTS for fails in trial.fails}
    checks = {f"{question.id}.{check.id}" for question in ASSIGNMENT.questions for check in question.checks}

    assert checks - failing == {"load.close"}


ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<mistake>.*) \| (?P<fails>.*) \| (?P<lost>[\d.]+) \|")


def read_table() -> dict[str, re.Match[str]]:
    """The rows of docs/hw1-mistakes.md."""
    lines = (ROOT / "docs/hw1-mistakes.md").read_text("utf-8").splitlines()
    return {row["name"]: row for row in map(ROW.fullmatch, lines) if row}


def test_table_lists_every_mutant() -> None:
    """Every mutant has a row, and every row a mutant."""
    assert sorted(read_table()) == sorted(trial.name for trial in MUTANTS)


@pytest.mark.parametrize("trial", MUTANTS, ids=name)
def test_table_says_what_a_mutant_loses(trial: Trial) -> None:
    """The row has the mutant's mistake and checks, and the points that follow from the specification."""
    row = read_table()[trial.name]

    assert row["mistake"] == trial.mistake
    assert tuple(re.findall(r"`([\w.]+)`", row["fails"])) == trial.fails
    assert Decimal(row["lost"]) == 15 - score_failing(trial.fails)


def score_failing(fails: tuple[str, ...]) -> Decimal:
    """The points where just these checks fail, those that need them are skipped, and all others pass."""
    scores = []
    for question in ASSIGNMENT.questions:
        results: dict[str, CheckResult] = {}
        for check in question.checks:
            skipped = any(results[needed].verdict is not Verdict.PASSED for needed in check.needs)
            failed = question.id in fails or f"{question.id}.{check.id}" in fails
            verdict = Verdict.FAILED if failed else Verdict.SKIPPED if skipped else Verdict.PASSED
            results[check.id] = CheckResult(verdict=verdict)
        scores.append(score_question(question, QuestionEvidence(id=question.id, exit=Exit.FINISHED), results))
    points = score_submission(ASSIGNMENT, tuple(scores)).points
    assert points is not None
    return points


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
