"""hw4's solution, variants, mutants and handout through real sandboxes: each comes out as it says."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks import run_checks
from grader.checks.result import Verdict
from tests.assignments.bench import Bench, name_trial, open_bench
from tests.assignments.course import ROOT, load_course
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

ASSIGNMENT = load_course("hw4")
TRIALS = list_trials(ASSIGNMENT)
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


@pytest.mark.parametrize("form", ["hw4.py", "hw4.ipynb"])
def test_the_handout_earns_nothing_and_runs(bench: Bench, form: str) -> None:
    """Each question of the unsolved handout ends at the line that says it is the student's to write."""
    evidence = bench.run(ROOT / "assignments/hw4/handout" / form, warm=True)

    assert bench.mark(evidence).score.points == 0
    for question in evidence.questions.values():
        assert question.problem is not None
        assert (question.problem.type, question.problem.where) == ("NotImplementedError", "question")


ODD_REPORTS: list[Any] = [
    None,
    [],
    "pretrained",
    {"pretrained": 1},
    {"pretrained": "1", "scratch": None},
    {"pretrained": True, "scratch": None},
    {"pretrained": 0, "scratch": None},
    {"pretrained": 1e300, "scratch": 9},
    {"$": "object", "type": "Report"},
    {"accuracy": None, "validation": list(range(100))},
    {"accuracy": True, "validation": list(range(100))},
    {"accuracy": "nan", "validation": list(range(100))},
    {"accuracy": 0.5, "validation": []},
    {"accuracy": 0.5, "validation": [0] * 100},
    {"accuracy": 0.5, "validation": list(range(450, 550))},
    {"accuracy": 0.5, "validation": [-1, *range(100)]},
    {"accuracy": 0.5, "validation": ["0"] * 100},
    {"accuracy": 0.5, "validation": {"0": 1}},
]


@pytest.mark.parametrize("report", ODD_REPORTS, ids=lambda report: str(report)[:50])
@pytest.mark.parametrize(("question", "check"), [("compare", "epochs_are_true"), ("cats_and_dogs", "validated")])
def test_an_odd_report_fails_and_is_no_fault_of_ours(bench: Bench, question: str, check: str, report: Any) -> None:
    """Whatever a student returns in place of a report: a check that raised would win a person's look."""
    assert judge(bench, question, check, report=report) is Verdict.FAILED


@pytest.mark.parametrize(
    "counts", [None, [], {}, {"pretrained": 3, "scratch": 3}, {"pretrained": ["x"], "scratch": [1]}]
)
def test_odd_counts_of_batches_fail(bench: Bench, counts: Any) -> None:
    """What a process that forges its own records could leave."""
    assert judge(bench, "compare", "same_data", batches=counts) is Verdict.FAILED


@pytest.mark.parametrize("places", [None, {}, ["x"], [None]])
def test_odd_numbers_of_images_fail(bench: Bench, places: Any) -> None:
    """The same for the images that were trained on."""
    assert judge(bench, "cats_and_dogs", "held_out", trained_on=places) is Verdict.FAILED


def test_a_backbone_drawn_anew_is_seen_whatever_it_learns(bench: Bench) -> None:
    """One that is lucky on the hidden images has changed more than the last layer: it loses a point all the same."""
    trial = next(trial for trial in MUTANTS if trial.name == "backbone_drawn_anew")
    left = bench.begin(trial.folder, bench.list_questions(trial, CALLED)).result().questions["cats_and_dogs"]
    asked = next(part for part in bench.assignment.questions if part.id == "cats_and_dogs")
    moved = replace(asked, checks=tuple(replace(part, needs=()) for part in asked.checks if part.id == "moved"))

    results = run_checks(moved, left, bench.reference.questions["cats_and_dogs"], bench.kept, authors=bench.authors)

    assert results["moved"].verdict is Verdict.FAILED


def judge(bench: Bench, question: str, check: str, **values: Any) -> Verdict:
    """What a check says of the solution's evidence with other answers in it."""
    asked = next(part for part in bench.assignment.questions if part.id == question)
    reference = bench.reference.questions[question]
    records = {name: {**reference.records[name], "value": value} for name, value in values.items()}
    student = replace(reference, records={**reference.records, **records})
    alone = replace(asked, checks=tuple(replace(part, needs=()) for part in asked.checks if part.id == check))
    return run_checks(alone, student, reference, bench.kept, authors=bench.authors)[check].verdict
