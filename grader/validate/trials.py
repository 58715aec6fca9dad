"""The hand-written material, as `grade check` tries it: each trial that doesn't come out as it says is a finding."""

from collections.abc import Callable, Sequence
from typing import Any

from grader.check_assignment import TrialKind, TrialResult, check_assignment, list_trials
from grader.spec.model import Assignment
from grader.validate.bench import Bench
from grader.validate.finding import Finding, Severity, Stage, StageResult

__all__ = ["examine_trials", "find_untried", "run_trials"]


def run_trials(bench: Bench, *, on_end: Callable[[int, int], None]) -> list[TrialResult]:
    """Try everything that the author wrote.

    Raises:
        SpecError: the material can't be read, or the solution doesn't finish.
        SandboxError: the sandbox failed.
    """
    total = len(list_trials(bench.assignment))
    done: list[TrialResult] = []

    def tell(result: TrialResult) -> None:
        done.append(result)
        on_end(len(done), total)

    return check_assignment(bench.assignment, workshop=bench.workshop, on_result=tell)


def examine_trials(assignment: Assignment, results: Sequence[TrialResult]) -> StageResult:
    """Whether every mutant fails exactly what it names, and every variant keeps its points."""
    findings = [tell_trial(result) for result in results if not result.sound]
    findings += [tell_untried(question) for question in find_untried(assignment, results)]
    counts = {kind: sum(result.trial.kind is kind for result in results) for kind in TrialKind}
    variants, mutants = counts[TrialKind.VARIANT], counts[TrialKind.MUTANT]
    return StageResult(
        stage=Stage.TRIALS,
        summary=f"{count(mutants, 'mutant')}, {count(variants, 'right variant')}",
        findings=tuple(findings),
        facts={"trials": [describe(result) for result in results]},
    )


def count(number: int, word: str) -> str:
    """A number and a word, in the plural where it belongs."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def tell_trial(result: TrialResult) -> Finding:
    """One trial that didn't come out as it should."""
    kind, name = result.trial.kind, result.trial.name
    said = []
    if result.missed:
        said.append(f"it should fail {', '.join(result.missed)}, and doesn't")
    if result.unexpected:
        said.append(f"it fails {', '.join(result.unexpected)}, and should not")
    if not said:
        said.append(f"it gets {result.points} of {result.max_points} points")
    remedy = {
        TrialKind.REFERENCE: "mend the solution or the checks",
        TrialKind.VARIANT: "a right solution loses points: widen the check, or move this one to mutants/",
        TrialKind.MUTANT: "mend the check or the mutant, or name in mutant.toml what really fails",
    }[kind]
    return Finding(
        severity=Severity.ERROR,
        code=f"trial_{kind.value}",
        where=f"{kind.value} {name}",
        what="; ".join(said),
        remedy=remedy,
        details=result.problems,
    )


def find_untried(assignment: Assignment, results: Sequence[TrialResult]) -> list[str]:
    """The questions that no hand-written mutant fails."""
    tried = {
        name.split(".")[0] for result in results if result.trial.kind is TrialKind.MUTANT for name in result.trial.fails
    }
    return [question.id for question in assignment.questions if question.id not in tried]


def tell_untried(question: str) -> Finding:
    """A question without a mutant."""
    return Finding(
        severity=Severity.WARNING,
        code="no_mutant",
        where=question,
        what="no mutant fails this question, so nobody knows that a wrong answer loses points",
        remedy="write down the usual mistake in mutants/: its program, and mutant.toml with what must fail",
    )


def describe(result: TrialResult) -> dict[str, Any]:
    """A trial as JSON values."""
    return {
        "kind": result.trial.kind.value,
        "name": result.trial.name,
        "sound": result.sound,
        "points": None if result.points is None else str(result.points),
        "failed": list(result.failed),
        "missed": list(result.missed),
        "unexpected": list(result.unexpected),
    }
