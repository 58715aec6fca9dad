"""Hidden sets that a rule passes which looks at one number, or at nothing. Pure.

A constant answer is tried on the cases of every draw: each answer that is expected anywhere, always. Where an answer is
one of a few and the cases' inputs are in the assignment's data as numbers, lists of numbers or flat tables of such,
every single number of them (a series by its first, last, smallest, greatest and mean value, and its length) is cut in
as many parts as there are answers, wherever that is best over all draws.
"""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from grader.checks.comparison import find_difference, unwrap
from grader.draws import Data
from grader.evidence.model import Evidence
from grader.spec.model import Assignment, CheckSpec, Question
from grader.validate.finding import Finding, Severity, Stage, StageResult

__all__ = ["HiddenSet", "examine_rules", "find_best_cuts", "list_numbers", "try_constants", "try_cuts"]

MOST_CONSTANTS = 100
MOST_CUTS = 3
MOST_ANSWERS = 8
LEAST_CASES = 8
MOST_CASES = 3_000
SHOWN = 40


@dataclass(frozen=True, kw_only=True)
class HiddenSet:
    """One draw's cases of a check: what is expected of each, and what is known of its input, by name."""

    expected: Sequence[Any]
    inputs: Mapping[str, Sequence[Mapping[str, float]]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that gets so many cases right."""

    name: str
    right: float  # the part of the cases, in the draw where it is worst
    draws: int  # that it passes
    of: int


def examine_rules(assignment: Assignment, base: Mapping[int, Evidence], data: Mapping[int, Data]) -> StageResult:
    """Every `cases` check against constants and cuts."""
    findings: list[Finding] = []
    tried = 0
    seen: list[str] = []
    for question in assignment.questions:
        for check in (check for check in question.checks if check.use == "cases"):
            sets = list(collect_sets(question, check, base, data))
            tried += 1
            seen += [f"{question.id}: {name}" for name in (sets[0].inputs if sets else ())]
            findings += tell_rules(question, check, sets)
    return StageResult(
        stage=Stage.RULES,
        summary=f"{tried} hidden sets, {len(seen)} of them with inputs that can be read" if tried else "no hidden sets",
        findings=tuple(findings),
        facts={"inputs": seen},
    )


def collect_sets(
    question: Question, check: CheckSpec, base: Mapping[int, Evidence], data: Mapping[int, Data]
) -> Iterator[HiddenSet]:
    """The cases of each draw that the reference answered."""
    for number, evidence in base.items():
        found = evidence.questions.get(question.id)
        record = found.records.get(check.of or "", {}) if found is not None else {}
        expected = unwrap(record.get("value")) if record.get("kind") == "answers" else None
        if isinstance(expected, list) and expected:
            yield HiddenSet(expected=expected, inputs=dict(list_inputs(data.get(number, Data()), len(expected))))


def list_inputs(data: Data, count: int) -> Iterator[tuple[str, list[dict[str, float]]]]:
    """What the data give that may be the cases' inputs: as many as there are cases, each readable as numbers."""
    candidates = {**data.values, **{name: list(array) for name, array in data.given.items() if array.ndim in (1, 2)}}
    for name, cases in candidates.items():
        if isinstance(cases, list) and len(cases) == count:
            numbers = [dict(list_numbers(case)) for case in cases]
            if numbers[0] and all(one.keys() == numbers[0].keys() for one in numbers):
                yield name, numbers


def list_numbers(case: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Every single number of one case, by name."""
    if isinstance(case, np.ndarray | np.generic):
        case = case.tolist()
    if isinstance(case, bool):
        return
    if isinstance(case, int | float) and math.isfinite(case):
        yield name or "the number", float(case)
    elif isinstance(case, list) and case and all(type(one) in (int, float) and math.isfinite(one) for one in case):
        measures = {"first": case[0], "last": case[-1], "min": min(case), "max": max(case), "mean": fmean(case)}
        yield from ((f"{name or 'its'} {measure}", float(value)) for measure, value in measures.items())
        yield f"{name or 'its'} length", float(len(case))
    elif isinstance(case, dict) and not name:
        for key, part in case.items():
            yield from list_numbers(part, str(key))


def tell_rules(question: Question, check: CheckSpec, sets: Sequence[HiddenSet]) -> Iterator[Finding]:
    """The constants and cuts that pass."""
    at_least = float(check.parameters.get("at_least", 1.0))
    where = f"{question.id}.{check.id}"
    for rule in try_constants(sets, at_least)[:1]:
        always = rule.draws == rule.of
        yield Finding(
            severity=Severity.ERROR if always else Severity.WARNING,
            code="constant",
            where=where,
            what=f"always answering {rule.name} passes in {rule.draws} of {rule.of} draws",
            remedy="ask for more cases with different answers, in equal numbers, or raise `at_least`",
        )
    for rule in try_cuts(sets, at_least)[:1]:
        yield Finding(
            severity=Severity.WARNING,
            code="one_number",
            where=where,
            what=f"a rule that looks at one number passes: {rule.name} alone gets {rule.right:.0%} of all cases right",
            remedy="add cases that agree in this number and differ in their answer, unless that is what you teach",
        )


def try_constants(sets: Sequence[HiddenSet], at_least: float) -> list[Rule]:
    """The constant answers that pass in at least half of the draws, the best first."""
    found = []
    for answer in list_distinct(sets):
        shares = [share_right(answer, one.expected) for one in sets]
        passed = sum(share >= at_least - 1e-9 for share in shares)
        if passed * 2 >= len(sets):
            shown = repr(answer)
            name = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
            found.append(Rule(name=name, right=min(shares), draws=passed, of=len(sets)))
    return sorted(found, key=lambda rule: (-rule.draws, -rule.right, rule.name))


def list_distinct(sets: Sequence[HiddenSet]) -> list[Any]:
    """Every answer that is expected anywhere, once."""
    found: dict[str, Any] = {}
    for one in sets:
        for answer in one.expected:
            if len(found) < MOST_CONSTANTS:
                found.setdefault(repr(unwrap(answer)), unwrap(answer))
    return list(found.values())


def share_right(answer: Any, expected: Sequence[Any]) -> float:
    """The part of the cases that one answer is right for."""
    return sum(find_difference(case, answer) is None for case in expected) / len(expected)


def try_cuts(sets: Sequence[HiddenSet], at_least: float) -> list[Rule]:
    """The single numbers that decide enough of all draws' cases, the best first."""
    answers = [repr(unwrap(case)) for one in sets for case in one.expected]
    distinct = set(answers)
    if not LEAST_CASES <= len(answers) <= MOST_CASES or not 2 <= len(distinct) <= min(MOST_ANSWERS, len(answers) // 3):
        return []
    found = []
    for name in set.intersection(*(set(one.inputs) for one in sets)):
        cases = [case for one in sets for case in one.inputs[name]]
        for number in set.intersection(*(set(case) for case in cases)):
            pairs = [(case[number], answer) for case, answer in zip(cases, answers, strict=True)]
            right = find_best_cuts(pairs, cuts=min(len(distinct) - 1, MOST_CUTS)) / len(pairs)
            if right >= at_least - 1e-9:
                found.append(Rule(name=f"{number} of {name!r}", right=right, draws=len(sets), of=len(sets)))
    return sorted(found, key=lambda rule: (-rule.right, rule.name))


def find_best_cuts(pairs: Sequence[tuple[float, Hashable]], *, cuts: int) -> int:
    """How many are right at most where a number's range is cut so often and each part has one answer."""
    answers = sorted({answer for _, answer in pairs}, key=repr)
    counts: dict[float, dict[Hashable, int]] = {}
    for value, answer in pairs:
        group = counts.setdefault(value, {})
        group[answer] = group.get(answer, 0) + 1
    # best[cut][answer]: the most that are right so far, after that many cuts, where the current part has this answer
    best = [dict.fromkeys(answers, 0) for _ in range(cuts + 1)]
    for value in sorted(counts):
        before = [max(row.values()) for row in best]
        for cut in range(cuts, -1, -1):
            for answer in answers:
                start = max(best[cut][answer], before[cut - 1] if cut else 0)
                best[cut][answer] = start + counts[value].get(answer, 0)
    return max(max(row.values()) for row in best)
