"""hw1's quick training is the slow one, made cheap: with seed 0 it ends where the same loop ends in the sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.calibrate.quick import QuickRuns, find_quick_questions, split_ways
from grader.check_assignment import list_trials
from grader.checks.statistics import measure_check
from grader.collect import Workshop
from grader.draws import load_data, name_draw
from grader.errors import ProvisionError
from grader.evidence.model import Array
from grader.ingest import read_submission
from grader.jobs import keep_data
from grader.reference import obtain_evidence
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.weights.provision import make_standin
from grader.weights.vault import Vault
from tests.assignments.course import HW1, load_hw1

pytestmark = pytest.mark.slow

ASSIGNMENT = load_hw1()
QUESTION = next(question for question in ASSIGNMENT.questions if question.id == "fine_tune")
LEARNED = next(check for check in QUESTION.checks if check.use == "learned")
SAME = {
    "adam-5": "solution",
    "adam-10": "variants/class_and_lambdas",
    "adamax-10": "variants/children_in_sequential",
    "sgd-20-momentum": "variants/several_files",
}
"""Ways and the submissions that train alike: layers in eval mode, the same optimiser and rate."""
SEEDS = range(3)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickRuns]:
    """hw1's quick training, in a sandbox with stand-in weights."""
    try:
        interpreter = find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    home = tmp_path_factory.mktemp("home")
    inner = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
    vault = Vault(home)
    for weights in ASSIGNMENT.weights:
        make_standin(weights, vault=vault, sandbox=inner, interpreter=interpreter)
    with WarmSandbox(inner) as sandbox:
        workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=vault, home=home, secret=b"s" * 32
        )
        yield QuickRuns(assignment=ASSIGNMENT, question=QUESTION, workshop=workshop, mutants=list_trials(ASSIGNMENT))


def train_quickly(quick: QuickRuns, number: int) -> dict[str, Array]:
    """Logits at start and end, [seeds, 2, images, classes], by way."""
    draw = name_draw(ASSIGNMENT, number, secret=quick.workshop.secret)
    result, _ = quick.obtain(draw, load_data(ASSIGNMENT, draw), SEEDS)
    return {way: arrays["epochs.hidden"] for way, arrays in split_ways(quick.read(result).arrays).items()}


@pytest.mark.parametrize("number", [0, 1])
def test_seed_0_is_the_slow_way(quick: QuickRuns, number: int) -> None:
    """The same logits of the hidden images at the start and at the end, but for rounding; the same accuracy."""
    ways = train_quickly(quick, number)
    draw = name_draw(ASSIGNMENT, number, secret=quick.workshop.secret)
    data = load_data(ASSIGNMENT, draw)
    kept = keep_data(ASSIGNMENT, data=data, vault=quick.workshop.vault)
    alone = replace(ASSIGNMENT, questions=(QUESTION,))
    observed = {one.trial.name: one for one in quick.observe(number, seeds=SEEDS) if one.condition.variation == 0}
    for way, folder in SAME.items():
        submission = read_submission(Path(HW1, folder), files=ASSIGNMENT.files)
        evidence = obtain_evidence(alone, submission, draw=draw, data=data, workshop=quick.workshop).evidence
        left = evidence.questions["fine_tune"]
        end = max(int(name.split(".")[1]) for name in left.predictions)
        slow = np.stack([left.predictions[f"epochs.{stage}.hidden"] for stage in (0, end)])
        statistic = measure_check(LEARNED, left, left, kept)

        assert np.abs(ways[way][0] - slow).max() <= 1e-3 * np.abs(slow).max(), way
        assert statistic is not None
        assert observed[way].statistics["fine_tune.learned"].value == pytest.approx(statistic.value, abs=1 / 150)


def test_other_seeds_are_others(quick: QuickRuns) -> None:
    """Another start and another order of the batches, as another draw would have."""
    starts = train_quickly(quick, 0)["adam-5"][:, 0]

    assert not np.allclose(starts[0], starts[1])
    assert not np.allclose(starts[1], starts[2])


def test_its_mutants_fail_and_its_ways_pass(quick: QuickRuns) -> None:
    """Those named as a mutant are that mutant's; every other way to train is right."""
    observed = quick.observe(0, seeds=SEEDS)
    passes = {one.trial.name: one.statistics["fine_tune.learned"].allows(0.5) for one in observed}
    wrong = {one.trial.name for one in observed if not one.is_right}

    assert wrong == {"labels_shuffled", "learning_rate_far_too_low", "learning_rate_far_too_high"}
    assert {name for name, passed in passes.items() if not passed} == wrong
    assert [question.id for question in find_quick_questions(ASSIGNMENT)] == ["fine_tune"]
