"""What a student's own machine can be told: which checks can be marked there, and what they need of the reference.

A check is marked at home when its result is shown at once and it needs nothing that is private: no kept data, none of
the author's code, no key of a quiz. And it must not give an answer away: where the reference answers a practice draw as
it answers one that counts, its answer to the one is the answer to the other.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from safetensors.numpy import save

from grader.checks.comparison import unwrap
from grader.evidence.model import Array, Evidence, QuestionEvidence
from grader.guest.protocol import Kind, pack_frame
from grader.spec.model import Assignment, CheckSpec, Question, Standing, Visibility

__all__ = ["Shown", "list_shown", "narrow_to_shown", "pack_evidence", "reads"]

PRIVATE = ("learned", "sooner", "agrees", "python", "choice", "choices", "number", "shape", "match", "text")
"""Checks that need what stays with the author: kept data, the author's own code, a key."""
TELLING = ("cases", "equal", "printed", "close")
"""Checks whose evidence of the reference is the answer itself, to be copied."""
COMPARING = ("close", "same_shape", "proportional")
"""Checks that read the reference's arrays; all others read its records alone."""
ENDED = {
    **{"exit": "finished", "code": 0, "signal": None, "definitions_only": False},
    **{"load_seconds": 0.0, "seconds": 0.0, "peak_bytes": 0, "output_bytes": 0},
}

Shown = Mapping[str, tuple[str, ...]]
"""The checks that are marked at home, by question."""


def list_shown(assignment: Assignment, practice: Evidence, counting: Sequence[Evidence]) -> dict[str, tuple[str, ...]]:
    """The checks that are marked at home, by question; questions without any are left out.

    `practice` is the reference's evidence for a practice draw, `counting` that for draws that count, same variant.
    """
    shown = {}
    for question in assignment.questions:
        there = practice.questions.get(question.id)
        others = [evidence.questions[question.id] for evidence in counting if question.id in evidence.questions]
        checks = () if there is None else tuple(pick_checks(question, there, others))
        if checks:
            shown[question.id] = checks
    return shown


def pick_checks(question: Question, practice: QuestionEvidence, counting: Sequence[QuestionEvidence]) -> Iterator[str]:
    """The checks of a question that are marked at home, each only with those that it needs."""
    if question.kind != "probe" or question.visibility is not Visibility.SHOWN:
        return
    able = {
        check.id: check
        for check in question.checks
        if check.visibility is Visibility.SHOWN
        and check.use not in PRIVATE
        and not gives_away(check, practice, counting)
    }
    changed = True
    while changed:
        lacking = [name for name, check in able.items() if not set(check.needs) <= able.keys()]
        changed = bool(lacking)
        able = {name: check for name, check in able.items() if name not in lacking}
    if any(check.standing is not Standing.ADVICE for check in able.values()):
        yield from able


def gives_away(check: CheckSpec, practice: QuestionEvidence, counting: Sequence[QuestionEvidence]) -> bool:
    """Whether the reference's answer to a practice draw is that to one that counts."""
    if check.use not in TELLING:
        return False
    alike = any(answers_alike(check, practice, other) for other in counting)
    return alike or (check.use == "cases" and has_fixed_case(check, practice, counting))


def has_fixed_case(check: CheckSpec, practice: QuestionEvidence, counting: Sequence[QuestionEvidence]) -> bool:
    """Whether a case has the same answer in every draw, one that no other case has: chance is no likely reason then."""
    answers = [list_cases(check, evidence) for evidence in (practice, *counting)]
    first = answers[0]
    return bool(counting) and any(
        first.count(case) == 1 and all(other[place : place + 1] == [case] for other in answers[1:])
        for place, case in enumerate(first)
    )


def list_cases(check: CheckSpec, evidence: QuestionEvidence) -> list[Any]:
    """The reference's answers, case by case."""
    answers = unwrap(pick_values(check, evidence).get(str(check.of)))
    return answers if isinstance(answers, list) else []


def answers_alike(check: CheckSpec, one: QuestionEvidence, other: QuestionEvidence) -> bool:
    """Whether two pieces of the reference's evidence hold the same of what a check compares with."""
    if check.use == "printed" and check.of is None:
        return one.output == other.output
    values, others = pick_values(check, one), pick_values(check, other)
    arrays, theirs = pick_arrays(check, one), pick_arrays(check, other)
    alike = arrays.keys() == theirs.keys() and all(np.array_equal(arrays[name], theirs[name]) for name in arrays)
    return values == others and alike and bool(values or arrays)


def pick_values(check: CheckSpec, evidence: QuestionEvidence) -> dict[str, Any]:
    """The reference's answers and texts that a check reads."""
    return {name: record.get("value") for name, record in evidence.records.items() if reads(check, name)}


def pick_arrays(check: CheckSpec, evidence: QuestionEvidence) -> dict[str, Array]:
    """The reference's arrays that a check compares with."""
    if check.use not in COMPARING:
        return {}
    return {name: array for name, array in evidence.arrays.items() if reads(check, name)}


def reads(check: CheckSpec, name: str) -> bool:
    """Whether a check reads the record or array of that name: "logits" reads "logits", "logits_1" and "logits.x"."""
    of = check.of
    return of is not None and (name == of or name.startswith((f"{of}_", f"{of}.")))


def narrow_to_shown(assignment: Assignment, shown: Shown) -> Assignment:
    """The assignment with what is marked at home alone: nothing else runs there, and nothing else is asked."""
    questions = []
    for question in assignment.questions:
        if question.id in shown:
            checks = tuple(check for check in question.checks if check.id in shown[question.id])
            needs = tuple(name for name in question.needs if is_whole(assignment, name, shown))
            questions.append(replace(question, checks=checks, needs=needs))
    return replace(assignment, questions=tuple(questions))


def is_whole(assignment: Assignment, name: str, shown: Shown) -> bool:
    """Whether everything of a question is marked at home, so that it can be known to be passed."""
    question = next(question for question in assignment.questions if question.id == name)
    return {check.id for check in question.checks} == set(shown.get(name, ()))


def pack_evidence(assignment: Assignment, evidence: Evidence) -> bytes:
    """What a narrowed assignment's checks read of the reference's evidence, and nothing else, as the frames that a run
    would have left: whoever reads it reads it as strictly as a student's. No times: the same evidence, the same bytes.
    """
    about = {"python": evidence.python, "packages": dict(evidence.packages), "device": evidence.device}
    frames = [pack_frame(Kind.READY, spell(about))]
    for number, question in enumerate(assignment.questions):
        left = evidence.questions[question.id]
        frames += pack_question(question, left, number)
    return b"".join((*frames, pack_frame(Kind.DONE, b"")))


def pack_question(question: Question, evidence: QuestionEvidence, number: int) -> Iterator[bytes]:
    """One question's frames."""
    checks = question.checks
    for name, record in evidence.records.items():
        if any(reads(check, name) for check in checks):
            yield pack_frame(Kind.RECORD, spell(record), number)
    arrays = {name: array for check in checks for name, array in pick_arrays(check, evidence).items()}
    if arrays:
        ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
        yield pack_frame(Kind.ARRAYS, save(ordered), number)
    if any(check.use == "printed" and check.of is None for check in checks):
        yield pack_frame(Kind.OUTPUT, evidence.output.encode(), number)
    yield pack_frame(Kind.ENDED, spell(ENDED), number)


def spell(value: Mapping[str, Any]) -> bytes:
    """A frame's JSON."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
