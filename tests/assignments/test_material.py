"""The material of hw3 and hw4 is consistent: specification, handout, mutants, variants, and the tables of mistakes."""

import ast
import json
import re
import runpy
import tomllib
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, QuestionEvidence
from grader.ingest import read_submission
from grader.score import score_question, score_submission
from grader.spec import Assignment
from tests.assignments.course import ROOT
from tests.assignments.workbench import list_changed, load

ASSIGNMENTS = {slug: load(slug) for slug in ("hw3", "hw4")}
TRIALS = [(slug, trial) for slug, assignment in ASSIGNMENTS.items() for trial in list_trials(assignment)]
MUTANTS = [(slug, trial) for slug, trial in TRIALS if trial.kind is TrialKind.MUTANT]
LEAST_MUTANTS = {"hw3": 14, "hw4": 18}
LEAST_VARIANTS = {"hw3": 5, "hw4": 6}
HELPERS = {"Cut", "train_until"}  # of a function of the homework: what may differ beside it
ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<mistake>.*) \| (?P<fails>.*) \| (?P<lost>[\d.]+) \|")

each_assignment = pytest.mark.parametrize("slug", ASSIGNMENTS)
each_mutant = pytest.mark.parametrize(
    ("slug", "trial"), MUTANTS, ids=[f"{slug}-{trial.name}" for slug, trial in MUTANTS]
)


def read_handout(slug: str) -> str:
    """The handout's script."""
    return (ROOT / f"assignments/{slug}/handout/{slug}.py").read_text("utf-8")


@each_assignment
def test_points_and_functions_of_the_handout(slug: str) -> None:
    """Fifteen points; the handout's table and headings say of each question what the specification says."""
    text = read_handout(slug)
    questions = ASSIGNMENTS[slug].questions

    assert ASSIGNMENTS[slug].points == 15
    assert len(re.findall(r"^# \| \d `\w+` \|", text, re.MULTILINE)) == len(questions)
    for number, question in enumerate(questions, 1):
        worth = f"{question.points} point{'s' if question.points != 1 else ''}"
        assert re.search(rf"\| {number} `{question.id}` \| .+ \| {question.points} \|", text)
        assert re.search(rf"## Question {number}: .+ \({worth}\)", text)


@each_assignment
def test_targets_of_the_handout(slug: str) -> None:
    """Each accuracy that is asked for stands in the handout as a percentage."""
    checks = [check for question in ASSIGNMENTS[slug].questions for check in question.checks]
    wanted = [check.parameters["accuracy"] for check in checks if "accuracy" in check.parameters]

    assert all(f"**{float(accuracy):.0%}**".replace("%", " %") in read_handout(slug) for accuracy in wanted)


@each_assignment
def test_handout_has_the_functions_with_the_signatures_of_the_probe(slug: str) -> None:
    """Names and arguments are those with which the probe calls."""
    defined = {
        node.name: find_function(node)
        for node in ast.parse(read_handout(slug)).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    signatures = read_constant(ROOT / f"assignments/{slug}/probe.py", "SIGNATURES")

    for name, signature in signatures.items():
        wanted = ast.parse(f"def {signature}: ...").body[0]
        assert isinstance(wanted, ast.FunctionDef)
        assert name_arguments(defined[name]) == name_arguments(wanted)


def find_function(node: ast.FunctionDef | ast.ClassDef) -> ast.FunctionDef:
    """A function, or of a class the one that makes an object."""
    if isinstance(node, ast.FunctionDef):
        return node
    return next(part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")


def name_arguments(function: ast.FunctionDef) -> list[str]:
    """The names of a function's arguments."""
    return [argument.arg for argument in function.args.args if argument.arg != "self"]


def read_constant(path: Path, name: str) -> dict[str, str]:
    """A constant of a script."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value: dict[str, str] = ast.literal_eval(node.value)
            return value
    raise KeyError(name)


@each_assignment
def test_handout_notebook_is_the_script(slug: str) -> None:
    """The notebook is valid, has no outputs, and is what `scripts/make_notebook.py` makes of the script."""
    make_notebook = runpy.run_path(str(ROOT / "scripts/make_notebook.py"))["make_notebook"]
    written = (ROOT / f"assignments/{slug}/handout/{slug}.ipynb").read_text("utf-8")
    notebook = json.loads(written)
    nbformat.validate(notebook)

    assert written == make_notebook(read_handout(slug))
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")


@each_assignment
def test_enough_of_each(slug: str) -> None:
    """Mutants, variants, a notebook among these, and a submission of several files."""
    trials = [trial for one, trial in TRIALS if one == slug]
    variants = [trial for trial in trials if trial.kind is TrialKind.VARIANT]

    assert sum(trial.kind is TrialKind.MUTANT for trial in trials) >= LEAST_MUTANTS[slug]
    assert len(variants) >= LEAST_VARIANTS[slug]
    assert any((trial.folder / f"{slug}.ipynb").exists() for trial in variants)
    assert any(len(list(trial.folder.glob("*.py"))) > 1 for trial in variants)


@each_assignment
def test_every_check_has_a_mutant(slug: str) -> None:
    """A check that no mutant fails is one that nobody knows to work."""
    failing = {fails for one, trial in MUTANTS if one == slug for fails in trial.fails}
    checks = {f"{question.id}.{check.id}" for question in ASSIGNMENTS[slug].questions for check in question.checks}

    assert checks - failing == set()


@each_mutant
def test_mutant_is_described(slug: str, trial: Trial) -> None:
    """It says the mistake, what fails, and a hint in a student's words, and nothing else."""
    said = tomllib.loads((trial.folder / "mutant.toml").read_text("utf-8"))

    assert said.keys() == {"mistake", "fails", "hint"}
    assert trial.mistake.endswith(".")
    assert trial.hint
    assert trial.hint[-1] in ".!?"
    assert trial.fails


@each_mutant
def test_mutant_is_wrong_in_one_question(slug: str, trial: Trial) -> None:
    """What differs from the solution belongs to one question, and is a few lines."""
    changed = list_changed(trial.folder / f"{slug}.py", ROOT / f"reference/{slug}/solution/{slug}.py")

    assert changed
    assert len({fails.split(".")[0] for fails in trial.fails}) == 1
    assert len(changed - HELPERS) <= 2


def read_table(slug: str) -> dict[str, re.Match[str]]:
    """The rows of a table of mistakes."""
    lines = (ROOT / f"docs/{slug}-mistakes.md").read_text("utf-8").splitlines()
    return {row["name"]: row for row in map(ROW.fullmatch, lines) if row}


@each_assignment
def test_table_lists_every_mutant(slug: str) -> None:
    """Every mutant has a row, and every row a mutant."""
    assert sorted(read_table(slug)) == sorted(trial.name for one, trial in MUTANTS if one == slug)


@each_mutant
def test_table_says_what_a_mutant_loses(slug: str, trial: Trial) -> None:
    """The row has the mutant's mistake and checks, and the points that follow from the specification."""
    row = read_table(slug)[trial.name]

    assert row["mistake"] == trial.mistake
    assert tuple(re.findall(r"`([\w.]+)`", row["fails"])) == trial.fails
    assert Decimal(row["lost"]) == 15 - score_failing(ASSIGNMENTS[slug], trial.fails)


def score_failing(assignment: Assignment, fails: tuple[str, ...]) -> Decimal:
    """The points where just these checks fail, those that need them are skipped, and all others pass."""
    scores = []
    for question in assignment.questions:
        results: dict[str, CheckResult] = {}
        for check in question.checks:
            skipped = any(results[needed].verdict is not Verdict.PASSED for needed in check.needs)
            failed = question.id in fails or f"{question.id}.{check.id}" in fails
            verdict = Verdict.FAILED if failed else Verdict.SKIPPED if skipped else Verdict.PASSED
            results[check.id] = CheckResult(verdict=verdict)
        scores.append(score_question(question, QuestionEvidence(id=question.id, exit=Exit.FINISHED), results))
    points = score_submission(assignment, tuple(scores)).points
    assert points is not None
    return points


FORMS = [(slug, f"{slug}.{ending}") for slug in ASSIGNMENTS for ending in ("py", "ipynb")]


@pytest.mark.parametrize(("slug", "form"), FORMS)
def test_handout_can_be_handed_in(slug: str, form: str) -> None:
    """As it is, in either form."""
    submission = read_submission(ROOT / f"assignments/{slug}/handout" / form, files=ASSIGNMENTS[slug].files)

    assert not submission.missing
