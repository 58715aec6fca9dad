"""`grade override`: a person's decision about points, with a reason. It beats the machine's mark in regrades too."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.class_run import OutOption, open_class_ledger
from grader.cli.guard import tell
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only a name for a type
    from grader.spec.model import Assignment

__all__ = ["override"]

LONGEST_REASON = 500


def override(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="An id of the roster.", show_default=False)],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the student reads it.", show_default=False)],
    points: Annotated[str | None, typer.Option(metavar="POINTS", help="How many.", show_default=False)] = None,
    question: Annotated[str | None, typer.Option(metavar="ID", help="Of this question; else of the whole.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Give the machine's mark its word back.")] = False,
    out: OutOption = Path("results"),
) -> ExitStatus:
    """Decide about points as a person. Takes effect with the next `grade batch` or `grade regrade`."""
    from grader.batch.model import Override
    from grader.cli.find import find_assignment
    from grader.cli.settings import name_user

    found = find_assignment(None, named=assignment, here=Path.cwd()).load()
    given = read_decision(found, points, question, withdraw=withdraw)
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise UsageError(f"a reason is needed, of 1 to {LONGEST_REASON} characters: the student reads it")
    with open_class_ledger(out) as ledger:
        grades = ledger.read_grades(found.slug)
        if student not in grades:
            raise UsageError(
                f"no row {student!r} in {found.slug!r}", details=("`grade results` shows the ids that there are.",)
            )
        ledger.add_override(
            Override(
                assignment=found.slug,
                student_id=student,
                question=question,
                points=given,
                reason=reason.strip(),
                by=name_user() or "",
                at=datetime.now(UTC),
            )
        )
    place = found.slug if question is None else f"{found.slug}, {question}"
    tell(f"{student}: {place}: " + ("the machine's mark counts again" if given is None else f"{given} points"))
    tell(f"  In the gradebook with the next:  grade regrade {found.slug} --out {out}")
    return ExitStatus.DONE


def read_decision(
    assignment: "Assignment", points: str | None, question: str | None, *, withdraw: bool
) -> Decimal | None:
    """The points that were given, exact; None where the decision is taken back.

    Raises:
        UsageError: no such question, or no such points.
    """
    most = {part.id: part.points for part in assignment.questions}
    if question is not None and question not in most:
        raise UsageError(f"{assignment.slug!r} has no question {question!r}", details=(f"It has {', '.join(most)}.",))
    if withdraw == (points is not None):
        raise UsageError("give either --points or --withdraw")
    if points is None:
        return None
    try:
        given = Decimal(points)
    except InvalidOperation:
        given = Decimal("NaN")
    highest = assignment.points + sum(part.points for part in assignment.questions if part.extra)
    limit = highest if question is None else most[question]
    if not given.is_finite() or given < 0 or given > limit or given != given.quantize(Decimal("0.01")):
        raise UsageError(f"--points {points!r} can't be given; 0 to {limit}, with at most two places, are right")
    return given
