"""Generated mutants as a stage: which are made, tried, caught, accepted, and what to do about those that survive."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.errors import SpecError
from grader.evidence.model import Evidence
from grader.jobs import running_questions
from grader.validate.bench import Bench
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.material import tell_faults
from grader.validate.mutation.accepted import ACCEPTED_FILE, read_accepted
from grader.validate.mutation.edits import parse
from grader.validate.mutation.make import Mutant, choose_mutants, make_mutants
from grader.validate.mutation.reach import find_entries, list_unreached
from grader.validate.mutation.try_mutants import Outcome, try_mutants

__all__ = ["Tried", "examine_mutation"]

MOST_LINES = 8


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The stage, and what came of each mutant."""

    stage: StageResult
    outcomes: tuple[Outcome, ...] = ()


def examine_mutation(bench: Bench, reference: Evidence, *, budget: int, on_end: Callable[[int, int], None]) -> Tried:
    """Make mutants of the solution, try them, and tell which survive."""
    source = bench.solution.programs[0].source if bench.solution.programs else None
    if source is None:
        return Tried(stage=StageResult(stage=Stage.MUTATION, summary="none: the solution is no script"))
    try:
        accepted = read_accepted(bench.assignment)
        path = bench.assignment.folder / "probe.py"
        probe = path.read_text("utf-8") if path.is_file() else ""
        entries = find_entries(probe, [question.id for question in running_questions(bench.assignment)])
        made = make_mutants(source, entries)
        unreached = list_unreached(parse(source), entries)
    except (SpecError, SyntaxError) as error:
        fault = error if isinstance(error, SpecError) else SpecError(f"the solution isn't Python: {error}")
        return Tried(stage=StageResult(stage=Stage.MUTATION, summary="none", findings=tell_faults(fault)))
    outcomes = try_mutants(bench, choose_mutants(made, budget), reference, on_end=on_end)
    stage = describe_stage(made, outcomes, accepted)
    facts = {**stage.facts, "not_reached": unreached}
    return Tried(stage=replace(stage, facts=facts), outcomes=tuple(outcomes))


def describe_stage(made: Sequence[Mutant], outcomes: Sequence[Outcome], accepted: Mapping[str, str]) -> StageResult:
    """The share that is caught, and a finding for each survivor that nobody has accepted."""
    tried = [outcome for outcome in outcomes if outcome.error is None]
    survivors = [outcome for outcome in tried if not outcome.caught_by]
    caught = len(tried) - len(survivors)
    share = f" ({caught / len(tried):.0%})" if tried else ""
    excused = sum(outcome.mutant.name in accepted for outcome in survivors)
    summary = f"{caught} of {len(tried)} caught{share}, {len(made)} could be made"
    summary += f", {late} by their time alone" if (late := sum(outcome.out_of_time for outcome in tried)) else ""
    summary += f", {excused} survivors accepted" if excused else ""
    findings = [tell_survivor(one.mutant) for one in survivors if one.mutant.name not in accepted]
    findings += tell_stale(made, outcomes, accepted)
    findings += tell_raised(tried)
    for outcome in outcomes:
        findings += tell_faults(outcome.error) if outcome.error is not None else ()
    return StageResult(
        stage=Stage.MUTATION,
        summary=summary,
        findings=tuple(findings),
        facts={"possible": len(made), "tried": [describe(outcome, accepted) for outcome in outcomes]},
    )


def tell_survivor(mutant: Mutant) -> Finding:
    """A wrong program that keeps every point."""
    return Finding(
        severity=Severity.WARNING,
        code="survivor",
        where=f"solution line {mutant.line} ({', '.join(mutant.questions)})",
        what=f"{mutant.name} keeps every point:",
        remedy=f"add a check or a case that it fails; if it is right as well, list it in {ACCEPTED_FILE} with a reason",
        details=mutant.difference[:MOST_LINES],
    )


def tell_stale(made: Sequence[Mutant], outcomes: Sequence[Outcome], accepted: Mapping[str, str]) -> list[Finding]:
    """Entries of accepted.toml that say nothing any more."""
    possible = {mutant.name for mutant in made}
    caught = {outcome.mutant.name: outcome.caught_by for outcome in outcomes if outcome.caught_by}
    reasons = {name: "no such mutant can be made of the solution" for name in accepted if name not in possible}
    reasons |= {name: f"it is caught, by {', '.join(caught[name])}" for name in accepted if name in caught}
    return [
        Finding(
            severity=Severity.WARNING,
            code="stale",
            where=f"{ACCEPTED_FILE}: {name}",
            what=f"accepted for nothing: {reason}",
            remedy="take it out of the file",
        )
        for name, reason in reasons.items()
    ]


def tell_raised(outcomes: Sequence[Outcome]) -> list[Finding]:
    """Checks that a wrong program puts in error: each such submission would wait for a person."""
    raised: dict[str, tuple[str, str]] = {}
    for outcome in outcomes:
        for name, said in outcome.raised.items():
            raised.setdefault(name, (said, outcome.mutant.name))
    return [
        Finding(
            severity=Severity.WARNING,
            code="check_raises",
            where=name,
            what=f"{mutant} puts it in error ({said}): a person would have to look at such a submission",
            remedy="a check answers failed(…) to whatever a program leaves",
        )
        for name, (said, mutant) in raised.items()
    ]


def describe(outcome: Outcome, accepted: Mapping[str, str]) -> dict[str, Any]:
    """A mutant and what came of it as JSON values."""
    mutant = outcome.mutant
    return {
        "name": mutant.name,
        "operator": mutant.operator,
        "function": mutant.function,
        "line": mutant.line,
        "questions": list(mutant.questions),
        "difference": list(mutant.difference),
        "caught_by": list(outcome.caught_by),
        "ended": dict(outcome.ended),
        "accepted": accepted.get(mutant.name),
        "error": None if outcome.error is None else outcome.error.message,
    }
