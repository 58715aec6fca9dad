"""Where a check finds what it reads, and what it answers when that isn't there.

A function marked `@check` may stop anywhere with a result: what is missing in the student's evidence fails, what is
missing in the reference's, or among what the author kept, is an error for a person to look at.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec

from grader.checks.result import CheckResult, Kept, Verdict, fail
from grader.evidence.model import Array, QuestionEvidence

__all__ = [
    "Stop",
    "check",
    "few",
    "find_kept",
    "find_record",
    "find_reference_record",
    "refuse_reference",
    "refuse_unusable",
]

P = ParamSpec("P")
MOST_NAMES = 10


class Stop(Exception):  # noqa: N818  (no error: an answer, early)
    """A check has its answer before its end."""

    def __init__(self, result: CheckResult) -> None:
        super().__init__(result.code)
        self.result = result


def check(function: Callable[P, CheckResult]) -> Callable[P, CheckResult]:
    """Make a function that may raise `Stop` one that always returns its result."""

    @functools.wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> CheckResult:
        try:
            return function(*args, **kwargs)
        except Stop as stop:
            return stop.result

    return answer


def find_record(student: QuestionEvidence, of: str, *kinds: str) -> Mapping[str, Any]:
    """The student's record of that name.

    Raises:
        Stop: there is none, or it is of another kind.
    """
    refuse_unusable(student, of)
    record = student.records.get(of)
    if record is None:
        raise Stop(fail("not_recorded", record=of, names=[of]))
    if record["kind"] not in kinds:
        raise Stop(fail("wrong_record", record=of, kind=record["kind"], expected=list(kinds)))
    return record


def refuse_unusable(student: QuestionEvidence, of: str) -> None:
    """Stop where what the student's code gave couldn't be recorded.

    Raises:
        Stop: there is a record of that name, or a numbered one, that says so.
    """
    for name, record in student.records.items():
        if record["kind"] == "unusable" and (name == of or name.startswith(f"{of}_")):
            facts = {key: record[key] for key in ("wanted", "type", "message")}
            raise Stop(fail("unusable", record=of, **facts))


def find_reference_record(reference: QuestionEvidence, of: str, *kinds: str) -> Mapping[str, Any]:
    """The reference's record of that name.

    Raises:
        Stop: there is none, or it is of another kind.
    """
    record = reference.records.get(of)
    if record is None or record["kind"] not in kinds:
        raise Stop(CheckResult(verdict=Verdict.ERROR, code="no_reference", facts={"record": of}))
    return record


def refuse_reference(of: str, reason: str) -> Stop:
    """The reference's evidence is there and can't serve."""
    return Stop(CheckResult(verdict=Verdict.ERROR, code="bad_reference", facts={"record": of, "reason": reason}))


def find_kept(kept: Kept, name: str) -> Array | Any:
    """A value that `data.py` kept.

    Raises:
        Stop: it kept none of that name.
    """
    if name not in kept.values:
        raise Stop(CheckResult(verdict=Verdict.ERROR, code="not_kept", facts={"name": name}))
    return kept.values[name]


def few(names: Iterable[str]) -> list[str]:
    """The first names of many: a report isn't the place for four thousand."""
    return list(names)[:MOST_NAMES]
