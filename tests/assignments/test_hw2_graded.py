"""hw2's solution, variants and mutants through real sandboxes: each comes out as it says."""

from collections.abc import Iterator

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from tests.assignments.bench import Bench, name_trial, open_bench
from tests.assignments.course import ROOT, draw_number, load_course
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

ASSIGNMENT = load_course("hw2")
TRIALS = list_trials(ASSIGNMENT)
RIGHT = [trial for trial in TRIALS if trial.kind is not TrialKind.MUTANT]
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
CALLED = {
    "load": ("load_network",),
    "predict": ("predict",),
    "build": ("build_classifier",),
    "train": ("train_once",),
    "freeze_more": ("freeze_until",),
    "count": ("count_updates",),
}
REFERENCE = ROOT / "reference/hw2"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bench for all trials. They are forked from a warm guest: TensorFlow takes seconds to import."""
    with open_bench(ASSIGNMENT, tmp_path_factory.mktemp("home"), request, CALLED, forked=True) as bench:
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


@pytest.mark.parametrize("folder", ["solution", "variants/notebook_with_demonstrations"])
def test_a_cold_and_a_warm_run_leave_the_same_evidence(bench: Bench, folder: str) -> None:
    """To the bit: what a fork of a warm guest leaves is what a fresh process leaves."""
    warm = bench.begin(REFERENCE / folder).result()

    assert list_differences(bench.run(REFERENCE / folder), warm) == []


def test_another_draw_leaves_other_evidence(bench: Bench) -> None:
    """Hidden inputs are the draw's: what is compared differs, the trained tensors and the counts too."""
    bench_draw, bench.draw = bench.draw, draw_number(2)
    try:
        other = bench.run(bench.solution, warm=True)
    finally:
        bench.draw = bench_draw

    compared = {"load": "probabilities", "predict": "prediction", "build": "other_probabilities", "train": "loss"}
    for question, name in compared.items():
        one, two = (evidence.questions[question].arrays[name] for evidence in (bench.reference, other))
        assert one.shape != two.shape or abs(one - two).max() > 1e-4
    for question, name in {"freeze_more": "trained", "count": "counts"}.items():
        one, two = (evidence.questions[question].records[name]["value"] for evidence in (bench.reference, other))
        assert one != two


@pytest.mark.parametrize("form", ["hw2.py", "hw2.ipynb"])
def test_the_handout_earns_nothing_and_runs(bench: Bench, form: str) -> None:
    """Each question of the unsolved handout ends at the line that says it is the student's to write."""
    evidence = bench.run(ROOT / "assignments/hw2/handout" / form, warm=True)

    assert bench.mark(evidence).score.points == 0
    for question in evidence.questions.values():
        assert question.problem is not None
        assert (question.problem.type, question.problem.where) == ("NotImplementedError", "question")
