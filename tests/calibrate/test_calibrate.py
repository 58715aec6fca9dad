"""A whole calibration of a course whose statistics follow from the seeds: numbers, bounds, resuming, writing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from grader.calibrate import Calibration, calibrate_assignment, write_numbers
from grader.calibrate.bounds import bound_above
from grader.calibrate.calibrate import Effort, Step, look_again
from grader.calibrate.errors import ErrorKind, ErrorRow
from grader.calibrate.proposals import Finding, Proposal
from grader.errors import UsageError
from grader.spec.model import Assignment
from tests.calibrate.courses import SPECIFICATION, TOLERANCE, find_seed, load, make_course, make_workshop, noise, right

SEEDS, DRAWS = 4, 2
EFFORT = Effort(seeds=SEEDS, quick=0)
CONDITIONS = [(draw, seed) for draw in range(DRAWS) for seed in range(SEEDS)]
Steps = list[Step]


def calibrate(
    root: Path, assignment: Assignment, effort: Effort = EFFORT, steps: Steps | None = None, *, tighten: bool = False
) -> Calibration:
    return calibrate_assignment(
        assignment,
        workshop=make_workshop(root / "home"),
        effort=effort,
        on_step=(steps if steps is not None else []).append,
        tighten=tighten,
    )


def find(calibration: Calibration, check: str) -> Proposal:
    return next(one for one in calibration.proposals if one.check == check)


def find_row(calibration: Calibration, kind: ErrorKind, question: str) -> ErrorRow:
    return next(row for row in calibration.errors if (row.kind, row.question, row.check) == (kind, question, None))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Assignment, Calibration, Steps]:
    """A course with a wide gap, calibrated once."""
    root = tmp_path_factory.mktemp("usual")
    assignment, steps = make_course(root), Steps()
    return root, assignment, calibrate(root, assignment, steps=steps), steps


def spread_of(assignment: Assignment) -> list[float]:
    """How far right estimates lie from the reference's, as a part of what is allowed."""
    seeds = {(draw, seed): find_seed(assignment, draw, seed) for draw, seed in CONDITIONS}
    return [abs(noise(seeds[draw, seed]) - noise(seeds[draw, 0])) / TOLERANCE for draw, seed in CONDITIONS]


def test_a_tolerance_is_one_and_a_half_times_the_spread(
    usual: tuple[Path, Assignment, Calibration, Steps],
) -> None:
    """The greatest distance of a right run from the reference's on the same draw, exactly; rounded up, never less."""
    _, assignment, calibration, _ = usual
    proposal, spread = find(calibration, "estimate.close"), max(spread_of(assignment))

    assert proposal.right.high == pytest.approx(spread)
    assert proposal.gap == pytest.approx((spread, proposal.wrong.low))
    if 1.5 * spread > 1:
        assert proposal.finding is Finding.PROPOSED
        assert 1.5 * spread * TOLERANCE <= proposal.proposed["absolute"] < 1.6 * spread * TOLERANCE
    else:
        assert proposal.proposed == proposal.numbers


def test_a_target_stands_in_the_middle_of_the_gap(
    usual: tuple[Path, Assignment, Calibration, Steps],
) -> None:
    """Between the best wrong run and the worst right one."""
    _, assignment, calibration, _ = usual
    proposal = find(calibration, "guess.cases")
    worst = min(right(find_seed(assignment, *one), 0.92) for one in CONDITIONS)
    best = max(right(find_seed(assignment, *one), 0.3) for one in CONDITIONS)
    middle = (worst + best) / 2

    assert proposal.right.low == pytest.approx(worst)
    assert proposal.wrong.high == pytest.approx(best)
    assert proposal.gap == pytest.approx((best, worst))
    assert proposal.finding is Finding.PROPOSED
    assert proposal.proposed["at_least"] == pytest.approx(middle, abs=0.07)
    assert proposal.proposed["at_least"] != 0.88


def test_errors_are_counted_and_bounded(
    usual: tuple[Path, Assignment, Calibration, Steps],
) -> None:
    """Right runs below the target, of which the seeds tell how many; the bound is Clopper's and Pearson's."""
    _, assignment, calibration, _ = usual
    low = [one for one in CONDITIONS if right(find_seed(assignment, *one), 0.92) < 0.88]
    row = find_row(calibration, ErrorKind.FALSE_FAILURE, "guess")
    passed = find_row(calibration, ErrorKind.FALSE_PASS, "guess")

    assert (row.wrong, row.wrong_draws) == (len(low), len({draw for draw, _ in low}))
    assert row.bound == pytest.approx(bound_above(len(low), row.runs))
    assert (passed.wrong, passed.runs, passed.draws) == (0, SEEDS * DRAWS, DRAWS)
    assert passed.bound == pytest.approx(1 - 0.05 ** (1 / (SEEDS * DRAWS)))
    assert passed.draws_bound == pytest.approx(1 - 0.05**0.5)


def test_what_repeats_itself_is_counted_once(
    usual: tuple[Path, Assignment, Calibration, Steps],
) -> None:
    """The solution guesses right whatever the seed: one run a draw; the reference's own isn't one at all. Threads and
    devices make no run of their own.
    """
    row = find_row(usual[2], ErrorKind.FALSE_FAILURE, "guess")
    estimates = find_row(usual[2], ErrorKind.FALSE_FAILURE, "estimate")

    # Each draw: the variant's runs, which differ, and the solution's with the second seed and those after, all alike.
    assert row.made == DRAWS * (2 * SEEDS - 1 + 2)
    assert row.runs == DRAWS * (SEEDS + 1)
    assert estimates.made == row.made


def test_a_second_call_runs_nothing(usual: tuple[Path, Assignment, Calibration, Steps]) -> None:
    """All of it is read; the same numbers follow. With another seed only its runs are made."""
    root, assignment, calibration, steps = usual
    again, more = Steps(), Steps()
    second = calibrate(root, assignment, steps=again)
    calibrate(root, assignment, replace(EFFORT, seeds=SEEDS + 1), steps=more)

    assert any(step.observation.made_now for step in steps)
    assert not any(step.observation.made_now for step in again)
    assert second.proposals == calibration.proposals
    assert {step.observation.condition.variation for step in more if step.observation.made_now} == {SEEDS}


def test_broken_off_and_gone_on(tmp_path: Path) -> None:
    """What was made before an interrupt is there for the next call; what a short time leaves is counted."""
    assignment, steps = make_course(tmp_path), Steps()
    broken_off: list[Step] = []

    def stop(step: Step) -> None:
        broken_off.append(step)
        if len(broken_off) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        calibrate_assignment(
            assignment, workshop=make_workshop(tmp_path / "home"), effort=Effort(seeds=1, quick=0), on_step=stop
        )
    calibrate(tmp_path, assignment, Effort(seeds=1, quick=0), steps)
    nothing = calibrate(tmp_path, assignment, Effort(seeds=1, quick=0, minutes=0))

    assert sum(not step.observation.made_now for step in steps) >= 5
    assert nothing.left == len(steps)
    assert nothing.observations == ()
    assert {one.finding for one in nothing.proposals} == {Finding.NO_RIGHT}


def test_no_gap_is_a_finding_and_no_number(tmp_path: Path) -> None:
    """A mutant that guesses as well as a right variant, and one whose bias is less than the noise."""
    calibration = calibrate(tmp_path, make_course(tmp_path, wrong=0.92, middle=0.001))
    guess, estimate = find(calibration, "guess.cases"), find(calibration, "estimate.close")

    assert (guess.finding, estimate.finding) == (Finding.NO_GAP, Finding.NO_GAP)
    assert guess.changes == estimate.changes == {}
    assert not calibration.is_sound


def test_a_narrow_gap_is_a_finding(tmp_path: Path) -> None:
    """There is a gap between the runs that were seen, but their spread says that others would be in it."""
    calibration = calibrate(tmp_path, make_course(tmp_path, wrong=0.77), Effort(seeds=4, quick=0))
    proposal = find(calibration, "guess.cases")

    assert proposal.gap is not None
    assert proposal.finding is Finding.NARROW
    assert proposal.changes == {}


def test_few_runs_are_a_finding(tmp_path: Path) -> None:
    """Two runs on either side, however far apart, are no reason to change a number."""
    path = make_course(tmp_path).folder / "assignment.toml"
    path.write_text(SPECIFICATION.replace("0.88", "0.97"), "utf-8")
    proposal = find(calibrate(tmp_path, load(tmp_path), Effort(seeds=1, quick=0)), "guess.cases")

    assert proposal.wrong.runs == 2
    assert proposal.finding is Finding.FEW
    assert proposal.changes == {}


def test_writing_keeps_what_stands_around(tmp_path: Path) -> None:
    """Numbers change, comments and order don't; the table is of the numbers that hold now."""
    assignment = make_course(tmp_path)
    calibration = calibrate(tmp_path, assignment)
    changed = write_numbers(assignment, calibration.proposals)
    after = look_again(calibration, changed, workshop=make_workshop(tmp_path / "home"))
    text = (assignment.folder / "assignment.toml").read_text("utf-8")
    wanted = find(calibration, "guess.cases").proposed["at_least"]

    assert text == SPECIFICATION.replace("at_least = 0.88", f"at_least = {wanted}").replace(
        f"absolute = {TOLERANCE}", f"absolute = {find(calibration, 'estimate.close').proposed['absolute']}"
    )
    assert load(tmp_path).questions[1].checks[0].parameters["at_least"] == wanted
    assert find_row(after, ErrorKind.FALSE_FAILURE, "guess").wrong == 0
    assert find(calibrate(tmp_path, changed), "guess.cases").finding is Finding.KEPT


def test_harder_only_where_asked_for(tmp_path: Path) -> None:
    """A target below the gap's middle that no wrong run reaches stays; asked for, it goes up."""
    assignment = make_course(tmp_path, wrong=0.0)
    path = assignment.folder / "assignment.toml"
    path.write_text(SPECIFICATION.replace("0.88", "0.01").replace(f"absolute = {TOLERANCE}", "absolute = 0.5"), "utf-8")
    calibration = calibrate(tmp_path, load(tmp_path))
    asked = calibrate(tmp_path, load(tmp_path), tighten=True)
    checks: list[Callable[[Calibration], Proposal]] = [
        lambda one: find(one, "guess.cases"),
        lambda one: find(one, "estimate.close"),
    ]

    assert [check(calibration).finding for check in checks] == [Finding.TIGHTER, Finding.TIGHTER]
    assert [check(calibration).changes for check in checks] == [{}, {}]
    assert find(asked, "guess.cases").proposed["at_least"] > 0.3
    assert find(asked, "estimate.close").proposed["absolute"] < 0.2


def test_quick_training(tmp_path: Path) -> None:
    """Many draws and seeds at once, right ways and a mutant's; read again the second time."""
    assignment, steps = make_course(tmp_path, quick=True), Steps()
    effort = Effort(seeds=1, quick=6)
    calibration = calibrate(tmp_path, assignment, effort)
    calibrate(tmp_path, assignment, effort, steps)
    quick = [row for row in calibration.errors if row.check is not None]

    assert [(row.kind, row.check, row.runs, row.draws, row.wrong) for row in quick] == [
        (ErrorKind.FALSE_FAILURE, "close", 30, 6, 0),
        (ErrorKind.FALSE_PASS, "close", 30, 6, 0),
    ]
    assert {row.mutant for row in quick} == {None, "biased"}
    assert quick[0].bound == pytest.approx(1 - 0.05 ** (1 / 30))
    assert not any(step.observation.made_now for step in steps)


def test_one_question(tmp_path: Path) -> None:
    """Only that one is asked, of its own mutants only."""
    calibration = calibrate_assignment(
        make_course(tmp_path),
        workshop=make_workshop(tmp_path / "home"),
        effort=Effort(seeds=1, quick=0),
        question="guess",
    )

    assert {one.check for one in calibration.proposals} == {"guess.cases"}
    assert {one.trial.name for one in calibration.observations} == {"solution", "sloppy", "careless"}
    with pytest.raises(UsageError, match="nothing to run"):
        calibrate(tmp_path, load(tmp_path), Effort(seeds=0))
    with pytest.raises(UsageError, match="runs no code"):
        calibrate(tmp_path, replace(load(tmp_path), questions=()))
