"""Numbers out of statistics: tolerances from how far right runs spread, targets in the middle of a wide empty gap.

A *right* run is one of the reference, a variant or the quick training; a *wrong* one is of a mutant that names the
check among those that it fails. What no number mends (a shape that differs, a loss that rose) has no part in choosing.

**Tolerances** (`close`, `agrees`, `proportional`). The spread is the *greatest* distance of any right run from the
reference's run on the same draw, over all solutions, draws, seeds, thread counts and devices: not a standard deviation,
for the differences are rounding, repeat themselves exactly, and have no distribution to speak of. Proposed is 1.5 times
that. Where it is smaller than another machine's rounding, which no run here can show, the floor stands in its place.

**Targets** (all others). The gap is the widest range of numbers with which every right run passes and no wrong one.
It is *wide* if it is at least 0.05, and if the mean of every solution's and mutant's runs (over its draws and seeds) is
four of its own standard deviations from the middle. Proposed is the middle. A gap that isn't wide, or none at all, is a
finding and no number; so are fewer than six runs on either side.

**What stands is kept**, for students have read it: a tolerance that isn't smaller than the proposal, while no wrong run
passes; a target in the gap that is as far from every mean, and 0.025 from either edge (right runs that all come out the
same need no room). A number that would be harder is proposed only where that is asked for.
"""

import itertools
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from grader.calibrate.observe import Observation
from grader.checks.statistics import MEASURES, Interval, Statistic, read_number, read_numbers
from grader.spec.model import Assignment, CheckSpec

__all__ = ["Finding", "Proposal", "Range", "propose_all"]

ROOM = 1.5
APART = 3.0  # of a tolerance: the nearest wrong run so many times as far as the spread
DEVIATIONS = 4.0  # of a target: from every mean; of normal runs 3 in 100,000 come out so far off
LEAST_GAP = 0.05
LEAST_RUNS = 6  # on either side, for another target: of fewer, the range and the deviation say next to nothing
NEAR_USES = ("learned", "sooner", "agrees")
LEAST_NEAR = 0.005
FLOORS: Mapping[str, Mapping[str, float]] = {
    "close": {"relative": 1e-4, "absolute": 1e-5},
    "agrees": {"relative": 1e-3, "absolute": 1e-3, "of_greatest": 1e-3},
    "proportional": {"relative": 1e-4},
}
"""The least tolerances: ten times what another processor makes of float32 (1e-5 of the size, see docs/checks.md), and
a hundred times for a training's loss, which carries rounding on from step to step."""


class Finding(Enum):
    """What is to be said of a check's number."""

    KEPT = "kept"  # it stands, and may
    PROPOSED = "proposed"  # another one is better
    TIGHTER = "tighter"  # another one would be, but is harder on students: only where that is asked for
    NO_GAP = "no_gap"  # no number tells right from wrong
    NARROW = "narrow"  # one does, by so little that a few more runs may refute it
    FEW = "few"  # another one may be better; there are too few runs to say
    NO_RIGHT = "no_right"  # no right run could be measured
    NO_WRONG = "no_wrong"  # no mutant fails it by its number: a target has nothing to stand against


@dataclass(frozen=True, kw_only=True)
class Range:
    """Statistics of some runs. `stopped`: runs that no number mends, by code; `values` has no part of them."""

    low: float | None
    high: float | None
    runs: int
    trials: int
    draws: int
    stopped: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """One check's number. `numbers` are today's, `proposed` what they should be (the same where they are kept).

    `number` is what statistics are compared with: for `scaled` ones 1, a multiple of today's numbers. `gap`: numbers
    with which every right run passes and no wrong one. `margin`: how many deviations the nearest mean is from `number`.
    `near`: how near to the line chance alone leads.
    """

    check: str
    use: str
    finding: Finding
    numbers: Mapping[str, float]
    proposed: Mapping[str, float]
    number: float
    largest: bool
    scaled: bool
    right: Range
    wrong: Range
    gap: tuple[float, float] | None
    margin: float
    near: float
    near_proposed: float

    @property
    def changes(self) -> dict[str, float]:
        """What `--write` would write."""
        wanted = {name: value for name, value in self.proposed.items() if value != self.numbers[name]}
        return {**wanted, **({"near": self.near_proposed} if self.near_proposed != self.near else {})}

    @property
    def is_sound(self) -> bool:
        """Whether nothing makes the number doubtful. That no mutant fails by it is for `grade validate` to say."""
        return self.finding in (Finding.KEPT, Finding.PROPOSED, Finding.TIGHTER, Finding.NO_WRONG)


def propose_all(
    assignment: Assignment, observations: Sequence[Observation], *, tighten: bool = False
) -> tuple[Proposal, ...]:
    """A proposal for every check that has a number."""
    return tuple(
        propose(f"{question.id}.{check.id}", check, observations, tighten=tighten)
        for question in assignment.questions
        for check in question.checks
        if check.use in MEASURES
    )


def propose(name: str, check: CheckSpec, observations: Sequence[Observation], *, tighten: bool) -> Proposal:
    """One check's number."""
    measure = MEASURES[check.use]
    right = [one for one in observations if one.is_right and name in one.statistics]
    wrong = [one for one in observations if not one.is_right and name in one.statistics and name in one.trial.fails]
    numbers, number = read_numbers(check), read_number(check)
    gap = find_gap([one.statistics[name] for one in right], [one.statistics[name] for one in wrong], keeping=number)
    groups = [*group(right, name), *group(wrong, name)]
    ranges = describe(right, name), describe(wrong, name)
    if measure.largest:
        floor = find_floor(check.use, numbers) if measure.scaled else FLOORS[check.use]["relative"]
        finding, value = choose_tolerance(number, *ranges, gap=gap, floor=floor, tighten=tighten)
    else:
        finding, value = choose_target(number, *ranges, gap=gap, groups=groups, tighten=tighten)
    near = float(check.parameters.get("near", 0.0))
    return Proposal(
        check=name,
        use=check.use,
        finding=finding,
        numbers=numbers,
        proposed=numbers if value == number else spell(numbers, value, measure.scaled, measure.largest),
        number=number,
        largest=measure.largest,
        scaled=measure.scaled,
        right=ranges[0],
        wrong=ranges[1],
        gap=gap,
        margin=measure_margin(groups, number),
        near=near,
        near_proposed=max(near, propose_near(right, name)) if check.use in NEAR_USES else 0.0,
    )


def choose_tolerance(
    number: float, right: Range, wrong: Range, *, gap: tuple[float, float] | None, floor: float, tighten: bool
) -> tuple[Finding, float]:
    """A finding, and the number that follows."""
    if right.high is None:
        return Finding.NO_RIGHT, number
    wanted = max(ROOM * right.high, floor)
    nearest = math.inf if wrong.low is None else wrong.low
    if gap is None or nearest <= right.high:
        return Finding.NO_GAP, number
    if nearest < APART * max(right.high, floor) or nearest <= wanted:
        return Finding.NARROW, number
    if wanted > number:
        return Finding.PROPOSED, wanted
    if number < nearest and not tighten:
        return (Finding.KEPT if number <= APART * wanted else Finding.TIGHTER), number
    return (Finding.PROPOSED, wanted) if wanted < number else (Finding.KEPT, number)


def choose_target(
    number: float,
    right: Range,
    wrong: Range,
    *,
    gap: tuple[float, float] | None,
    groups: Sequence[Sequence[float]],
    tighten: bool,
) -> tuple[Finding, float]:
    """A finding, and the number that follows."""
    if right.high is None:
        return Finding.NO_RIGHT, number
    if gap is None:
        return Finding.NO_GAP, number
    low, high = gap
    if not wrong.runs or math.isinf(low):
        return Finding.NO_WRONG, number
    middle, room = (low + high) / 2, LEAST_GAP / 2
    inside = low + room <= number <= (high if right.low == right.high else high - room)
    if inside and measure_margin(groups, number) >= DEVIATIONS:
        return Finding.KEPT, number
    if min(right.runs, wrong.runs) < LEAST_RUNS:
        return Finding.FEW, number
    if high - low < LEAST_GAP or measure_margin(groups, middle) < DEVIATIONS:
        return Finding.NARROW, number
    if middle > number and low < number and not tighten:
        return Finding.TIGHTER, number
    return Finding.PROPOSED, round_within(middle, (high - low) / 8)


def find_gap(right: Iterable[Statistic], wrong: Iterable[Statistic], *, keeping: float) -> tuple[float, float] | None:
    """The range of numbers with which every right run passes and no wrong one: the one that holds `keeping`, else the
    widest; None where there is none. Runs that no number mends are left out.
    """
    passing = {one.passes for one in right if one.stopped is None}
    failing = {one.passes for one in wrong if one.stopped is None}
    edges = sorted({edge for passes in passing | failing for one in passes for edge in (one.low, one.high)})
    if not passing or len(edges) < 2:
        return None
    found: list[tuple[float, float]] = []
    for low, high in itertools.pairwise(edges):
        inside = pick_inside(low, high)
        if all(allows(one, inside) for one in passing) and not any(allows(one, inside) for one in failing):
            if found and found[-1][1] == low:
                low = found.pop()[0]
            found.append((low, high))
    holding = [one for one in found if one[0] < keeping <= one[1]]
    return max(holding or found, key=lambda one: one[1] - one[0], default=None)


def pick_inside(low: float, high: float) -> float:
    """A number between two, either of which may be infinite."""
    if math.isinf(low) or math.isinf(high):
        return high - 1.0 if math.isinf(low) and not math.isinf(high) else low + 1.0 if math.isinf(high) else 0.0
    return (low + high) / 2


def allows(passes: tuple[Interval, ...], number: float) -> bool:
    """Whether a run passes with a number."""
    return any(one.holds(number) for one in passes)


def describe(observations: Sequence[Observation], name: str) -> Range:
    """The range of a check's statistic."""
    stopped: defaultdict[str, int] = defaultdict(int)
    values = []
    for one in observations:
        found = one.statistics[name]
        if found.stopped is not None:
            stopped[found.stopped] += 1
        elif found.value is not None:
            values.append(found.value)
    return Range(
        low=min(values, default=None),
        high=max(values, default=None),
        runs=len(observations),
        trials=len({(one.trial.name, one.quick) for one in observations}),
        draws=len({one.condition.draw for one in observations}),
        stopped=dict(stopped),
    )


def group(observations: Sequence[Observation], name: str) -> list[list[float]]:
    """The statistics of each solution, mutant or way, over its draws and seeds."""
    groups: defaultdict[tuple[str, bool], list[float]] = defaultdict(list)
    for one in observations:
        found = one.statistics[name]
        usable = found.stopped is None and found.value is not None and math.isfinite(found.value)
        if one.condition.is_usual and usable and found.value is not None:
            groups[one.trial.name, one.quick].append(found.value)
    return list(groups.values())


def measure_margin(groups: Sequence[Sequence[float]], number: float) -> float:
    """How many of its standard deviations the nearest group's mean is from a number; infinite where none spreads."""
    margins = [
        abs(statistics.fmean(values) - number) / statistics.stdev(values)
        for values in groups
        if len(values) > 1 and max(values) > min(values)
    ]
    return min(margins, default=math.inf)


def propose_near(right: Sequence[Observation], name: str) -> float:
    """How near to the line another seed of the same solution on the same draw may lead to: 1.5 times the greatest
    difference seen between two. The quick training has no part in it: its seeds are others than students meet.
    """
    groups: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    for one in right:
        found = one.statistics[name]
        if one.condition.is_usual and not one.quick and found.value is not None and math.isfinite(found.value):
            groups[one.trial.name, one.condition.draw].append(found.value)
    spread = max((max(values) - min(values) for values in groups.values()), default=0.0)
    return round_up(ROOM * spread) if ROOM * spread >= LEAST_NEAR else 0.0


def find_floor(use: str, numbers: Mapping[str, float]) -> float:
    """The least multiple of today's tolerances that another machine's rounding needs."""
    return min((least / numbers[name] for name, least in FLOORS[use].items() if numbers.get(name)), default=1.0)


def spell(numbers: Mapping[str, float], value: float, scaled: bool, largest: bool) -> dict[str, float]:
    """The numbers to write: for scaled ones today's, each so many times."""
    if not scaled:
        return {name: round_up(value) if largest else value for name in numbers}
    return {name: round_up(one * value) if one else one for name, one in numbers.items()}


def round_up(number: float, digits: int = 2) -> float:
    """The next number of two digits that isn't smaller."""
    if number <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(number)) - digits + 1)
    return float(f"{math.ceil(number / step - 1e-9) * step:.{digits}g}")


def round_within(number: float, allowed: float) -> float:
    """The number with as few decimals as leave it within `allowed`."""
    for decimals in range(1, 9):
        if abs(round(number, decimals) - number) <= allowed:
            return round(number, decimals)
    return number
