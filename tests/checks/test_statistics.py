"""A check's statistic and its verdict are two sides of one thing: it passes where the statistic allows its number."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checks import CHECKS
from grader.checks.result import Kept, Verdict
from grader.checks.statistics import MEASURES, Statistic, measure_check, read_number, read_numbers
from grader.evidence.model import QuestionEvidence
from grader.spec.model import CheckSpec, Standing
from grader.spec.vocabulary import CHECKS as VOCABULARY
from tests.checks import test_gradients, test_steps, test_training
from tests.checks.building import KEPT, answers, question
from tests.checks.test_training import LABELLED, trained

NUMBERS = st.floats(1e-9, 1e3)
ACCURACIES = st.lists(st.integers(0, 50).map(lambda right: right / 50), min_size=3, max_size=5)
PLACES = st.integers(1, 50).map(lambda right: right / 50)


def spell(use: str, of: str | None, **parameters: Any) -> CheckSpec:
    """A line of an assignment's checks."""
    return CheckSpec(id=use, use=use, of=of, standing=Standing.FACT, parameters=parameters)


def compare(
    check: CheckSpec, student: QuestionEvidence, reference: QuestionEvidence, kept: Kept = KEPT
) -> tuple[bool, Statistic]:
    """Whether the check passes, and its statistic, which says the same."""
    function = CHECKS[check.use].function
    assert function is not None
    named = {("with_" if name == "with" else name): value for name, value in check.parameters.items()}
    result = function(student, reference, kept, of=check.of, **named)
    statistic = measure_check(check, student, reference, kept)
    assert statistic is not None

    assert statistic.allows(read_number(check)) == (result.verdict is Verdict.PASSED), (result, statistic)
    assert (statistic.stopped is None) or not statistic.passes
    return result.verdict is Verdict.PASSED, statistic


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=6),
    st.sampled_from([0.0, 1e-3, 0.1, 1.0]),
    st.sampled_from([0.0, 1e-4, 1.0]),
)
@example([(1.0, 1.0 + 1e-3)], 1e-3, 0.0)
def test_close(pairs: list[tuple[float, float]], relative: float, absolute: float) -> None:
    """The greatest difference as a multiple of what is allowed."""
    theirs, mine = (question(arrays={"a": [pair[side] for pair in pairs]}) for side in (0, 1))

    compare(spell("close", "a", relative=relative, absolute=absolute), mine, theirs)


def test_close_in_numbers() -> None:
    """Half of what is allowed is one half; nothing allowed and something different is infinite; shapes have none."""
    theirs = question(arrays={"a": [100.0, 100.0]})
    half = measure_check(
        spell("close", "a", relative=0.01, absolute=0.0), question(arrays={"a": [100.5, 100]}), theirs, KEPT
    )
    none = measure_check(
        spell("close", "a", relative=0.0, absolute=0.0), question(arrays={"a": [100.5, 100]}), theirs, KEPT
    )
    other = measure_check(spell("close", "a"), question(arrays={"a": [100.0]}), theirs, KEPT)

    assert half is not None
    assert half.value == pytest.approx(0.5)
    assert none is not None
    assert not none.passes
    assert other == Statistic(value=None, stopped="shape_differs")


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 60), st.integers(1, 60))
def test_cases(right: list[bool], wanted: int, of: int) -> None:
    """The part that is right, and whole cases where the number falls between two."""
    at_least = min(max(wanted, 1) / of, 1.0)
    theirs, mine = answers([1] * len(right)), answers([int(one) for one in right])
    _, statistic = compare(spell("cases", "answers", at_least=at_least), mine, theirs)

    assert statistic.value == pytest.approx(sum(right) / len(right))


def test_cases_are_whole() -> None:
    """0.95 of 20 are 19, whatever floats say."""
    passed, _ = compare(spell("cases", "answers", at_least=0.95), answers([0] + [1] * 19), answers([1] * 20))

    assert passed


@given(st.floats(0.5, 2.0), st.floats(-0.05, 0.05), st.sampled_from([0.001, 0.01, 0.04]))
def test_proportional(factor: float, skew: float, relative: float) -> None:
    """One tensor that moves by so much too far: the least tolerance that lets it through."""

    def rate(name: str, case: int) -> float:
        return test_steps.right_rate(name, case) * (1 + skew * (name == "layer4.weight"))

    student = test_steps.steps(rate, factor=factor)
    _, statistic = compare(spell("proportional", "steps", relative=relative), student, test_steps.REFERENCE)

    assert statistic.value == pytest.approx(abs(skew), abs=1e-6)


@given(st.floats(0.9, 1.1), st.sampled_from([0.01, 0.04]))
def test_proportional_from_case_to_case(drift: float, relative: float) -> None:
    """Rates that are right within a case and not between two."""

    def rate(name: str, case: int) -> float:
        return test_steps.right_rate(name, case) * (drift if case else 1)

    compare(spell("proportional", "steps", relative=relative), test_steps.steps(rate), test_steps.REFERENCE)


@given(st.integers(0, 5), st.integers(1, 4), st.sampled_from([0.01, 0.3, 0.5, 1.0]))
def test_fresh_gradients(zero_every: int, step_every: int, share: float) -> None:
    """The part of the steps that began with empty gradients."""
    student = test_gradients.train(zero_every=zero_every, step_every=step_every)

    compare(spell("fresh_gradients", "batches", share=share), student, test_gradients.REFERENCE)


@given(ACCURACIES, PLACES, st.booleans(), st.booleans())
def test_learned(accuracies: list[float], accuracy: float, falls: bool, lucky: bool) -> None:
    """The accuracy at the end; a loss that rose stops it, and a target that the start reaches is none."""
    reference = trained(0.6 if lucky else 0.0, *[0.9] * (len(accuracies) - 1))
    check = spell("learned", "epochs", accuracy=accuracy, loss_falls=falls, near=0.5)
    _, statistic = compare(check, trained(*accuracies), reference, LABELLED)

    assert statistic.value == pytest.approx(accuracies[-1])


@given(ACCURACIES, ACCURACIES, PLACES)
def test_sooner(fast: list[float], slow: list[float], accuracy: float) -> None:
    """Every number that the one reaches before the other."""

    def both(ahead: list[float], behind: list[float]) -> QuestionEvidence:
        one, other = trained(*ahead, name="fast"), trained(*behind, name="slow")
        return question(records={**one.records, **other.records}, predictions={**one.predictions, **other.predictions})

    reference = both([0.1] + [0.9] * (len(fast) - 1), [0.1] + [0.2] * (len(slow) - 1))
    student = both(fast, slow)

    compare(spell("sooner", "fast", than="slow", accuracy=accuracy), student, reference, LABELLED)


@given(st.lists(st.sampled_from([0.1, 0.3, 0.5]), min_size=4, max_size=4), PLACES)
def test_sooner_by_what_was_trained_on(own: list[float], accuracy: float) -> None:
    """The slower one's loss on its own images decides whether it was trained, for the check and for its number."""
    student = test_training.learnt_by_heart(*own)
    reference = test_training.learnt_by_heart(0.1, 0.5, 0.9, 0.9)
    kept = Kept(values={"labels": test_training.LABELS, "own_labels": test_training.OWN})
    trained_on = {"trained_labels": "own_labels", "trained_output": "training"}
    check = spell("sooner", "pretrained", than="scratch", accuracy=accuracy, **trained_on)
    _, statistic = compare(check, student, reference, kept)

    assert (statistic.stopped == "not_trained") == (max(own[1:]) <= own[0])


@given(st.lists(NUMBERS, min_size=2, max_size=2), st.sampled_from([0.0, 0.02, 0.5]), st.sampled_from([0.0, 0.1]))
def test_agrees(reported: list[float], absolute: float, relative: float) -> None:
    """How far outside, as a multiple of the room."""
    records: Mapping[str, Any] = {**answers(reported, "losses").records}

    def with_losses(run: QuestionEvidence) -> QuestionEvidence:
        return question(records={**run.records, **records}, predictions=run.predictions)

    student = with_losses(trained(0.1, 0.5, 0.8, 0.84))
    parameters = {"with": "epochs", "absolute": absolute, "relative": relative, "of_greatest": relative}

    compare(spell("agrees", "losses", **parameters), student, with_losses(test_training.REFERENCE), LABELLED)


def test_every_number_is_a_parameter() -> None:
    """The numbers to choose are in the vocabulary, and what a specification leaves out is read by default."""
    for use, measure in MEASURES.items():
        assert set(measure.numbers) <= {field.name for field in VOCABULARY[use].parameters}

    assert read_numbers(spell("close", "a", relative=0.5)) == {"relative": 0.5, "absolute": 1e-4}
    assert read_number(spell("close", "a")) == 1.0
    assert read_number(spell("learned", "a", accuracy=0.4)) == 0.4
    assert measure_check(spell("equal", "a"), answers(1), answers(1), KEPT) is None


def test_what_is_missing_stops() -> None:
    """Where no number would help, the code of the failure stands in its place."""
    statistic = measure_check(spell("cases", "other"), answers([1]), answers([1], "other"), KEPT)
    empty = measure_check(spell("close", "a"), question(arrays={"a": [np.nan]}), question(arrays={"a": [1.0]}), KEPT)

    assert statistic == Statistic(value=None, stopped="not_recorded")
    assert empty == Statistic(value=None, stopped="not_finite")
