"""Which checks are needed: one that a mutant fails alone would be missed; one that none does is named. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from grader.check_assignment import TrialKind, TrialResult
from grader.spec.model import Assignment, Question
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.mutation.try_mutants import Outcome

__all__ = ["examine_coverage", "list_failures"]


def list_failures(trials: Iterable[TrialResult], outcomes: Iterable[Outcome]) -> dict[str, frozenset[str]]:
    """What each mutant fails, by its name: those written by hand and those that were made."""
    by_hand = {
        f"mutant {result.trial.name}": frozenset(result.failed)
        for result in trials
        if result.trial.kind is TrialKind.MUTANT
    }
    return by_hand | {outcome.mutant.name: frozenset(outcome.caught_by) for outcome in outcomes if outcome.caught_by}


def examine_coverage(assignment: Assignment, failures: Mapping[str, frozenset[str]]) -> StageResult:
    """For every check whether a mutant fails it, and whether one fails it alone among its question's checks."""
    findings: list[Finding] = []
    alone: dict[str, list[str]] = {}
    for question in assignment.questions:
        for check in question.checks:
            name = f"{question.id}.{check.id}"
            failing = {mutant: failed for mutant, failed in failures.items() if name in failed}
            alone[name] = [mutant for mutant, failed in failing.items() if own(question, failed) == {name}]
            if not failing:
                findings.append(tell_untried(name))
            elif not alone[name]:
                findings.append(tell_redundant(question, name, list(failing.values())))
    needed = sum(bool(mutants) for mutants in alone.values())
    return StageResult(
        stage=Stage.COVERAGE,
        summary=f"{needed} of {len(alone)} checks catch a mutant that no other check of their question does",
        findings=tuple(findings),
        facts={"alone": {name: len(mutants) for name, mutants in alone.items()}},
    )


def own(question: Question, failed: Iterable[str]) -> set[str]:
    """What failed in one question."""
    return {name for name in failed if name.split(".")[0] == question.id}


def tell_untried(name: str) -> Finding:
    """A check that nothing fails."""
    return Finding(
        severity=Severity.WARNING,
        code="untried",
        where=name,
        what="no mutant fails this check, so nobody knows that it can fail",
        remedy="write a mutant with the mistake that it is there for, or leave the check out",
    )


def tell_redundant(question: Question, name: str, failing: Sequence[frozenset[str]]) -> Finding:
    """A check that never fails alone."""
    others = set.intersection(*(own(question, failed) for failed in failing)) - {name}
    with_it = f"{', '.join(sorted(others))} fails as well" if others else "another check fails as well"
    number = "one mutant that fails it" if len(failing) == 1 else f"{len(failing)} mutants that fail it"
    return Finding(
        severity=Severity.NOTE,
        code="redundant",
        where=name,
        what=f"redundant: of {number} none fails it alone; {with_it}",
        remedy="keep it if it explains a mistake better, or write a mutant that only it catches",
    )
