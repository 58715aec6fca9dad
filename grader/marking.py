"""Mark evidence: every check of every question, then questions that need others. Pure, but for the author's checks."""

import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from grader.checks import run_checks
from grader.checks.authors_tests import make_pytest_check
from grader.checks.result import CheckResult, Kept, Verdict
from grader.errors import Fault, SpecError
from grader.evidence.model import Evidence
from grader.ingest.submission import Program
from grader.score import QuestionScore, QuestionStatus, Score, score_question, score_submission
from grader.spec.model import Assignment, Question

__all__ = ["Marks", "add_source", "load_authors_checks", "mark_evidence", "read_source"]

AuthorsChecks = Mapping[str, Callable[..., Any]]
Results = dict[str, dict[str, CheckResult]]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """The check results by question and check, and the score that follows."""

    results: Mapping[str, Mapping[str, CheckResult]]
    score: Score


def load_authors_checks(assignment: Assignment) -> AuthorsChecks:
    """The functions of `reference/<slug>/checks.py`, the author's own, by name; its pytest tests by question and check.

    Raises:
        SpecError: the file can't be run.
    """
    path = None if assignment.reference is None else assignment.reference / "checks.py"
    if path is None or not path.is_file():
        return {}
    try:
        names = runpy.run_path(str(path))
    except Exception as error:  # the author's code can raise anything
        fault = Fault(str(path), f"{type(error).__name__}: {error}")
        raise SpecError(f"the checks of {assignment.slug!r} can't be loaded", faults=(fault,)) from error
    functions = {name: value for name, value in names.items() if callable(value)}
    return functions | {
        f"{question.id}.{check.id}": make_pytest_check(path, question.id, tuple(check.parameters.get("tests", ())))
        for question in assignment.questions
        for check in question.checks
        if check.use == "pytest"
    }


def mark_evidence(
    assignment: Assignment, evidence: Evidence, reference: Evidence, *, kept: Kept, authors: AuthorsChecks
) -> Marks:
    """Every question's checks against the reference's evidence, and the points that follow."""
    results: Results = {}
    scores: dict[str, QuestionScore] = {}
    for question in order_by_needs(assignment.questions):
        marked = mark_question(question, evidence, reference, kept=kept, authors=authors)
        if all(scores[needed].status is QuestionStatus.PASSED for needed in question.needs):
            results[question.id] = marked
        else:
            results[question.id] = skip_all(question)
        scores[question.id] = score_question(question, evidence.questions.get(question.id), results[question.id])
    in_order = tuple(scores[question.id] for question in assignment.questions)
    return Marks(results=results, score=score_submission(assignment, in_order))


def read_source(programs: tuple[Program, ...]) -> str:
    """The text of the graded file: a script's source, or a notebook's cells one after the other."""
    if not programs:
        return ""
    program = programs[0]
    return program.source or "" if program.cells is None else "\n\n".join(cell.source for cell in program.cells)


def add_source(evidence: Evidence, source: str) -> Evidence:
    """The evidence with the program's text in each question, for the checks that read its syntax tree."""
    questions = {name: replace(question, source=source) for name, question in evidence.questions.items()}
    return replace(evidence, questions=questions)


def order_by_needs(questions: tuple[Question, ...]) -> list[Question]:
    """The questions, each after those that it needs (the specification has no circles)."""
    waiting, ordered = list(questions), list[Question]()
    while waiting:
        done = {question.id for question in ordered}
        ready = [question for question in waiting if done.issuperset(question.needs)]
        ordered += ready
        waiting = [question for question in waiting if question not in ready]
    return ordered


def mark_question(
    question: Question, evidence: Evidence, reference: Evidence, *, kept: Kept, authors: AuthorsChecks
) -> dict[str, CheckResult]:
    """One question's checks; none where the run gave no evidence of it through our fault."""
    student = evidence.questions.get(question.id)
    if student is None:
        return {}
    return run_checks(question, student, reference.questions.get(question.id), kept, authors=authors)


def skip_all(question: Question) -> dict[str, CheckResult]:
    """A question whose needs weren't met."""
    facts = {"needs": list(question.needs)}
    return {
        check.id: CheckResult(verdict=Verdict.SKIPPED, code="needs_question", facts=facts) for check in question.checks
    }
