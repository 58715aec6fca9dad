"""Judges an answer at once, as it would be marked when handed in: by the same check, against the same key."""

from typing import Any

from grader.checks import run_checks
from grader.checks.result import CheckResult, Kept
from grader.evidence.model import Evidence, Exit, QuestionEvidence
from grader.spec.model import Question

__all__ = ["Judge"]


class Judge:
    """Holds the key: the reference's evidence."""

    def __init__(self, reference: Evidence) -> None:
        self._reference = reference

    def judge(self, question: Question, answer: Any) -> CheckResult:
        """What the question's check says of an answer; None is no answer."""
        record = {"kind": "answers", "name": question.id, "value": answer}
        given = QuestionEvidence(
            id=question.id, exit=Exit.FINISHED, records={} if answer is None else {question.id: record}
        )
        results = run_checks(question, given, self._reference.questions.get(question.id), Kept())
        return next(iter(results.values()))

    def find_solution(self, question: Question) -> Any:
        """The right answer."""
        return self.judge(question, None).solution
