"""The steps of a calibration: runs, quick training, proposals, the table of errors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from grader.calibrate.errors import ErrorRow, count_errors
from grader.calibrate.observe import Observation
from grader.calibrate.plan import OWN_DEVICE, Planned, plan_runs
from grader.calibrate.proposals import Proposal, propose_all
from grader.calibrate.quick import QuickRuns, find_quick_questions
from grader.calibrate.runs import Deadline, make_runs
from grader.check_assignment import Trial, TrialKind, list_trials, narrow_assignment, narrow_trials
from grader.collect import Workshop
from grader.errors import UsageError
from grader.jobs import running_questions
from grader.sandbox.stopping import stop_at_exit
from grader.spec.model import Assignment

__all__ = ["Calibration", "Effort", "Step", "calibrate_assignment", "look_again"]

QUICK_SEEDS = 5  # of the quick training, on each draw: draws tell more than seeds
QUICK_SHARE = 1 / 3  # of the time, at most


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is run. `draws` None: all of the assignment's. `quick`: draws of the quick training, as many as one
    likes: `data.py` makes them, whether students meet them or not.
    """

    seeds: int = 3
    draws: int | None = None
    quick: int = 60
    minutes: float | None = None
    devices: tuple[str, ...] = (OWN_DEVICE,)


@dataclass(frozen=True)
class Step:
    """How far it is: "running" or "quick"; of so many in all. `observation` is what was seen last."""

    stage: str
    done: int
    total: int
    observation: Observation


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What came of it. `left`: runs that the time didn't suffice for; the next call makes them."""

    assignment: Assignment
    observations: tuple[Observation, ...]
    proposals: tuple[Proposal, ...]
    errors: tuple[ErrorRow, ...]
    left: int = 0
    quick_left: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether there is nothing for the author to think about."""
        return all(one.is_sound for one in self.proposals) and not any(row.refuted for row in self.errors)


def calibrate_assignment(
    assignment: Assignment,
    *,
    workshop: Workshop,
    effort: Effort,
    question: str | None = None,
    tighten: bool = False,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Calibration:
    """Run everything, or read what was run before, and say what follows.

    Raises:
        UsageError: there is no such question, or nothing to run.
        SpecError: the material can't be read, or the reference doesn't finish.
        ProvisionError: there is no reference here, or no weights.
        SandboxError: the sandbox failed.
    """
    if not running_questions(assignment):
        raise UsageError(f"{assignment.slug!r} runs no code: there is no number to choose")
    trials = list_trials(assignment)
    if question is not None:
        assignment = narrow_assignment(assignment, question)
        trials = narrow_trials(trials, assignment)
    draws = min(effort.draws or assignment.draws, assignment.draws)
    if effort.seeds < 1 or draws < 1:
        raise UsageError(f"{effort.seeds} seeds on {draws} draws: there is nothing to run")
    planned = list(plan_runs(trials, draws=draws, seeds=effort.seeds, devices=effort.devices))
    deadline = Deadline.after(effort.minutes)
    quick, quick_left = run_quick(assignment, trials, workshop, effort, on_step)
    made = run_planned(assignment, planned, workshop, deadline, on_step)
    observations = (*made[0], *quick)
    return Calibration(
        assignment=assignment,
        observations=observations,
        proposals=propose_all(assignment, observations, tighten=tighten),
        errors=count_errors(assignment, observations),
        left=made[1],
        quick_left=quick_left,
    )


def look_again(calibration: Calibration, assignment: Assignment, *, workshop: Workshop) -> Calibration:
    """The same runs, marked with an assignment's new numbers; what they left is read from the cache.

    Raises: as `calibrate_assignment`.
    """
    asked = {question.id for question in calibration.assignment.questions}
    assignment = replace(assignment, questions=tuple(part for part in assignment.questions if part.id in asked))
    planned = [Planned(trial=one.trial, condition=one.condition) for one in calibration.observations if not one.quick]
    draws = max((one.condition.draw + 1 for one in calibration.observations if one.quick), default=0)
    trials = list({one.trial.name: one.trial for one in calibration.observations}.values())
    quick, _ = run_quick(assignment, trials, workshop, Effort(quick=draws), lambda step: None)
    made, left = run_planned(assignment, planned, workshop, Deadline(), lambda step: None)
    observations = (*made, *quick)
    return replace(
        calibration,
        assignment=assignment,
        observations=observations,
        errors=count_errors(assignment, observations),
        left=calibration.left + left,
    )


def run_planned(
    assignment: Assignment,
    planned: Sequence[Planned],
    workshop: Workshop,
    deadline: Deadline,
    on_step: Callable[[Step], None],
) -> tuple[tuple[Observation, ...], int]:
    """The slow way: every trial through the door that students use."""
    done = 0

    def tell(observation: Observation) -> None:
        nonlocal done
        done += 1
        on_step(Step("running", done, len(planned), observation))

    made = make_runs(assignment, planned, workshop=workshop, deadline=deadline, on_run=tell)
    return made.observations, made.left


def run_quick(
    assignment: Assignment,
    trials: Sequence[Trial],
    workshop: Workshop,
    effort: Effort,
    on_step: Callable[[Step], None],
) -> tuple[tuple[Observation, ...], int]:
    """The author's quick training, where there is one: on many draws, a few seeds each. What isn't done is counted."""
    observations: list[Observation] = []
    mutants = [trial for trial in trials if trial.kind is TrialKind.MUTANT]
    deadline = Deadline.after(None if effort.minutes is None else QUICK_SHARE * effort.minutes)
    left = 0
    with stop_at_exit(workshop.sandbox) as sandbox:
        place = replace(workshop, sandbox=sandbox)
        for question in find_quick_questions(assignment) if effort.quick else ():
            quick = QuickRuns(assignment=assignment, question=question, workshop=place, mutants=mutants)
            for draw in range(effort.quick):
                if deadline.over:
                    left += effort.quick - draw
                    break
                found = quick.observe(draw, seeds=range(QUICK_SEEDS))
                observations += found
                if found:
                    on_step(Step("quick", draw + 1, effort.quick, found[-1]))
    return tuple(observations), left
