"""Printed text against the reference's."""

from grader.checks.records import check, find_record, find_reference_record
from grader.checks.result import CheckResult, Kept, fail, mismatch, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["printed"]

LINE_CHARACTERS = 200


@check
def printed(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str | None = None,
    exact: bool = False,
) -> CheckResult:
    """The text recorded as `of`, or without `of` all that the question printed, is the reference's.

    Unless `exact`, how many spaces there are in a line, and empty lines, don't count.
    """
    expected = reference.output if of is None else find_reference_record(reference, of, "text")["value"]
    actual = student.output if of is None else find_record(student, of, "text")["value"]
    wanted, lines = split_lines(expected, exact), split_lines(actual, exact)
    if wanted == lines:
        return succeed()
    if not any(line.strip() for line in lines):
        return fail("nothing_printed", expected=len(wanted))
    first = next((n for n, pair in enumerate(zip(wanted, lines, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(wanted), len(lines)) if first is None else first
    return differ_at(at + 1, *(some[at] if at < len(some) else None for some in (wanted, lines)))


def split_lines(text: str, exact: bool) -> list[str]:
    """Lines to compare."""
    if exact:
        return text.split("\n")
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def differ_at(line: int, expected: str | None, actual: str | None) -> CheckResult:
    """The first line that differs; None where one text has no such line."""
    shown = [None if text is None else text[:LINE_CHARACTERS] for text in (expected, actual)]
    return mismatch("text_differs", line=line, expected=shown[0], actual=shown[1])
