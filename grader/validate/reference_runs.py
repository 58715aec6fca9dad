"""The reference on every draw, under several seeds, in every sandbox: it must earn everything wherever a student may.

The solution's evidence under another seed is marked against its evidence under the usual one, as a student's is whose
program takes its random numbers in another order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from grader.checks.result import CheckResult
from grader.collect import Workshop
from grader.errors import GraderError
from grader.evidence.model import Evidence
from grader.pipeline import made_alike
from grader.validate.bench import Bench, list_failed, word_result
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.material import tell_faults

__all__ = ["ReferenceRun", "ReferenceRuns", "examine_reference", "plan_runs", "run_reference"]

MOST_SHOWN = 4


@dataclass(frozen=True)
class Place:
    """On which draw, under which seed (0: the usual one), in which sandbox."""

    number: int
    variation: int
    sandbox: str

    def __str__(self) -> str:
        seed = f", seed {self.variation}" if self.variation else ""
        return f"draw {self.number}{seed}, {self.sandbox}"


@dataclass(frozen=True)
class ReferenceRun:
    """One run of the solution: its evidence, or why there is none."""

    place: Place
    evidence: Evidence | None = None
    error: GraderError | None = None


@dataclass(frozen=True)
class ReferenceRuns:
    """All of them. `base` has for each draw the evidence that students are marked against."""

    runs: tuple[ReferenceRun, ...]
    base: Mapping[int, Evidence]

    def list_seeds(self, number: int) -> list[Evidence]:
        """The evidence of a draw under other seeds, in the sandbox that was chosen."""
        first = self.runs[0].place.sandbox
        return [
            run.evidence
            for run in self.runs
            if run.evidence and run.place.number == number and run.place.variation and run.place.sandbox == first
        ]


def plan_runs(draws: int, seeds: int) -> list[tuple[int, int]]:
    """Which draws under which seeds: all seeds on the first draw, on each other one the usual and one more."""
    more = min(seeds, 2)
    return [(0, seed) for seed in range(seeds)] + [(draw, seed) for draw in range(1, draws) for seed in range(more)]


def run_reference(
    bench: Bench,
    workshops: Sequence[Workshop],
    *,
    draws: int,
    seeds: int,
    on_end: Callable[[int, int], None],
) -> ReferenceRuns:
    """Run the solution everywhere: in the first workshop all that is planned, in each other one every draw once."""
    asked = [(workshops[0], *case) for case in plan_runs(draws, seeds)]
    asked += [(workshop, draw, 0) for workshop in workshops[1:] for draw in range(draws)]
    runs: list[ReferenceRun] = []
    for workshop in workshops:
        mine = [(draw, seed) for owner, draw, seed in asked if owner is workshop]
        for run in run_cases(bench, workshop, mine):
            runs.append(run)
            on_end(len(runs), len(asked))
        if runs[0].evidence is None:
            break  # nothing can be compared
    usual = {
        run.place.number: run.evidence
        for run in runs
        if run.evidence is not None and not run.place.variation and run.place.sandbox == runs[0].place.sandbox
    }
    return ReferenceRuns(tuple(runs), usual)


def run_cases(bench: Bench, workshop: Workshop, cases: Sequence[tuple[int, int]]) -> Iterator[ReferenceRun]:
    """Draws and seeds in one workshop: the first alone, and the others only where it gave evidence."""
    with bench.open_pool(workshop) as (place, pool):
        first = run_once(bench, place, cases[0])
        yield first
        if first.evidence is not None:
            yield from pool.map(partial(run_once, bench, place), cases[1:])


def run_once(bench: Bench, workshop: Workshop, case: tuple[int, int]) -> ReferenceRun:
    """One run, of a draw and a seed; what keeps it from ending well is told, not raised."""
    number, variation = case
    place = Place(number, variation, workshop.sandbox.name)
    try:
        return ReferenceRun(place, evidence=bench.run_reference(workshop, number, variation))
    except GraderError as error:
        return ReferenceRun(place, error=error)


def examine_reference(bench: Bench, runs: ReferenceRuns) -> StageResult:
    """Whether the solution earns everything in all of its runs."""
    findings = list(tell_errors(runs))
    lost: dict[str, list[tuple[Place, CheckResult | None]]] = {}
    for run in runs.runs:
        for name, result in find_lost(bench, runs, run):
            lost.setdefault(name, []).append((run.place, result))
    findings += [tell_lost(bench, name, places) for name, places in lost.items()]
    return StageResult(
        stage=Stage.REFERENCE, summary=summarise(bench, runs), findings=tuple(findings), facts=describe_runs(runs, lost)
    )


def find_lost(bench: Bench, runs: ReferenceRuns, run: ReferenceRun) -> Iterator[tuple[str, CheckResult | None]]:
    """What fails in one run."""
    base = runs.base.get(run.place.number)
    if run.evidence is None:
        return
    if base is None or not made_alike(base, run.evidence):
        base = run.evidence  # of other versions: compared with itself, as in that sandbox a student's would be
    yield from list_failed(bench.mark(run.evidence, base, number=run.place.number), run.evidence).items()


def tell_errors(runs: ReferenceRuns) -> Iterator[Finding]:
    """Runs that gave no evidence, one finding for each reason."""
    told: set[str] = set()
    for run in runs.runs:
        if run.error is not None:
            for finding in tell_faults(run.error, code="reference"):
                if finding.what not in told:
                    told.add(finding.what)
                    where = finding.where or f"reference, {run.place}"
                    yield replace(finding, where=where, details=(*finding.details, f"First in {run.place}."))


def tell_lost(bench: Bench, name: str, places: Sequence[tuple[Place, CheckResult | None]]) -> Finding:
    """A check that the solution itself fails."""
    usual = [place for place, _ in places if not place.variation]
    result = places[0][1]
    shown = "; ".join(str(place) for place, _ in places[:MOST_SHOWN]) + ("; …" if len(places) > MOST_SHOWN else "")
    said = word_result(bench.assignment, name, result)
    if usual:
        what = f"the solution itself doesn't pass: {said}"
        remedy = "mend the solution or the check: nobody can earn these points where this happens"
    else:
        what = f"the solution passes with its own seed only: {said}"
        remedy = "a right answer may differ like this: widen the check, or ask for what doesn't hang on chance"
    return Finding(
        severity=Severity.ERROR,
        code="reference" if usual else "seed_decides",
        where=name,
        what=what,
        remedy=remedy,
        details=(f"In {shown}.",),
    )


def summarise(bench: Bench, runs: ReferenceRuns) -> str:
    """Where it was tried."""
    draws = {run.place.number for run in runs.runs}
    seeds = {run.place.variation for run in runs.runs}
    sandboxes = list(dict.fromkeys(run.place.sandbox for run in runs.runs))
    of = bench.assignment.draws
    shown = f"{len(draws)} draw{'s' if len(draws) > 1 else ''}"
    shown = shown if len(draws) == of else f"{len(draws)} of {of:,} draws"
    return f"{shown}, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}, {', '.join(sandboxes)}"


def describe_runs(
    runs: ReferenceRuns, lost: Mapping[str, Sequence[tuple[Place, CheckResult | None]]]
) -> dict[str, object]:
    """The runs as JSON values."""
    return {
        "runs": [
            {
                "draw": run.place.number,
                "seed": run.place.variation,
                "sandbox": run.place.sandbox,
                "finished": run.evidence is not None,
                "failed": [name for name, places in lost.items() if any(place == run.place for place, _ in places)],
            }
            for run in runs.runs
        ]
    }
