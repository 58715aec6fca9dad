"""A run that came near to the line is no verdict yet: the same training with other seeds has a say.

The rule, for a check with `near` above 0: the first run decides where its statistic is further than `near` from the
number. Else up to two more runs are made, with other seeds and the same hidden inputs, until two of them agree; what
two say is the verdict. It is the same on both sides of the line: nobody is tried again for having failed only. A
solution that passes a single run with probability p passes by the rule with p^2 (3 - 2p) where all its runs are near:
.972 for .9, .9997 for .99, .028 for .1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from grader.checks.result import CheckNote, CheckResult, Kept, Verdict
from grader.checks.statistics import MEASURES, Statistic, measure_check, read_number
from grader.evidence.model import QuestionEvidence
from grader.spec.model import CheckSpec

__all__ = ["MOST_FURTHER_RUNS", "are_settled", "decide", "is_near", "judge_alone", "list_near_checks"]

MOST_FURTHER_RUNS = 2
ENOUGH = 2  # runs that agree


def list_near_checks(checks: Iterable[CheckSpec]) -> list[CheckSpec]:
    """The checks for which a run near to the line is tried again."""
    return [check for check in checks if check.use in MEASURES and check.parameters.get("near", 0) > 0]


def is_near(check: CheckSpec, student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> bool:
    """Whether a number at most `near` away would have decided otherwise.

    Never raises: what can't be measured isn't near.
    """
    if not list_near_checks([check]):  # most checks: they cost nothing more
        return False
    statistic = measure_safely(check, student, reference, kept)
    if statistic is None:
        return False
    return statistic.turns_within(read_number(check), float(check.parameters["near"]))


def judge_alone(check: CheckSpec, student: QuestionEvidence, reference: QuestionEvidence, kept: Kept) -> bool:
    """Whether one run passes by itself, as far as its number decides. Never raises."""
    statistic = measure_safely(check, student, reference, kept)
    return student.finished and statistic is not None and statistic.allows(read_number(check))


def measure_safely(
    check: CheckSpec, student: QuestionEvidence, reference: QuestionEvidence, kept: Kept
) -> Statistic | None:
    """The statistic, or None where hostile or broken evidence has none."""
    try:
        return measure_check(check, student, reference, kept)
    except Exception:  # the check itself says what is wrong
        return None


def are_settled(passed: Sequence[bool]) -> bool:
    """Whether enough runs agree."""
    return max(passed.count(True), passed.count(False)) >= ENOUGH


def decide(results: Sequence[CheckResult]) -> CheckResult:
    """The verdict of a check over all runs, the first one first, with a note that says how they came out.

    An error in one of them is an error: a person looks. Where there is no further run, the first one stands.
    """
    errors = [result for result in results if result.verdict is Verdict.ERROR]
    if errors:
        return errors[0]
    passed = [result.verdict is Verdict.PASSED for result in results]
    verdict = passed.count(True) >= ENOUGH if are_settled(passed) else passed[0]
    chosen = next(result for result, one in zip(results, passed, strict=True) if one == verdict)
    code = "near_the_line" if len(results) > 1 else "near_once"
    note = CheckNote(code, {"runs": len(results), "passed": passed.count(True)})
    return replace(chosen, notes=(*chosen.notes, note))
