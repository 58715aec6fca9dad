"""hw2's own material is consistent: specification, handout, mutants, variants, and the table of mistakes."""

import ast
import re
import runpy
from types import SimpleNamespace

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks.result import Verdict
from grader.ingest import read_submission
from grader.weights import find_checkpoint
from tests.assignments.bench import name_trial
from tests.assignments.course import ROOT, load_course
from tests.assignments.material import (
    count_changed_lines,
    list_changed,
    read_definitions,
    read_signatures,
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


def test_the_probe_names_the_functions() -> None:
    """Six, in the order of the questions."""
    assert tuple(read_signatures(ROOT / "assignments/hw2/probe.py")) == FUNCTIONS


def test_handout_notebook_has_the_scripts_code() -> None:
    """Statement for statement, the skipped demonstration apart."""
    submission = read_submission(HANDOUT / "hw2.ipynb", files=("hw2.py",))
    cells = "\n".join(cell.source for cell in submission.programs[0].cells or ())
    script = ast.parse((HANDOUT / "hw2.py").read_text("utf-8"))
    kept = [node for node in script.body if not isinstance(node, ast.If) and getattr(node, "name", None) != "try_it"]

    assert [ast.dump(node) for node in ast.parse(cells).body] == [ast.dump(node) for node in kept]


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_mutant_is_wrong_in_one_thing(trial: Trial) -> None:
    """It differs from the solution in a few lines, and in one function."""
    mutant = trial.folder / "hw2.py"

    assert len(list_changed(mutant, SOLUTION) & read_definitions(SOLUTION.read_text("utf-8")).keys()) == 1
    assert count_changed_lines(mutant, SOLUTION) <= MOST_CHANGED_LINES


def test_enough_of_each() -> None:
    """Eighteen mutants and six variants at least, a notebook and several files among them; a mutant a question."""
    assert len(MUTANTS) >= 18
    assert len(VARIANTS) >= 6
    assert {fails.split(".")[0] for trial in MUTANTS for fails in trial.fails} == {
        question.id for question in ASSIGNMENT.questions
    }
    assert any(trial.folder.joinpath("hw2.ipynb").exists() for trial in VARIANTS)
    assert any(len(list(trial.folder.iterdir())) > 1 for trial in VARIANTS)
