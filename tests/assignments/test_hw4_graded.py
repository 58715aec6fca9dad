"""hw4's solution, variants, mutants and handout through real sandboxes: each comes out as it says."""

from collections.abc import Iterator

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from tests.assignments.bench import Bench, load, name_trial, open_bench
from tests.assignments.course import ROOT
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

TRIALS = list_trials(load("hw4"))
RIGHT = [trial for trial in TRIALS if trial.kind is not TrialKind.MUTANT]
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
CALLED = {
    "pixels": ("scale_pixels",),
    "features": ("extract_features",),
    "probabilities": ("classify",),
    "trace": ("train_with_trace",),
    "compare": ("compare", "train_until"),
    "choose": ("build_classifier",),
    "cats_and_dogs": ("fine_tune",),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One bench for all trials."""
    with open_bench("hw4", tmp_path_factory.mktemp("home")) as bench:
        yield bench


@pytest.mark.parametrize("trial", RIGHT, ids=name_trial)
def test_what_is_right_keeps_every_point(bench: Bench, trial: Trial) -> None:
    """The solution, and every other way to write it."""
    assert bench.score(trial.folder) == 15


@pytest.mark.parametrize("trial", MUTANTS, ids=name_trial)
def test_a_mutant_fails_what_it_says(bench: Bench, trial: Trial) -> None:
    """It fails the checks that it names and no others."""
    assert bench.list_failed(trial, CALLED) == set(trial.fails)


def test_a_cold_and_a_warm_run_leave_the_same_evidence(bench: Bench) -> None:
    """To the bit, for the solution: the other trials may be forked from a warm guest."""
    assert list_differences(bench.run(bench.solution, cold=True), bench.reference) == []


@pytest.mark.parametrize("form", ["hw4.py", "hw4.ipynb"])
def test_the_handout_earns_nothing_and_runs(bench: Bench, form: str) -> None:
    """Each question of the unsolved handout ends at the line that says it is the student's to write."""
    evidence = bench.run(ROOT / "assignments/hw4/handout" / form)

    assert bench.mark(evidence).score.points == 0
    for question in evidence.questions.values():
        assert question.problem is not None
        assert (question.problem.type, question.problem.where) == ("NotImplementedError", "question")
