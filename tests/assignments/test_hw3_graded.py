"""hw3's solution, variants, mutants and handout through real sandboxes: each comes out as it says."""

from collections.abc import Iterator

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from tests.assignments.bench import Bench, name_trial, open_bench
from tests.assignments.course import ROOT, load_course
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

ASSIGNMENT = load_course("hw3")
TRIALS = list_trials(ASSIGNMENT)
RIGHT = [trial for trial in TRIALS if trial.kind is not TrialKind.MUTANT]
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
CALLED = {
    "last_layer": ("replace_last_layer", "Cut"),
    "out_of_bounds": ("SmallNet", "training_loss"),
    "flatten": ("make_net",),
    "labels": ("loss_for",),
    "no_parameters": ("DeepNet",),
    "one_image": ("predict_one",),
}
COMPLAINTS = {
    "last_layer": "'Sequential' object has no attribute 'fc'",
    "out_of_bounds": "Target 5 is out of bounds.",
    "flatten": "mat1 and mat2 shapes cannot be multiplied",
    "labels": "expected target dtype to be Long or Byte, but got Float",
    "one_image": "expected 4D input (got 3D input)",
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bench for all trials, which are forked from a warm guest."""
    with open_bench(ASSIGNMENT, tmp_path_factory.mktemp("home"), request, CALLED, forked=True) as bench:
        yield bench


@pytest.mark.parametrize("trial", RIGHT, ids=name_trial)
def test_what_is_right_keeps_every_point(bench: Bench, trial: Trial) -> None:
    """The solution, and every other way to write it."""
    assert bench.score(trial.folder) == 15


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_a_mutant_fails_what_it_says(bench: Bench, trial: Trial) -> None:
    """It fails the checks that it names and no others."""
    assert bench.list_failed(trial.folder, bench.list_questions(trial, CALLED)) == set(trial.fails)


def test_a_cold_and_a_warm_run_leave_the_same_evidence(bench: Bench) -> None:
    """To the bit, for the solution: the other trials may be forked from a warm guest."""
    assert list_differences(bench.run(bench.solution), bench.reference) == []


@pytest.mark.parametrize("form", ["hw3.py", "hw3.ipynb"])
def test_the_handout_earns_nothing_and_fails_as_it_says(bench: Bench, form: str) -> None:
    """Each broken program ends with the message of its question; the one with hidden layers fails its checks."""
    evidence = bench.run(ROOT / "assignments/hw3/handout" / form, warm=True)
    marks = bench.mark(evidence)

    assert marks.score.points == 0
    problems = {id: part.problem.message for id, part in evidence.questions.items() if part.problem is not None}
    assert problems.keys() == COMPLAINTS.keys()
    for question, complaint in COMPLAINTS.items():
        assert complaint in problems[question]
        assert complaint in (ROOT / "assignments/hw3/handout" / form).read_text("utf-8")
