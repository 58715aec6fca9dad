"""Tests that ran inside, beside the student's code: imported from notebooks. And what a person marks."""

from collections.abc import Mapping
from typing import Any

from grader.checks.comparison import unwrap
from grader.checks.records import check, find_record, find_reference_record, refuse_reference
from grader.checks.result import CheckResult, Kept, Verdict, fail, mismatch, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["by_hand", "cell_test"]

LINE_CHARACTERS = 200


@check
def cell_test(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    success: str = "",
    failure: str = "",
) -> CheckResult:
    """A test recorded by `record.test` passed, and showed what it shows for the reference. `success` and `failure` are
    the author's words for it."""
    expected = read_outcome(find_reference_record(reference, of, "answers")["value"])
    if expected is None or not expected["passed"]:
        raise refuse_reference(of, "the solution doesn't pass this test")
    actual = read_outcome(find_record(student, of, "answers")["value"])
    if actual is None:
        return fail("wrong_record", record=of, kind="answers", expected=["the outcome of record.test"])
    told: dict[str, Any] = {"told": failure} if failure else {}
    if not actual["passed"]:
        return fail("test_failed", line=actual["line"], message=actual["error"] or "", **told)
    if actual["shown"] != expected["shown"]:
        shown = (expected["shown"][:LINE_CHARACTERS], actual["shown"][:LINE_CHARACTERS])
        return mismatch("test_shows", expected=shown[0], actual=shown[1], **told)
    praise: dict[str, Any] = {"told": success} if success else {}
    return succeed(**praise)


def read_outcome(value: Any) -> Mapping[str, Any] | None:
    """What `record.test` leaves; None where it is anything else: it comes from inside."""
    value = unwrap(value)
    if not isinstance(value, dict) or value.keys() != {"passed", "shown", "line", "error"}:
        return None
    kinds = ((value["passed"], bool), (value["shown"], str), (value["line"], int | None), (value["error"], str | None))
    return value if all(isinstance(part, kind) for part, kind in kinds) else None


@check
def by_hand(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> CheckResult:
    """A person marks this: no program says anything of it."""
    return CheckResult(verdict=Verdict.ERROR, code="by_hand")
