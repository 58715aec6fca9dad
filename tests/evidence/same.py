"""Whether two runs left the same evidence, and where they differ: times, addresses and random folder names aside."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from grader.evidence.model import Evidence, Problem, QuestionEvidence

__all__ = ["list_differences"]

CHANCE = re.compile(
    r"0x[0-9a-f]{6,}"  # an address
    r"|question-\w{8}"  # a temporary folder
    r"|[\d.]+ ?(?:ns|µs|us|ms|s|min)\b"  # a time that a student's code printed
    r"|\r\x1b\[1m *\d+/\d+[^\n]*"  # Keras' bar: it is drawn as often as time allows
)
"""What no two runs have in common."""


def list_differences(one: Evidence, other: Evidence) -> list[str]:
    """What differs, a line each; none where both are the same."""
    whole = ("exit", "python", "packages", "device", "complete", "fault")
    found = [name for name in whole if getattr(one, name) != getattr(other, name)]
    if one.questions.keys() != other.questions.keys():
        return [*found, "questions"]
    for id in one.questions:
        found += [f"{id}: {line}" for line in compare_questions(one.questions[id], other.questions[id])]
    return found


def compare_questions(one: QuestionEvidence, other: QuestionEvidence) -> Iterator[str]:
    """What differs in one question."""
    for name in ("exit", "definitions_only", "source"):
        if getattr(one, name) != getattr(other, name):
            yield f"{name}: {getattr(one, name)!r}, {getattr(other, name)!r}"
    if without_chance(one.output) != without_chance(other.output):
        yield f"output: {one.output[:200]!r}, {other.output[:200]!r}"
    if describe(one.problem) != describe(other.problem):
        yield f"problem: {one.problem}, {other.problem}"
    if without_chance(repr(one.records)) != without_chance(repr(other.records)):
        yield f"records: {sorted(one.records)}, {sorted(other.records)}"
    yield from compare_arrays("arrays", one.arrays, other.arrays)
    yield from compare_arrays("predictions", one.predictions, other.predictions)


def compare_arrays(what: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    """Arrays that differ in name, type, shape or any bit."""
    if one.keys() != other.keys():
        yield f"{what}: {sorted(one)}, {sorted(other)}"
        return
    for name, array in one.items():
        if array.dtype != other[name].dtype or array.shape != other[name].shape:
            yield f"{what}.{name}: {array.dtype}{array.shape}, {other[name].dtype}{other[name].shape}"
        elif array.tobytes() != other[name].tobytes():
            yield f"{what}.{name}: {int(np.sum(array != other[name]))} of {array.size} values"


def describe(problem: Problem | None) -> str:
    """A problem as text; the seconds that a limit's facts tell aren't compared."""
    return "" if problem is None else without_chance(repr(replace(problem, facts={})))


def without_chance(text: str) -> str:
    """The text with what chance decides replaced."""
    return CHANCE.sub("…", text)
