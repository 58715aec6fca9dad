"""The gate before a release: every stage, in order, each telling what it found; what can't be looked at says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.check_assignment import TrialResult
from grader.collect import Workshop
from grader.errors import GraderError, SpecError
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.validate.bench import Bench
from grader.validate.chance import examine_chance
from grader.validate.cheap_rules import examine_rules
from grader.validate.costs import examine_costs
from grader.validate.coverage import examine_coverage, list_failures
from grader.validate.finding import Stage, StageResult, Validation
from grader.validate.given_away import examine_secrecy
from grader.validate.material import examine_handout, examine_material, examine_specification, tell_faults
from grader.validate.mutation.try_mutants import Outcome
from grader.validate.reference_runs import ReferenceRuns, examine_reference, run_reference
from grader.validate.survivors import examine_mutation
from grader.validate.trials import examine_trials, run_trials

__all__ = ["Options", "Place", "Watcher", "validate_assignment"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an assignment is: its name, its public folder, its private one."""

    slug: str
    folder: Path
    reference: Path | None


@dataclass(frozen=True, kw_only=True)
class Options:
    """How much is tried."""

    seeds: int = 8  # on the first draw; on each other one two
    draws: int = 8  # at most
    mutants: int = 60  # generated ones; 0: none


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """Whom to tell: that a stage begins, how far it is, what came of it."""

    begin: Callable[[Stage], None] = lambda stage: None
    step: Callable[[int, int], None] = lambda done, total: None
    end: Callable[[StageResult], None] = lambda result: None


@dataclass
class Course:
    """One validation on its way."""

    place: Place
    options: Options
    watcher: Watcher
    results: list[StageResult] = field(default_factory=list)

    def take(self, result: StageResult) -> StageResult:
        """A stage is over."""
        self.results.append(result)
        self.watcher.end(result)
        return result

    def attempt(self, stage: Stage, examine: Callable[[], StageResult]) -> None:
        """A stage; an error in it is its finding."""
        self.watcher.begin(stage)
        try:
            result = examine()
        except GraderError as error:
            result = StageResult(stage=stage, summary="it couldn't be done", findings=tell_faults(error))
        self.take(result)


def validate_assignment(
    place: Place, *, workshops: Sequence[Workshop], options: Options | None = None, watcher: Watcher | None = None
) -> Validation:
    """Look at an assignment whole. Everything is tried in the first workshop, the solution in each other one, too."""
    course = Course(place, options or Options(), watcher or Watcher())
    assignment = read_specification(course)
    if assignment is not None:
        course.attempt(Stage.HANDOUT, lambda: examine_handout(assignment))
        course.attempt(Stage.MATERIAL, lambda: examine_material(assignment, workshops[0]))
        if not any(finding.ours for result in course.results for finding in result.findings):
            try_everything(course, assignment, workshops)
    return Validation(
        slug=place.slug,
        title=assignment.title if assignment is not None else place.slug,
        digest=assignment.digest if assignment is not None else None,
        stages=tuple(course.results),
    )


def read_specification(course: Course) -> Assignment | None:
    """The assignment, or None where it can't be read."""
    place = course.place
    course.watcher.begin(Stage.SPECIFICATION)
    try:
        assignment = load_assignment(place.folder, reference=place.reference, slug=place.slug)
    except SpecError as error:
        summary = "unsound: nothing else was looked at"
        course.take(StageResult(stage=Stage.SPECIFICATION, summary=summary, findings=tell_faults(error)))
        return None
    result = course.take(examine_specification(assignment))
    return None if result.findings else assignment


def try_everything(course: Course, assignment: Assignment, workshops: Sequence[Workshop]) -> None:
    """The stages that run something."""
    if not assignment.questions:
        return
    try:
        bench = Bench(assignment, workshops[0])
    except GraderError as error:
        course.take(StageResult(stage=Stage.REFERENCE, summary="it can't be read", findings=tell_faults(error)))
        return
    runs = try_reference(course, bench, workshops)
    if 0 not in runs.base:
        return  # the solution doesn't finish: nothing can be compared with it
    data = {number: bench.load_data(number) for number in runs.base}
    course.attempt(Stage.CHANCE, lambda: examine_chance(assignment, runs))
    course.attempt(Stage.SECRECY, lambda: examine_secrecy(bench, runs.base))
    course.attempt(Stage.RULES, lambda: examine_rules(assignment, runs.base, data))
    course.attempt(Stage.COSTS, lambda: examine_costs(bench, on_end=course.watcher.step))
    try_mistakes(course, bench, runs)


def try_reference(course: Course, bench: Bench, workshops: Sequence[Workshop]) -> ReferenceRuns:
    """The solution everywhere."""
    course.watcher.begin(Stage.REFERENCE)
    runs = run_reference(
        bench,
        workshops,
        draws=min(bench.assignment.draws, course.options.draws),
        seeds=course.options.seeds,
        on_end=course.watcher.step,
    )
    course.take(examine_reference(bench, runs))
    return runs


def try_mistakes(course: Course, bench: Bench, runs: ReferenceRuns) -> None:
    """Mutants and variants, then generated mutants, then which checks all of them need."""
    trials: list[TrialResult] = []
    outcomes: list[Outcome] = []

    def try_written() -> StageResult:
        trials.extend(run_trials(bench, on_end=course.watcher.step))
        return examine_trials(bench.assignment, trials)

    def try_made() -> StageResult:
        tried = examine_mutation(bench, runs.base[0], budget=course.options.mutants, on_end=course.watcher.step)
        outcomes.extend(tried.outcomes)
        return tried.stage

    course.attempt(Stage.TRIALS, try_written)
    if course.options.mutants:
        course.attempt(Stage.MUTATION, try_made)
    if trials:
        course.attempt(Stage.COVERAGE, lambda: examine_coverage(bench.assignment, list_failures(trials, outcomes)))
