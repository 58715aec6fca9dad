"""How often the checks go wrong, counted: right solutions that lose something, mutants that lose nothing.

What is counted is honest about what repeats itself. A run on other threads or another device is no run of its own. Two
runs of one solution on one draw that left the same, byte for byte, are one run made twice: seeds that change nothing
add nothing. The reference's own run of a draw is what the others are compared with, and isn't counted. A question that
met a limit of time or memory says nothing of the numbers: it is told by itself.

Two bounds are given, each one-sided at 95 %:

- over *runs*: of further runs like these, by solutions written like these, on these draws. Different solutions and
  draws have different chances of failing; the bound is one of their mean, and holds (see `bounds`).
- over *draws*: of draws on which any of these solutions fails (of a mutant: passes). Draws are independent of each
  other and alike by construction, so this one holds for draws that nobody has seen. There are few, so it is wide.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from grader.calibrate.bounds import bound_above
from grader.calibrate.observe import Observation
from grader.check_assignment import Trial, TrialKind
from grader.checks.statistics import MEASURES, read_number
from grader.spec.model import Assignment

__all__ = ["FAILURE_GOAL", "PASS_GOAL", "ErrorKind", "ErrorRow", "count_errors"]

FAILURE_GOAL = 0.001
PASS_GOAL = 0.01


class ErrorKind(Enum):
    """What went wrong in a row of the table."""

    FALSE_FAILURE = "false_failure"  # a right solution lost something
    FALSE_PASS = "false_pass"  # noqa: S105 - a mutant lost nothing in the question


@dataclass(frozen=True, kw_only=True)
class ErrorRow:
    """One row. `check` is None where all checks of the question count; of quick training, the one that it is about.

    `made` are all runs, `runs` those that count as runs of their own. `failed` names the trials that went wrong.
    """

    kind: ErrorKind
    question: str
    check: str | None
    mutant: str | None
    made: int
    runs: int
    wrong: int
    draws: int
    wrong_draws: int
    failed: tuple[str, ...]

    @property
    def bound(self) -> float:
        """The share of such runs that may go wrong, at 95 %."""
        return bound_above(self.wrong, self.runs) if self.runs else 1.0

    @property
    def draws_bound(self) -> float:
        """The share of draws on which one may, at 95 %."""
        return bound_above(self.wrong_draws, self.draws) if self.draws else 1.0

    @property
    def goal(self) -> float:
        """What the share should be at most."""
        return FAILURE_GOAL if self.kind is ErrorKind.FALSE_FAILURE else PASS_GOAL

    @property
    def shown(self) -> bool:
        """Whether the runs suffice to say, at 95 %, that the goal is kept."""
        return self.bound <= self.goal

    @property
    def refuted(self) -> bool:
        """Whether more went wrong than the goal allows: not for want of runs."""
        return bool(self.runs) and self.wrong / self.runs > self.goal


@dataclass(frozen=True)
class Tally:
    """One run: of which trial, on which draw, what it left, and whether it went wrong."""

    trial: str
    draw: int
    left: str
    wrong: bool


def count_errors(assignment: Assignment, observations: Sequence[Observation]) -> tuple[ErrorRow, ...]:
    """The rows: false failures by question, then by question and check of quick training; false passes by mutant."""
    return (
        *count_failures(assignment, observations),
        *count_quick(assignment, observations),
        *count_passes(observations),
    )


def count_failures(assignment: Assignment, observations: Sequence[Observation]) -> Iterator[ErrorRow]:
    """Right solutions that lost something, by question."""
    right = [one for one in observations if one.is_right and not one.quick and not one.is_reference]
    for question in assignment.questions:
        asked = [one for one in right if question.id in one.passed and question.id not in one.limited]
        if asked:
            tallies = [tally(one, question.id, wrong=not one.passed[question.id]) for one in asked]
            yield make_row(ErrorKind.FALSE_FAILURE, question.id, asked, tallies)


def count_quick(assignment: Assignment, observations: Sequence[Observation]) -> Iterator[ErrorRow]:
    """The same of quick training, which knows of single checks only: right ways that fail, mutants' ways that pass."""
    quick = [one for one in observations if one.quick]
    for question in assignment.questions:
        for check in question.checks:
            name = f"{question.id}.{check.id}"
            seen = [one for one in quick if name in one.statistics and check.use in MEASURES]
            right = [one for one in seen if one.is_right]
            if right:
                number = read_number(check)
                tallies = [quick_tally(one, wrong=not one.statistics[name].allows(number)) for one in right]
                yield make_row(ErrorKind.FALSE_FAILURE, question.id, right, tallies, check=check.id)
            for mutant in list_mutants(one for one in seen if name in one.trial.fails):
                number, own = read_number(check), [one for one in seen if one.trial == mutant]
                tallies = [quick_tally(one, wrong=one.statistics[name].allows(number)) for one in own]
                yield make_row(ErrorKind.FALSE_PASS, question.id, own, tallies, check=check.id, mutant=mutant.name)


def count_passes(observations: Sequence[Observation]) -> Iterator[ErrorRow]:
    """Mutants that lost nothing in a question that they should fail, by all its checks together."""
    wrong = [one for one in observations if not one.is_right and not one.quick]
    for mutant in list_mutants(wrong):
        own = [one for one in wrong if one.trial == mutant]
        for question in dict.fromkeys(name.split(".")[0] for name in mutant.fails):
            asked = [one for one in own if question in one.passed and question not in one.limited]
            if asked:
                tallies = [tally(one, question, wrong=one.passed[question]) for one in asked]
                yield make_row(ErrorKind.FALSE_PASS, question, asked, tallies, mutant=mutant.name)


def list_mutants(observations: Iterable[Observation]) -> list[Trial]:
    """The mutants among them, each once."""
    return list({one.trial.name: one.trial for one in observations if one.trial.kind is TrialKind.MUTANT}.values())


def tally(one: Observation, question: str, *, wrong: bool) -> Tally:
    """One run; on another thread count or device it belongs to the usual run of its seed."""
    usual = one.condition.is_usual
    return Tally(one.trial.name, one.condition.draw, one.digests.get(question, "") if usual else "", wrong)


def quick_tally(one: Observation, *, wrong: bool) -> Tally:
    """One quick training: each seed has its own start and order."""
    return Tally(one.trial.name, one.condition.draw, f"seed {one.condition.variation}", wrong)


def make_row(
    kind: ErrorKind,
    question: str,
    observations: Sequence[Observation],
    tallies: Sequence[Tally],
    *,
    check: str | None = None,
    mutant: str | None = None,
) -> ErrorRow:
    """A row of the table."""
    own = {(one.trial, one.draw, one.left) for one in tallies if one.left}
    wrong = {(one.trial, one.draw, one.left) for one in tallies if one.wrong}
    return ErrorRow(
        kind=kind,
        question=question,
        check=check,
        mutant=mutant,
        made=len(observations),
        runs=len(own | wrong),
        wrong=len(wrong),
        draws=len({one.draw for one in tallies}),
        wrong_draws=len({one.draw for one in tallies if one.wrong}),
        failed=tuple(sorted({one.trial for one in tallies if one.wrong})),
    )
