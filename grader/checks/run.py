"""Apply a question's checks in the order that their needs ask for. A check that raises is at fault itself."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.checks.near import are_settled, decide, is_near
from grader.checks.records import Stop, few, find_record
from grader.checks.result import CheckNote, CheckResult, Kept, Verdict, fail
from grader.evidence.model import QuestionEvidence
from grader.spec.model import CheckSpec, Question, Standing

__all__ = ["Check", "Marking", "tidy_result"]

KEYWORDS = ("with", "from", "in", "is", "not", "and", "or")
MOST_CHARACTERS = 2_000


@dataclass(frozen=True)
class Check:
    """One word of the vocabulary. Where the author says, `standing` is None; where it is theirs, `function` is."""

    function: Callable[..., CheckResult] | None
    standing: Standing | None


@dataclass(frozen=True, kw_only=True)
class Marking:
    """One question being marked."""

    question: Question
    student: QuestionEvidence
    reference: QuestionEvidence | None
    kept: Kept
    authors: Mapping[str, Callable[..., Any]]
    checks: Mapping[str, Check]

    def mark(self) -> dict[str, CheckResult]:
        """Every check's result, in the specification's order."""
        results: dict[str, CheckResult] = {}
        waiting = list(self.question.checks)
        while waiting:
            ready = [check for check in waiting if results.keys() >= set(check.needs)]
            for check in ready or waiting:  # a circle, or a check that isn't there, is skipped and not waited for
                results[check.id] = self.mark_check(check, results)
            waiting = [check for check in waiting if check.id not in results]
        return {check.id: results[check.id] for check in self.question.checks}

    def mark_check(self, check: CheckSpec, results: Mapping[str, CheckResult]) -> CheckResult:
        """One check's result."""
        if self.reference is None or not has_finished(self.reference):
            return CheckResult(verdict=Verdict.ERROR, code="no_reference", facts={"record": check.of})
        if not has_finished(self.student):
            problem = self.student.problem
            return fail("not_finished", exit=self.student.exit.value, problem=problem.code if problem else None)
        unmet = [need for need in check.needs if need not in results or results[need].verdict is not Verdict.PASSED]
        if unmet:
            return CheckResult(verdict=Verdict.SKIPPED, code="needs", facts={"needs": unmet})
        try:
            return tidy_result(self.judge(check, self.reference))
        except Stop as stop:
            return tidy_result(stop.result)
        except Exception as error:  # whatever a check raises is its own fault: never a pass, never a student's zero
            facts = {"check": check.use, "error": f"{type(error).__name__}: {error}"[:500]}
            return CheckResult(verdict=Verdict.ERROR, code="check_error", facts=facts)

    def judge(self, check: CheckSpec, reference: QuestionEvidence) -> CheckResult:
        """The result of the first run or, where that came near to the line, of as many as agree, see `near`."""
        first = self.apply(check, reference)
        if not is_near(check, self.student, reference, self.kept):
            return first
        results = [first]
        for again in self.student.again:
            if are_settled([result.verdict is Verdict.PASSED for result in results]):
                break
            results.append(replace(self, student=again).judge_again(check, reference))
        return decide(results)

    def judge_again(self, check: CheckSpec, reference: QuestionEvidence) -> CheckResult:
        """The result of a further run."""
        if not has_finished(self.student):
            return fail("not_finished", exit=self.student.exit.value, problem=None)
        try:
            return self.apply(check, reference)
        except Stop as stop:
            return stop.result

    def apply(self, check: CheckSpec, reference: QuestionEvidence) -> CheckResult:
        """Call the check's function."""
        known = self.checks.get(check.use)
        if known is None:
            return CheckResult(verdict=Verdict.ERROR, code="unknown_check", facts={"check": check.use})
        if known.function is None:
            return self.ask_author(check, reference)
        parameters = {name_keyword(name): value for name, value in check.parameters.items()}
        if check.of is not None:
            parameters["of"] = check.of
        return known.function(self.student, reference, self.kept, **parameters)

    def ask_author(self, check: CheckSpec, reference: QuestionEvidence) -> CheckResult:
        """The author's own check: the function in checks.py that has the check's id.

        Raises:
            TypeError: it returned something else than a result.
        """
        function = self.authors.get(f"{self.question.id}.{check.id}") or self.authors.get(check.id)
        if function is None:
            return CheckResult(verdict=Verdict.ERROR, code="no_function", facts={"function": check.id})
        if check.of is not None:
            require_alike(self.student, reference, check.of)
        result = function(self.student, reference, self.kept)
        if not isinstance(result, CheckResult):
            raise TypeError(f"{check.id} returned {type(result).__name__}; passed(...) or failed(...) is expected")
        return result


def has_finished(evidence: QuestionEvidence) -> bool:
    """Whether a question ran to its end, without a problem."""
    return evidence.finished and evidence.problem is None


def require_alike(student: QuestionEvidence, reference: QuestionEvidence, of: str) -> None:
    """What an author's check reads is there, and of the kind that the reference left: a forged record mustn't make the
    author's code raise, which would win a person's look instead of a zero.

    Raises:
        Stop: it isn't.
    """
    if of in reference.records:
        find_record(student, of, reference.records[of]["kind"])
    if of not in student.arrays and (of in reference.arrays or of not in student.records):
        raise Stop(fail("not_recorded", record=of, names=few([of])))


def name_keyword(name: str) -> str:
    """A parameter's name in Python: `with` is a word of the language, so the function's is `with_`."""
    return f"{name}_" if name in KEYWORDS else name


def tidy_result(result: CheckResult) -> CheckResult:
    """The same with plain JSON values, which are finite and of a bearable length."""
    return replace(
        result,
        expected=tidy(result.expected),
        actual=tidy(result.actual),
        solution=tidy(result.solution),
        facts={name: tidy(value) for name, value in result.facts.items()},
        notes=tuple(
            CheckNote(note.code, {name: tidy(fact) for name, fact in note.facts.items()}) for note in result.notes
        ),
    )


def tidy(value: Any) -> Any:
    """One value as JSON holds it: NaN and infinity by name, numpy's numbers as Python's."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        return value if len(value) <= MOST_CHARACTERS else value[:MOST_CHARACTERS] + "…"
    if isinstance(value, Mapping):
        return {str(key): tidy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tidy(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)[:MOST_CHARACTERS]
