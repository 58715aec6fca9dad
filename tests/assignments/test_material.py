"""The material of each homework is consistent: specification, handout, mutants, variants, and tables of mistakes."""

import ast
import json
import re
import tomllib
from decimal import Decimal

import nbformat
import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.ingest import read_submission
from grader.ingest.cells import make_notebook
from grader.jobs import running_questions
from grader.validate.mutation.accepted import read_accepted
from grader.validate.mutation.make import make_mutants
from grader.validate.mutation.reach import find_entries
from tests.assignments.course import ROOT, load_course
from tests.assignments.material import (
    list_changed,
    name_arguments,
    read_signatures,
    read_table,
    score_failing,
)

ASSIGNMENTS = {slug: load_course(slug) for slug in ("hw1", "hw2", "hw3", "hw4")}
TRIALS = [(slug, trial) for slug, assignment in ASSIGNMENTS.items() for trial in list_trials(assignment)]
MUTANTS = [(slug, trial) for slug, trial in TRIALS if trial.kind is TrialKind.MUTANT]
LEAST_MUTANTS = {"hw1": 15, "hw2": 18, "hw3": 14, "hw4": 18}
LEAST_VARIANTS = {"hw1": 10, "hw2": 6, "hw3": 5, "hw4": 6}
WITHOUT_MUTANT = {"hw1": {"load.close"}}  # what fails it spoils `head` too
HELPERS = {"Cut", "train_until"}  # of a function of the homework: what may differ beside it

each_assignment = pytest.mark.parametrize("slug", ASSIGNMENTS)


def of_mutants(*slugs: str) -> pytest.MarkDecorator:
    """Once for each mutant of these."""
    asked = [(slug, trial) for slug, trial in MUTANTS if slug in slugs]
    return pytest.mark.parametrize(("slug", "trial"), asked, ids=[f"{slug}-{trial.name}" for slug, trial in asked])


each_mutant = of_mutants(*ASSIGNMENTS)


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
    tree = ast.parse(read_handout(slug))
    defined = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    signatures = read_signatures(ROOT / f"assignments/{slug}/probe.py")

    for name, signature in signatures.items():
        wanted = ast.parse(f"def {signature}: ...").body[0]
        assert isinstance(wanted, ast.FunctionDef)
        assert name_arguments(defined[name]) == name_arguments(wanted)


@each_assignment
def test_handout_notebook_is_the_script(slug: str) -> None:
    """The notebook is valid, has no outputs, and is what `scripts/make_notebook.py` makes of the script."""
    script = ROOT / f"assignments/{slug}/handout/{slug}.py"
    written = script.with_suffix(".ipynb").read_bytes()
    notebook = json.loads(written)
    nbformat.validate(notebook)

    assert written == make_notebook(script.read_text("utf-8"))
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

    assert checks - failing == WITHOUT_MUTANT.get(slug, set())


@each_mutant
def test_mutant_is_described(slug: str, trial: Trial) -> None:
    """It says the mistake, what fails, and a hint in a student's words, and nothing else."""
    said = tomllib.loads((trial.folder / "mutant.toml").read_text("utf-8"))

    assert said.keys() == {"mistake", "fails", "hint"}
    assert trial.mistake.endswith(".")
    assert trial.hint
    assert trial.hint[-1] in ".!?"
    assert trial.fails


@of_mutants("hw3", "hw4")
def test_mutant_is_wrong_in_one_question(slug: str, trial: Trial) -> None:
    """What differs from the solution belongs to one question, and is a few lines."""
    changed = list_changed(trial.folder / f"{slug}.py", ROOT / f"reference/{slug}/solution/{slug}.py")

    assert changed
    assert len({fails.split(".")[0] for fails in trial.fails}) == 1
    assert len(changed - HELPERS) <= 2


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


FORMS = [(slug, f"{slug}.{ending}") for slug in ASSIGNMENTS for ending in ("py", "ipynb")]


@pytest.mark.parametrize(("slug", "form"), FORMS)
def test_handout_can_be_handed_in(slug: str, form: str) -> None:
    """As it is, in either form."""
    submission = read_submission(ROOT / f"assignments/{slug}/handout" / form, files=ASSIGNMENTS[slug].files)

    assert not submission.missing


@each_assignment
def test_what_is_accepted_can_be_made(slug: str) -> None:
    """A generated mutant that may survive is one of today's solution: the reason belongs to a line that is there."""
    assignment = ASSIGNMENTS[slug]
    probe = (assignment.folder / "probe.py").read_text("utf-8")
    solution = (ROOT / f"reference/{slug}/solution/{slug}.py").read_text("utf-8")
    entries = find_entries(probe, [question.id for question in running_questions(assignment)])

    assert set(read_accepted(assignment)) <= {mutant.name for mutant in make_mutants(solution, entries)}
