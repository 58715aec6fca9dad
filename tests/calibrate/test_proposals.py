"""Numbers out of statistics that are made by hand."""

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grader.calibrate.observe import Observation
from grader.calibrate.plan import OWN_DEVICE, Condition, plan_runs
from grader.calibrate.proposals import Finding, Proposal, find_gap, propose_all, round_up, round_within
from grader.check_assignment import Trial, TrialKind
from grader.checks.statistics import Interval, Statistic
from grader.spec.model import Assignment, CheckSpec, Question, Standing

SOLUTION = Trial(kind=TrialKind.REFERENCE, name="solution", folder=Path("s"))
VARIANT = Trial(kind=TrialKind.VARIANT, name="variant", folder=Path("v"))
MUTANT = Trial(kind=TrialKind.MUTANT, name="mutant", folder=Path("m"), fails=("q.check",))


def target(value: float, above: float = 0.1) -> Statistic:
    return Statistic(value=value, passes=(Interval(above, value),))


def tolerance(value: float) -> Statistic:
    passes = (Interval(value, math.inf, closed=True),) if math.isfinite(value) else ()
    return Statistic(value=value, passes=passes)


def observe(trial: Trial, statistic: Statistic, draw: int = 0, variation: int = 0, **more: Any) -> Observation:
    condition = Condition(draw=draw, variation=variation, threads=more.pop("threads", 1))
    return Observation(trial=trial, condition=condition, statistics={"q.check": statistic}, **more)


def propose(use: str, observations: list[Observation], *, tighten: bool = False, **parameters: Any) -> Proposal:
    check = CheckSpec(
        id="check",
        use=use,
        of="a",
        standing=Standing.FACT,
        parameters={name.rstrip("_"): value for name, value in parameters.items()},
    )
    question = Question(id="q", title="", points=Decimal(1), checks=(check,))
    assignment = Assignment(slug="a", title="", folder=Path("a"), reference=None, digest="", questions=(question,))
    (proposal,) = propose_all(assignment, observations, tighten=tighten)
    return proposal


def many(trial: Trial, *values: float, above: float = 0.1) -> list[Observation]:
    return [observe(trial, target(value, above), draw=draw) for draw, value in enumerate(values)]


RIGHT = many(VARIANT, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90)
WRONG = many(MUTANT, 0.14, 0.16, 0.18, 0.20, 0.22, 0.24)


def test_the_middle_of_a_wide_gap() -> None:
    """Half of the way from the best wrong run to the worst right one, with few digits; near an edge none stays."""
    moved, kept = (propose("learned", [*RIGHT, *WRONG], accuracy=number) for number in (0.78, 0.5))

    assert moved.gap == pytest.approx((0.24, 0.80))
    assert (moved.finding, moved.proposed) == (Finding.PROPOSED, {"accuracy": 0.5})
    assert (kept.finding, kept.changes) == (Finding.KEPT, {})
    assert kept.margin == pytest.approx((0.5 - 0.19) / 0.0374, abs=0.01)


def test_a_deviation_that_fills_the_gap() -> None:
    """The middle must be four standard deviations from every mean, however far apart the runs are that were seen."""
    spread = many(VARIANT, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
    proposal = propose("learned", [*spread, *WRONG], accuracy=0.35)

    assert proposal.finding is Finding.NARROW
    assert proposal.margin == pytest.approx((0.7 - 0.35) / 0.187, abs=0.01)


def test_a_start_that_is_lucky() -> None:
    """A target that no training reaches already: the gap begins above the start."""
    proposal = propose("learned", [*many(VARIANT, *[0.9] * 6, above=0.3), *WRONG], accuracy=0.5)

    assert proposal.gap == pytest.approx((0.3, 0.9))


def test_no_wrong_run() -> None:
    """Nothing says how low a target may be."""
    only = many(VARIANT, *[0.9] * 6, above=-math.inf)

    assert propose("cases", only, at_least=0.5).finding is Finding.NO_WRONG


def test_runs_that_no_number_mends() -> None:
    """They are counted, and have no part in choosing."""
    rose = observe(MUTANT, Statistic(value=0.95, stopped="loss_rose"), draw=9)
    proposal = propose("learned", [*RIGHT, *WRONG, rose], accuracy=0.5)

    assert proposal.wrong.stopped == {"loss_rose": 1}
    assert proposal.finding is Finding.KEPT
    assert proposal.wrong.high == pytest.approx(0.24)


def test_between_two_curves() -> None:
    """Of `sooner`: numbers that every right run reaches first, although none is passed from 0 on."""
    first = observe(VARIANT, Statistic(value=0.9, passes=(Interval(0.2, 0.5), Interval(0.55, 0.9))))
    second = observe(VARIANT, Statistic(value=0.8, passes=(Interval(0.3, 0.8),)), draw=1)
    wrong = observe(MUTANT, Statistic(value=0.4, passes=(Interval(0.1, 0.4),)))

    assert propose("sooner", [first, second, wrong], accuracy=0.45, than="s").gap == (0.4, 0.5)
    assert propose("sooner", [first, second, wrong], accuracy=0.95, than="s").gap == (0.55, 0.8)
    assert find_gap([first.statistics["q.check"]], [first.statistics["q.check"]], keeping=0.5) is None


@pytest.mark.parametrize(
    ("spread", "wrong", "finding", "absolute"),
    [
        (0.1, 40.0, Finding.TIGHTER, 0.02),
        (0.5, 40.0, Finding.KEPT, 0.02),
        (2.0, 40.0, Finding.PROPOSED, 0.06),
        (2.0, 5.0, Finding.NARROW, 0.02),
        (2.0, 1.5, Finding.NO_GAP, 0.02),
        (2.0, math.inf, Finding.PROPOSED, 0.06),
        (math.inf, math.inf, Finding.NO_GAP, 0.02),
    ],
)
def test_tolerances(spread: float, wrong: float, finding: Finding, absolute: float) -> None:
    """1.5 times the greatest distance of a right run, where a wrong one is three times as far."""
    seen = [observe(SOLUTION, tolerance(0.0)), observe(VARIANT, tolerance(spread)), observe(MUTANT, tolerance(wrong))]
    proposal = propose("agrees", seen, with_="e", absolute=0.02)

    assert proposal.finding is finding
    assert proposal.proposed["absolute"] == pytest.approx(absolute)


def test_a_tolerance_has_a_floor() -> None:
    """Right runs that are equal here may differ in rounding on another machine."""
    seen = [observe(VARIANT, tolerance(0.0)), observe(MUTANT, tolerance(1e6))]
    proposal = propose("close", seen, tighten=True, relative=1e-2, absolute=1e-3)
    step = propose("proportional", seen, tighten=True, relative=0.01)

    assert proposal.proposed == {"relative": pytest.approx(1e-4), "absolute": pytest.approx(1e-5)}
    assert step.proposed == {"relative": pytest.approx(1e-4)}


def test_near_is_what_seeds_alone_do() -> None:
    """1.5 times the greatest difference between two seeds of one solution on one draw; other draws, other threads and
    the quick training have no part in it; what stands is never made smaller.
    """
    seen = [
        observe(VARIANT, target(0.80), draw=0, variation=0),
        observe(VARIANT, target(0.82), draw=0, variation=1),
        observe(VARIANT, target(0.90), draw=1),
        observe(VARIANT, target(0.60), draw=0, threads=2),
        observe(VARIANT, target(0.50), draw=0, variation=2, quick=True),
        *WRONG,
    ]

    assert propose("learned", seen, accuracy=0.4).near_proposed == pytest.approx(0.03)
    assert propose("learned", seen, accuracy=0.4, near=0.1).changes == {}
    assert propose("learned", [*RIGHT, *WRONG], accuracy=0.5).near_proposed == 0


def test_rounding() -> None:
    """A tolerance is never rounded down; a target takes as few decimals as keep it in place."""
    assert [round_up(number) for number in (0.0301, 0.03, 0.0, 12.01)] == [0.031, 0.03, 0.0, 13.0]
    assert [round_within(0.5231, 0.05), round_within(0.5231, 0.004)] == [0.5, 0.52]


def test_the_plan_is_broad_first() -> None:
    """Every trial on every draw before the next seed; at last right ones on two threads and other devices."""
    planned = list(plan_runs([SOLUTION, MUTANT], draws=2, seeds=2, devices=(OWN_DEVICE, "cuda")))
    said = [
        (one.trial.name[0], one.condition.draw, one.condition.variation, one.condition.threads, one.condition.device)
        for one in planned
    ]

    assert said[:4] == [("s", 0, 0, 1, "own"), ("m", 0, 0, 1, "own"), ("s", 1, 0, 1, "own"), ("m", 1, 0, 1, "own")]
    assert said[4:8] == [("s", 0, 1, 1, "own"), ("m", 0, 1, 1, "own"), ("s", 1, 1, 1, "own"), ("m", 1, 1, 1, "own")]
    assert said[8:] == [("s", 0, 0, 2, "own"), ("s", 0, 0, 1, "cuda"), ("s", 1, 0, 2, "own"), ("s", 1, 0, 1, "cuda")]
    assert len(set(said)) == len(said) == 12
