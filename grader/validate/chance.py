"""Answers that change from seed to seed, which no student can be asked for.

The solution's records of one draw are compared under several seeds, by the checks themselves and more strictly: every
case of `cases` must stay, whatever `at_least` says, and `close` must hold within half its tolerance.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.checks import run_checks
from grader.checks.comparison import find_difference
from grader.checks.result import CheckResult, Kept, Verdict
from grader.evidence.model import Evidence, QuestionEvidence
from grader.spec.model import Assignment, CheckSpec, Question
from grader.validate.finding import Finding, Severity, Stage, StageResult
from grader.validate.reference_runs import ReferenceRuns

__all__ = ["examine_chance"]

CLOSE = {"relative": 1e-3, "absolute": 1e-4}
EXACT = ("cases", "close", "equal")
MOST_VALUES = 6


@dataclass(frozen=True, kw_only=True)
class Change:
    """One check's record under other seeds: of how many it differs, in how many draws, what it was."""

    check: str
    use: str
    of: str
    differing: int
    seeds: int
    draws: int
    values: Mapping[str, int]


def examine_chance(assignment: Assignment, runs: ReferenceRuns) -> StageResult:
    """Whether what is compared exactly stays the same under every seed."""
    changes = [
        change
        for question in assignment.questions
        for check in question.checks
        if check.use in EXACT and (change := find_change(question, check, runs)) is not None
    ]
    compared = sum(check.use in EXACT for question in assignment.questions for check in question.checks)
    seeds = sum(len(runs.list_seeds(number)) for number in runs.base)
    return StageResult(
        stage=Stage.CHANCE,
        summary=f"{compared} exact comparisons under {seeds} other seeds",
        findings=tuple(map(tell_change, changes)),
        facts={"changing": [change.check for change in changes], "seeds": seeds},
    )


def find_change(question: Question, check: CheckSpec, runs: ReferenceRuns) -> Change | None:
    """How one check's record changes; None where it doesn't."""
    strict = replace(question, needs=(), checks=(make_strict(check),))
    differing, seeds, draws = 0, 0, set()
    values: Counter[str] = Counter()
    for number, base in runs.base.items():
        for other in runs.list_seeds(number):
            seeds += 1
            if not agrees(strict, base, other):
                differing += 1
                draws.add(number)
        if draws == {number}:
            values = Counter(list_values(check, question.id, [base, *runs.list_seeds(number)]))
    if not differing:
        return None
    return Change(
        check=f"{question.id}.{check.id}",
        use=check.use,
        of=check.of or "",
        differing=differing,
        seeds=seeds,
        draws=len(draws),
        values=dict(values.most_common(MOST_VALUES)),
    )


def make_strict(check: CheckSpec) -> CheckSpec:
    """The same comparison without its slack."""
    parameters = dict(check.parameters)
    if check.use == "cases":
        parameters["at_least"] = 1.0
    if check.use == "close":
        parameters |= {name: parameters.get(name, usual) / 2 for name, usual in CLOSE.items()}
    return replace(check, parameters=parameters, needs=(), points=None)


def agrees(question: Question, base: Evidence, other: Evidence) -> bool:
    """Whether two runs of the solution say the same. One that didn't finish is told elsewhere."""
    mine, theirs = other.questions.get(question.id), base.questions.get(question.id)
    if mine is None or theirs is None or not mine.finished or not theirs.finished:
        return True
    results: Mapping[str, CheckResult] = run_checks(question, mine, theirs, Kept())
    return all(result.verdict is not Verdict.FAILED for result in results.values())


def list_values(check: CheckSpec, question: str, evidence: Sequence[Evidence]) -> Iterator[str]:
    """What the record was under each seed: of several cases the first that changes, of arrays nothing."""
    answers = [read_answer(check, found.questions[question]) for found in evidence if question in found.questions]
    if check.use == "cases" and all(isinstance(answer, list) for answer in answers):
        changing = [
            case for case in zip(*answers, strict=False) if any(find_difference(case[0], one) for one in case[1:])
        ]
        answers = list(changing[0]) if changing else []
    yield from (json.dumps(answer)[:60] for answer in answers if answer is not None)


def read_answer(check: CheckSpec, evidence: QuestionEvidence) -> Any:
    """An answer as it was recorded; None where the record is of another kind."""
    record = evidence.records.get(check.of or "", {})
    return record.get("value") if record.get("kind") == "answers" else None


def tell_change(change: Change) -> Finding:
    """A record that hangs on chance."""
    values = ", ".join(f"{value} ({count} times)" for value, count in change.values.items())
    how = "within half its tolerance" if change.use == "close" else "exactly"
    return Finding(
        severity=Severity.ERROR,
        code="chance",
        where=change.check,
        what=f"`{change.use}` compares {change.of!r} {how}, and the solution's own changes from seed to seed: "
        f"it differs in {change.differing} of {change.seeds} runs",
        remedy="ask for what chance doesn't change (a shape, a count, a range by `curve`), check what was learned by "
        "`learned` or `agrees`, or seed inside the probe",
        details=(f"Seen: {values}.",) if values else (),
    )
