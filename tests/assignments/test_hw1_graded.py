"""hw1's solution, variants, mutants and examples through real sandboxes: each comes out as it says."""

from collections.abc import Iterator

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from tests.assignments.bench import Bench, name_trial, open_bench
from tests.assignments.course import ROOT, load_hw1
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

ASSIGNMENT = load_hw1()
TRIALS = list_trials(ASSIGNMENT)
RIGHT = [trial for trial in TRIALS if trial.kind is not TrialKind.MUTANT]
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
CALLED = {
    "load": ("load_backbone",),
    "head": ("load_backbone", "build_classifier"),
    "count": ("count_trainable",),
    "optimizer": ("make_optimizer",),
    "fine_tune": ("fine_tune",),
    "diagnose": ("diagnose",),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bench for all trials."""
    with open_bench(ASSIGNMENT, tmp_path_factory.mktemp("home"), request, CALLED, both_ways=True) as bench:
        yield bench


@pytest.mark.parametrize("trial", RIGHT, ids=name_trial)
def test_what_is_right_keeps_every_point(bench: Bench, trial: Trial) -> None:
    """The solution, and every other way to write it."""
    assert bench.score(trial.folder) == 15


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_a_mutant_fails_what_it_says(bench: Bench, trial: Trial) -> None:
    """It fails the checks that it names and no others.

    Run are the questions that call the function in which it differs: the others are the solution's, word for word.
    """
    assert bench.list_failed(trial.folder, bench.list_questions(trial, CALLED)) == set(trial.fails)


@pytest.mark.parametrize("trial", TRIALS, ids=name_trial)
def test_a_cold_and_a_warm_run_leave_the_same_evidence(bench: Bench, trial: Trial) -> None:
    """To the bit: what a fork of a warm guest leaves is what a fresh process leaves."""
    questions = bench.list_questions(trial, CALLED)
    cold, warm = (bench.begin(trial.folder, questions, warm=warm).result() for warm in (False, True))

    assert list_differences(cold, warm) == []


@pytest.mark.parametrize("form", ["hw1.py", "hw1.ipynb"])
def test_the_handout_earns_nothing_and_runs(bench: Bench, form: str) -> None:
    """Each question of the unsolved handout ends at the line that says it is the student's to write."""
    evidence = bench.run(ROOT / "assignments/hw1/handout" / form)

    assert bench.mark(evidence).score.points == 0
    for question in evidence.questions.values():
        assert question.problem is not None
        assert (question.problem.type, question.problem.where) == ("NotImplementedError", "question")


@pytest.mark.parametrize("folder", ["examples/hw1", "examples/hw1-notebook", "assignments/hw1/handout/hw1.ipynb"])
def test_a_cold_and_a_warm_example_leave_the_same_evidence(bench: Bench, folder: str) -> None:
    """Scripts, notebooks, and what raises in them."""
    cold = bench.begin(ROOT / folder).result()

    assert list_differences(cold, bench.run(ROOT / folder, warm=True)) == []


@pytest.mark.parametrize(("example", "points"), [("hw1", 11), ("hw1-notebook", 15)])
def test_examples(bench: Bench, example: str, points: int) -> None:
    """The demo's submission is good and not perfect; the notebook is right."""
    assert bench.score(ROOT / "examples" / example) == points
