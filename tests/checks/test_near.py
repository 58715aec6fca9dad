"""Near to a line, two runs that agree decide; elsewhere the first one alone."""

from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest

from grader.checks import run_checks
from grader.checks.near import are_settled, is_near, list_near_checks
from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, QuestionEvidence
from grader.spec.model import CheckSpec, Question, Standing
from tests.checks.building import question
from tests.checks.test_training import LABELLED, REFERENCE, trained

LINE, NEAR = 0.5, 0.1
CHECK = CheckSpec(
    id="learned", use="learned", of="epochs", standing=Standing.FACT, parameters={"accuracy": LINE, "near": NEAR}
)


def ended(accuracy: float) -> QuestionEvidence:
    """A run that ends so accurate."""
    return trained(0.1, accuracy, accuracy)


def judge(first: float, *further: float, check: CheckSpec = CHECK) -> CheckResult:
    """The check's result over a first run and further ones."""
    student = replace(ended(first), again=tuple(ended(accuracy) for accuracy in further))
    asked = Question(id="question", title="", points=Decimal(1), checks=(check,))
    reference = replace(trained(0.1, 0.9, 0.9), id="question")
    return run_checks(asked, student, reference, LABELLED)["learned"]


@pytest.mark.parametrize(
    ("first", "further", "passed", "runs"),
    [
        (0.54, (0.56,), True, 2),
        (0.54, (0.44, 0.58), True, 3),
        (0.54, (0.44, 0.48), False, 3),
        (0.44, (0.30,), False, 2),
        (0.44, (0.90, 0.52), True, 3),
        (0.54, (0.56, 0.10), True, 2),  # settled after two
    ],
)
def test_two_that_agree(first: float, further: tuple[float, ...], passed: bool, runs: int) -> None:
    """On both sides of the line alike; the report can say how many runs there were."""
    result = judge(first, *further)

    assert (result.verdict is Verdict.PASSED) == passed
    assert [(note.code, note.facts["runs"]) for note in result.notes] == [("near_the_line", runs)]


@pytest.mark.parametrize("first", [0.3, 0.38, 0.62, 0.9])
def test_far_from_the_line(first: float) -> None:
    """The first run decides, whatever further ones say."""
    result = judge(first, 1.0 - first, 1.0 - first)

    assert (result.verdict is Verdict.PASSED) == (first > LINE)
    assert result.notes == ()


def test_no_further_run_is_kept() -> None:
    """The first run stands, and the result says that there is but one."""
    result = judge(0.54)

    assert result.verdict is Verdict.PASSED
    assert [note.code for note in result.notes] == ["near_once"]


def test_off_by_default() -> None:
    """Without `near` one run decides at the very line."""
    result = judge(0.5, 0.1, 0.1, check=replace(CHECK, parameters={"accuracy": LINE}))

    assert result.verdict is Verdict.PASSED
    assert result.notes == ()


def test_a_further_run_that_breaks_off_failed() -> None:
    """Crashing is no way out of a second look."""
    student = replace(ended(0.54), again=(question(exit=Exit.CRASHED), question(exit=Exit.WALL_LIMIT)))
    asked = Question(id="question", title="", points=Decimal(1), checks=(CHECK,))
    result = run_checks(asked, student, REFERENCE, LABELLED)["learned"]

    assert result.verdict is Verdict.FAILED
    assert result.code == "not_finished"


def test_what_is_near() -> None:
    """So near that a number `near` away would have said otherwise; never what can't be measured."""
    near = [accuracy for accuracy in range(0, 101, 2) if is_near(CHECK, ended(accuracy / 100), REFERENCE, LABELLED)]

    assert (min(near), max(near)) in {(40, 58), (42, 58), (40, 60), (42, 60)}
    assert is_near(replace(CHECK, parameters={"accuracy": LINE, "near": 0.45}), ended(0.2), REFERENCE, LABELLED)
    assert not is_near(CHECK, question(), REFERENCE, LABELLED)
    assert list_near_checks([CHECK, replace(CHECK, parameters={"accuracy": LINE, "near": 0})]) == [CHECK]


@pytest.mark.parametrize("passes", [0.1, 0.5, 0.9, 0.99])
def test_error_rates_are_as_written(passes: float) -> None:
    """Whoever passes one run with probability p passes by the rule with p^2 (3 - 2p)."""
    total = 0.0
    for runs in product([True, False], repeat=3):
        counted = list(runs[:2]) if are_settled(runs[:2]) else list(runs)
        probability = passes ** runs.count(True) * (1 - passes) ** runs.count(False)
        total += probability * (counted.count(True) >= 2)

    assert total == pytest.approx(passes**2 * (3 - 2 * passes))
