"""Why a check said what it said, and what that rests on: everything that answers an appeal. Reads, decides nothing.

What the checks' parameters are stands in the assignment, which may be another one by now. Then they aren't known, and
that is said: a wrong tolerance in an answer to an appeal is worse than none.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from grader.batch.ledger import Ledger
from grader.batch.model import Grade, StoredRun
from grader.checks import CHECKS
from grader.errors import GraderError, UsageError
from grader.report.model import CheckReport, QuestionReport, Report
from grader.spec.model import Assignment, CheckSpec

__all__ = [
    "STANDINGS",
    "Basis",
    "Explanation",
    "RunTrace",
    "describe_basis",
    "describe_explanation",
    "explain_checks",
    "trace_basis",
]

STANDINGS = {
    "fact": "nobody passes it without computing the right values",
    "claim": "something beside the student's code said so: it may take points, and never gives them alone",
    "advice": "it takes no points either way",
}
OWN = ("student", "reference", "kept", "of")  # arguments of every check


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One check of one student's question. `compares` and `parameters` are None where they aren't known any more."""

    question: QuestionReport
    check: CheckReport
    compares: str | None
    of: str | None
    needs: Mapping[str, str]  # checks that had to pass before, and what they said
    parameters: Mapping[str, Any] | None
    unknown: str = ""  # why they aren't known


@dataclass(frozen=True, kw_only=True)
class RunTrace:
    """One run that a mark rests on. `trouble` says why its evidence can't be read any more; it is intact else."""

    id: int
    questions: tuple[str, ...] = ()
    started_at: datetime | None = None
    wall_seconds: float = 0.0
    draw: int | None = None
    sandbox: str = ""
    is_sandbox: bool = True
    image: str | None = None
    node: str = ""
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a student's mark rests on."""

    mark_id: int
    mark_key: str
    marked_at: datetime
    submission_digest: str | None
    assignment_digest: str
    runs: tuple[RunTrace, ...] = field(default=())


def explain_checks(report: Report, named: str, *, assignment: Assignment | None) -> list[Explanation]:
    """What there is to say of a check ("head.close"), or of every check of a question ("head").

    Raises:
        UsageError: there is no such question or check, and which there are.
    """
    name, _, check = named.partition(".")
    question = next((part for part in report.questions if part.id == name), None)
    if question is None:
        known = ", ".join(part.id for part in report.questions)
        raise UsageError(f"no question {name!r} in {report.assignment.id}", details=(f"There are: {known}",))
    chosen = [part for part in question.checks if check in ("", part.id)]
    if not chosen:
        raise explain_nothing(question, check)
    same = assignment if assignment is not None and assignment.digest == report.assignment.digest else None
    unknown = "the assignment isn't here" if assignment is None else "the assignment was changed since"
    return [explain_check(question, part, same, unknown="" if same is not None else unknown) for part in chosen]


def explain_nothing(question: QuestionReport, check: str) -> UsageError:
    """What to say where a question has no such check."""
    if not question.checks:
        reason = question.problem.message if question.problem is not None else "its checks weren't applied"
        return UsageError(f"no check of {question.id!r} was applied: {reason}")
    known = ", ".join(f"{question.id}.{part.id}" for part in question.checks)
    return UsageError(f"no check {check!r} in {question.id!r}", details=(f"There are: {known}",))


def explain_check(
    question: QuestionReport, check: CheckReport, assignment: Assignment | None, *, unknown: str
) -> Explanation:
    """One check, with its parameters where the assignment is the one that was marked by."""
    spec = None if assignment is None else find_spec(assignment, question.id, check.id)
    verdicts = {part.id: part.verdict.value for part in question.checks}
    return Explanation(
        question=question,
        check=check,
        compares=describe_comparison(check.use),
        of=None if spec is None else spec.of,
        needs={} if spec is None else {name: verdicts.get(name, "not applied") for name in spec.needs},
        parameters=None if spec is None else dict(list_parameters(spec)),
        unknown=unknown,
    )


def find_spec(assignment: Assignment, question: str, check: str) -> CheckSpec | None:
    """A check as the assignment has it."""
    parts = (part for part in assignment.questions if part.id == question)
    return next((spec for part in parts for spec in part.checks if spec.id == check), None)


def describe_comparison(use: str) -> str | None:
    """What a check of the vocabulary compares: the first paragraph of what its author wrote."""
    known = CHECKS.get(use)
    text = inspect.getdoc(known.function) if known is not None and known.function is not None else None
    if text is None:
        return "a function of the course's own checks.py" if use == "python" else None
    return " ".join(text.split("\n\n")[0].split())


def list_parameters(spec: CheckSpec) -> Iterator[tuple[str, Any]]:
    """A check's parameters: the assignment's, and the defaults of those that it doesn't name."""
    known = CHECKS.get(spec.use)
    if known is not None and known.function is not None:
        for name, parameter in inspect.signature(known.function).parameters.items():
            if name not in OWN and parameter.default is not inspect.Parameter.empty:
                said = name.removesuffix("_")  # `with` is a word of the language
                yield said, spec.parameters.get(said, parameter.default)
    yield from ((name, value) for name, value in spec.parameters.items() if name not in OWN)


def trace_basis(ledger: Ledger, grade: Grade, *, question: str | None = None) -> Basis | None:
    """What a grade's mark rests on, the evidence read and its digests verified; None where it has no mark any more.

    With a question, only the runs that asked it.

    Raises:
        ProvisionError: the ledger can't be read.
    """
    mark = None if grade.mark_id is None else ledger.read_mark(grade.mark_id)
    if mark is None:
        return None
    runs = (trace_run(ledger, run_id) for run_id in mark.run_ids)
    return Basis(
        mark_id=mark.id,
        mark_key=mark.key,
        marked_at=mark.marked_at,
        submission_digest=mark.submission_digest,
        assignment_digest=mark.assignment_digest,
        runs=tuple(run for run in runs if question is None or run.trouble or question in run.questions),
    )


def trace_run(ledger: Ledger, run_id: int) -> RunTrace:
    """One run, as far as it is still there."""
    try:
        run: StoredRun = ledger.read_run(run_id)
    except GraderError as error:
        return RunTrace(id=run_id, trouble=error.message)
    return RunTrace(
        id=run.id,
        questions=run.questions,
        started_at=run.started_at,
        wall_seconds=run.wall_seconds,
        draw=run.draw,
        sandbox=run.sandbox,
        is_sandbox=run.is_sandbox,
        image=run.image,
        node=run.node,
    )


def describe_explanation(explained: Explanation) -> dict[str, Any]:
    """An explanation as plain values, for JSON."""
    return {
        "question": explained.question.id,
        "check": explained.check.model_dump(mode="json"),
        "compares": explained.compares,
        "of": explained.of,
        "needs": dict(explained.needs),
        "parameters": None if explained.parameters is None else dict(explained.parameters),
        "parameters_unknown": explained.unknown or None,
        "standing_means": STANDINGS.get(explained.check.standing),
    }


def describe_basis(basis: Basis) -> dict[str, Any]:
    """What a mark rests on as plain values, for JSON."""
    return {
        "mark": basis.mark_id,
        "mark_key": basis.mark_key,
        "marked_at": basis.marked_at.isoformat(),
        "submission_digest": basis.submission_digest,
        "assignment_digest": basis.assignment_digest,
        "runs": [
            {
                "run": run.id,
                "questions": list(run.questions),
                "started_at": None if run.started_at is None else run.started_at.isoformat(),
                "wall_seconds": run.wall_seconds,
                "draw": run.draw,
                "sandbox": run.sandbox,
                "is_sandbox": run.is_sandbox,
                "image": run.image,
                "node": run.node,
                "evidence": run.trouble or "intact",
            }
            for run in basis.runs
        ],
    }
