"""Recorded answers against the reference's: many cases, or one value."""

import math
from collections import Counter
from decimal import Decimal
from typing import Any

from grader.checks.comparison import Difference, find_difference, is_unreadable, name_type, shorten, unwrap
from grader.checks.records import Stop, check, find_record, find_reference_record, refuse_reference
from grader.checks.result import CheckResult, Kept, fail, mismatch, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["cases", "equal", "read_cases"]

MOST_CASES = 20


@check
def cases(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    at_least: float = 1.0,
    proportional: bool = False,
) -> CheckResult:
    """A list of answers agrees with the reference's, case by case, in at least so large a part of them.

    With `proportional` the part of the cases that are right is the part of the points, and `at_least` decides only
    whether the check counts as passed. Expected values stay out of the facts: the cases are hidden.
    """
    expected, answers = read_cases(student, reference, of)
    differences = [find_difference(one, other) for one, other in zip(expected, answers, strict=True)]
    right = sum(difference is None for difference in differences)
    # Counted in whole cases; the small term keeps 0.95 of 20 at 19 where floats say 19.000000000000004.
    needed = math.ceil(at_least * len(expected) - 1e-9)
    share = Decimal(right) / Decimal(len(expected)) if proportional else None
    if right >= needed:
        return succeed(share=share, right=right, of=len(expected), needed=needed)
    facts = describe_cases(differences)
    return fail("cases_differ", share=share, right=right, of=len(expected), needed=needed, **facts)


def read_cases(student: QuestionEvidence, reference: QuestionEvidence, of: str) -> tuple[list[Any], list[Any]]:
    """Expected and given answers, equally many, at least one."""
    expected = unwrap(find_reference_record(reference, of, "answers")["value"])
    if not isinstance(expected, list) or not expected or any(is_unreadable(case) for case in expected):
        raise refuse_reference(of, "not a list of answers")
    answers = unwrap(find_record(student, of, "answers")["value"])
    if not isinstance(answers, list):
        raise Stop(fail("not_a_list", actual=name_type(answers)))
    if len(answers) != len(expected):
        raise Stop(mismatch("count_differs", expected=len(expected), actual=len(answers)))
    return expected, answers


def describe_cases(differences: list[Difference | None]) -> dict[str, Any]:
    """Which cases are wrong, why, and the first of them in full."""
    wrong = [(number, difference) for number, difference in enumerate(differences, 1) if difference is not None]
    reasons = Counter(difference["reason"] for _, difference in wrong)
    return {
        "wrong": [number for number, _ in wrong[:MOST_CASES]],
        "case": wrong[0][0],
        "reasons": dict(reasons),
        **wrong[0][1],
    }


@check
def equal(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """One answer is the reference's."""
    expected = find_reference_record(reference, of, "answers")["value"]
    if is_unreadable(expected):
        raise refuse_reference(of, f"a {name_type(expected)} is no answer")
    actual = find_record(student, of, "answers")["value"]
    difference = find_difference(expected, actual)
    if difference is None:
        return succeed()
    facts = {key: value for key, value in difference.items() if key != "actual"}
    shown = None if is_unreadable(actual) else shorten(actual)
    return mismatch("answer_differs", expected=shorten(expected), actual=shown, **facts)
