"""hw2's own material is consistent: specification, handout, mutants, variants, and the table of mistakes."""

import ast
import json
import re
import runpy
import tomllib
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks.result import Verdict
from grader.ingest import read_submission
from grader.weights import find_checkpoint
from tests.assignments.bench import name_trial
from tests.assignments.course import ROOT, load_course
from tests.assignments.material import (
    count_changed_lines,
    list_changed_functions,
    make_notebook,
    name_arguments,
    read_signatures,
    read_table,
    score_failing,
)

HANDOUT = ROOT / "assignments/hw2/handout"
SOLUTION = ROOT / "reference/hw2/solution/hw2.py"
FUNCTIONS = ("load_network", "predict", "build_classifier", "train_once", "freeze_until", "count_updates")
MOST_CHANGED_LINES = 12

ASSIGNMENT = load_course("hw2")
TRIALS = list_trials(ASSIGNMENT)
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
VARIANTS = [trial for trial in TRIALS if trial.kind is TrialKind.VARIANT]


def test_points() -> None:
    """Six questions, 15 points, as the handout says."""
    points = {question.id: int(question.points) for question in ASSIGNMENT.questions}
    text = (HANDOUT / "hw2.py").read_text("utf-8")

    assert points == {"load": 2, "predict": 2, "build": 3, "train": 3, "freeze_more": 3, "count": 2}
    assert ASSIGNMENT.points == 15
    for question, worth in points.items():
        assert re.search(rf"\| \d `{question}` \| `\w+` \| {worth} \|", text)
        assert f"({worth} points)" in text


def test_weights_are_those_of_mobilenet_v2() -> None:
    """The handout says which pictures' weights are there; those that a mistake loads are there too."""
    files = [find_checkpoint(name).file for name in ASSIGNMENT.weights]

    assert [file.removeprefix("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_") for file in files] == [
        "224.h5",
        "96_no_top.h5",
        "224_no_top.h5",
    ]


def test_nothing_is_timed_and_no_accuracy_is_expected() -> None:
    """The probe asks no clock; the one check of the accuracy doesn't look at the reference's."""
    probe = (ROOT / "assignments/hw2/probe.py").read_text("utf-8")
    of_accuracy = [
        check.use for question in ASSIGNMENT.questions for check in question.checks if check.of == "accuracy"
    ]

    assert "time" not in {
        name.name for node in ast.walk(ast.parse(probe)) if isinstance(node, ast.Import) for name in node.names
    }
    assert of_accuracy == ["python"]


@pytest.mark.parametrize("answer", [0, 1, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 0.20000000298023224, 0.6000000238418579])
def test_an_accuracy_of_five_images_passes(answer: float) -> None:
    """Each of the six, as float32 rounds them: which one it is differs from run to run."""
    assert judge(answer) is Verdict.PASSED


@pytest.mark.parametrize("answer", [0.5, 0.21, 2.31, -0.2, 1.2, 20.0, True, None, "0.2", [0.2], {"$": "nan"}])
def test_what_five_images_can_t_give_fails(answer: object) -> None:
    """Another number, a loss, percent above 100, a list, nothing."""
    assert judge(answer) is Verdict.FAILED


def judge(answer: object) -> Verdict:
    """The verdict of `of_five`, with no reference at all."""
    of_five = runpy.run_path(str(ROOT / "reference/hw2/checks.py"))["of_five"]
    student = SimpleNamespace(records={"accuracy": {"kind": "answers", "value": answer}})
    verdict: Verdict = of_five(student, None, None).verdict
    return verdict


def test_handout_defines_the_functions_with_their_signatures() -> None:
    """The script has the six functions, with the arguments that the probe's signatures name."""
    tree = ast.parse((HANDOUT / "hw2.py").read_text("utf-8"))
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    signatures = read_signatures(ROOT / "assignments/hw2/probe.py")

    assert set(FUNCTIONS) <= defined.keys()
    assert tuple(signatures) == FUNCTIONS
    for function, signature in signatures.items():
        wanted = ast.parse(f"def {signature}: ...").body[0]
        assert isinstance(wanted, ast.FunctionDef)
        assert name_arguments(defined[function]) == name_arguments(wanted)


def test_handout_notebook_is_the_script() -> None:
    """The notebook is valid, has no outputs, and is what `scripts/make_notebook.py` makes of the script."""
    written = (HANDOUT / "hw2.ipynb").read_text("utf-8")
    notebook = json.loads(written)
    nbformat.validate(notebook)

    assert written == make_notebook(HANDOUT / "hw2.py")
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")


def test_handout_notebook_has_the_scripts_code() -> None:
    """Statement for statement, the skipped demonstration apart."""
    submission = read_submission(HANDOUT / "hw2.ipynb", files=("hw2.py",))
    cells = "\n".join(cell.source for cell in submission.programs[0].cells or ())
    script = ast.parse((HANDOUT / "hw2.py").read_text("utf-8"))
    kept = [node for node in script.body if not isinstance(node, ast.If) and getattr(node, "name", None) != "try_it"]

    assert [ast.dump(node) for node in ast.parse(cells).body] == [ast.dump(node) for node in kept]


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_mutant_is_described(trial: Trial) -> None:
    """It says the mistake, the checks that fail, and a hint in a student's words; nothing but these three keys."""
    said: dict[str, Any] = tomllib.loads((trial.folder / "mutant.toml").read_text("utf-8"))

    assert said.keys() == {"mistake", "fails", "hint"}
    assert trial.mistake.endswith(".")
    assert trial.hint
    assert trial.hint[-1] in ".!?"
    assert trial.fails


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_mutant_is_wrong_in_one_thing(trial: Trial) -> None:
    """It differs from the solution in a few lines, and in one function."""
    mutant, solution = (trial.folder / "hw2.py").read_text("utf-8"), SOLUTION.read_text("utf-8")

    assert len(list_changed_functions(mutant, solution)) == 1
    assert count_changed_lines(mutant, solution) <= MOST_CHANGED_LINES


def test_enough_of_each() -> None:
    """Eighteen mutants and six variants at least, a notebook and several files among them; a mutant a question."""
    assert len(MUTANTS) >= 18
    assert len(VARIANTS) >= 6
    assert {fails.split(".")[0] for trial in MUTANTS for fails in trial.fails} == {
        question.id for question in ASSIGNMENT.questions
    }
    assert any(trial.folder.joinpath("hw2.ipynb").exists() for trial in VARIANTS)
    assert any(len(list(trial.folder.iterdir())) > 1 for trial in VARIANTS)


def test_every_check_has_a_mutant() -> None:
    """A check that no mutant fails is one that nobody knows to work."""
    failing = {fails for trial in MUTANTS for fails in trial.fails}
    checks = {f"{question.id}.{check.id}" for question in ASSIGNMENT.questions for check in question.checks}

    assert checks <= failing


def test_table_lists_every_mutant() -> None:
    """Every mutant has a row, and every row a mutant."""
    assert sorted(read_table("hw2")) == sorted(trial.name for trial in MUTANTS)


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_table_says_what_a_mutant_loses(trial: Trial) -> None:
    """The row has the mutant's mistake and checks, and the points that follow from the specification."""
    row = read_table("hw2")[trial.name]

    assert row["mistake"] == trial.mistake
    assert tuple(re.findall(r"`([\w.]+)`", row["fails"])) == trial.fails
    assert Decimal(row["lost"]) == 15 - score_failing(ASSIGNMENT, trial.fails)
