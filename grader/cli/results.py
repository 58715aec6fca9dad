"""`grade results`: what a class has, filtered; one student's whole report; why a check said what it said.

Reads the ledger of a folder of results and changes nothing. What is shown is the instructor's view: hidden checks too.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli.options import AssignmentOption, PlainOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.batch.ledger import Ledger
    from grader.batch.model import Grade
    from grader.report.model import Report
    from grader.spec.model import Assignment

__all__ = ["StateName", "results"]

LEDGER = "ledger"


class StateName(StrEnum):
    """In what a row ends; the values of `grader.batch.model.RowState`, which is too heavy for `grade --help`."""

    GRADED = "graded"
    LATE = "late"
    MISSING = "missing"
    NEEDS_REVIEW = "needs_review"
    NOT_GRADED = "not_graded"


def results(
    student: Annotated[str | None, typer.Argument(metavar="STUDENT", help="Only this one.", show_default=False)] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder of results.")] = Path("results"),
    assignment: AssignmentOption = None,
    states: Annotated[
        list[StateName] | None, typer.Option("--state", help="Only rows in this state; may be repeated.")
    ] = None,
    question: Annotated[
        str | None, typer.Option("--question", metavar="ID", help="Points of this question, not of the whole.")
    ] = None,
    below: Annotated[str | None, typer.Option("--below", metavar="POINTS", help="Only rows with fewer points.")] = None,
    above: Annotated[str | None, typer.Option("--above", metavar="POINTS", help="Only rows with more points.")] = None,
    explain: Annotated[
        str | None,
        typer.Option("--explain", metavar="QUESTION.CHECK", help="Why a check of STUDENT said what it said."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="All that STUDENT ever had; without one, what was done to the ledger.")
    ] = False,
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The same as JSON.")] = None,
    plain: PlainOption = False,
) -> ExitStatus:
    """Show a class's results, one student's report, or why a check said what it said."""
    refuse_mixture(student, table=bool(states or question or below or above), explain=bool(explain), history=history)
    from rich.console import Console

    from grader.batch.ledger import open_ledger
    from grader.batch.model import RowState
    from grader.batch.select_grades import Filter

    console = Console(highlight=False, no_color=plain or None)
    with open_ledger(out / LEDGER, write=False) as ledger:
        view = open_view(ledger, out=out, named=assignment, console=console, plain=plain, json=json)
        if student is None and history:
            said = show_events(view)
        elif student is None:
            chosen = Filter(
                states=tuple(RowState(state.value) for state in states or ()),
                question=question,
                below=read_points("--below", below),
                above=read_points("--above", above),
            )
            said = show_table(view, chosen)
        elif explain is not None:
            said = show_explanation(view, student, explain)
        else:
            said = show_student(view, student, history=history)
    if json is not None:
        from grader.cli.printing import write_json

        write_json({"assignment": view.slug, **said}, json)
    return ExitStatus.DONE


def refuse_mixture(student: str | None, *, table: bool, explain: bool, history: bool) -> None:
    """Options of the table don't go with a student or the history, and an explanation is about a student.

    Raises:
        UsageError: they were mixed.
    """
    if student is None and explain:
        raise UsageError("--explain is about one student", command="grade results STUDENT --explain QUESTION.CHECK")
    if (student is not None or history) and table:
        raise UsageError(
            "--state, --question, --below and --above filter the table of all",
            details=("Leave these options out for one student's report or a history.",),
        )


def read_points(option: str, text: str | None) -> Decimal | None:
    """A number of points, exactly.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        points = Decimal(text)
    except InvalidOperation:
        points = Decimal("NaN")
    if not points.is_finite():
        raise UsageError(f"{option} {text!r} is no number of points; 7.5 would be")
    return points


@dataclass(frozen=True, kw_only=True)
class View:
    """What is looked at, and where it is shown. `assignment` is None where its folder isn't here."""

    ledger: "Ledger"
    slug: str
    assignment: "Assignment | None"
    out: Path
    console: "Console"
    plain: bool
    silent: bool  # standard output is for JSON alone

    def list_grades(self) -> "dict[str, Grade]":
        """The current grades, by student."""
        return self.ledger.read_grades(self.slug)

    def find_grade(self, student: str) -> "Grade":
        """A student's grade.

        Raises:
            UsageError: the ledger has none, and who is meant perhaps.
        """
        grades = self.list_grades()
        if student in grades:
            return grades[student]
        near = [known for known in grades if student.casefold() in known.casefold()][:3]
        details = (f"Did you mean: {', '.join(near)}",) if near else ()
        raise UsageError(f"no student {student!r} has a row in {self.slug} here", details=details)

    def read_report(self, grade: "Grade") -> "Report | None":
        """The instructor's report of a grade's mark, as the checks have it; None where nothing was marked."""
        from grader.batch.marks import read_view

        return None if grade.mark_id is None else read_view(self.ledger.read_report(grade.mark_id), "instructor")

    def make_personal(self, report: "Report", grade: "Grade") -> "Report":
        """The same as this student's, with what lateness took and a person decided."""
        from grader.batch.difference import show_late
        from grader.batch.personal import personalize

        decided = self.ledger.read_overrides(self.slug)
        return personalize(
            report,
            grade,
            overrides={question: one for (who, question), one in decided.items() if who == grade.student_id},
            lateness=f"late by {show_late(grade.late_seconds)}" if grade.late_seconds else "",
        )


def open_view(
    ledger: "Ledger", *, out: Path, named: str | None, console: "Console", plain: bool, json: str | None
) -> View:
    """The view of the assignment that is meant: the one named, else the only one.

    Raises:
        UsageError: there are several, none, or not that one.
    """
    known = ledger.list_assignments()
    slug = named.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1] if named is not None else None
    if not known:
        raise UsageError(f"nothing is graded in {str(out)!r} yet", command="grade batch --help")
    if slug is None and len(known) > 1:
        raise UsageError("which assignment?", details=(f"There are: {', '.join(known)}; say --assignment {known[0]}",))
    if slug is not None and slug not in known:
        raise UsageError(f"no grades of {slug!r} in {str(out)!r}", details=(f"There are: {', '.join(known)}",))
    chosen = slug or known[0]
    return View(
        ledger=ledger,
        slug=chosen,
        assignment=load_quietly(named or chosen),
        out=out,
        console=console,
        plain=plain,
        silent=json == "-",
    )


def load_quietly(named: str) -> "Assignment | None":
    """The assignment, where it is here and sound: results are shown without it too."""
    from grader.cli.find import find_assignment
    from grader.errors import GraderError

    try:
        return find_assignment(None, named=named, here=Path.cwd()).load()
    except GraderError:
        return None


def show_table(view: View, chosen: Any) -> dict[str, Any]:
    """The table of a class; the same as plain values."""
    from grader.batch.select_grades import describe_grade, select_grades
    from grader.cli.results_screens import print_table

    every = list(view.list_grades().values())
    grades = select_grades(every, chosen)
    if not view.silent:
        print_table(
            view.console,
            grades,
            slug=view.slug,
            students=len(every),
            chosen=chosen,
            assignment=view.assignment,
            plain=view.plain,
        )
    return {"students": len(every), "grades": [describe_grade(grade) for grade in grades]}


def show_events(view: View) -> dict[str, Any]:
    """What was done to the ledger beside grading, oldest first; the same as plain values."""
    from grader.cli.results_screens import describe_event, print_events

    events = view.ledger.read_events()
    if not view.silent:
        print_events(view.console, events, plain=view.plain)
    return {"events": [describe_event(event) for event in events]}


def show_student(view: View, student: str, *, history: bool) -> dict[str, Any]:
    """One student's report, and on demand everything before it; the same as plain values."""
    from grader.batch.select_grades import describe_grade
    from grader.cli.results_screens import describe_history, print_history, print_standing
    from grader.report.terminal import print_report

    grade = view.find_grade(student)
    report = view.read_report(grade)
    decisions = view.ledger.read_override_history(view.slug, student)
    grades = view.ledger.read_history(view.slug, student)
    if not view.silent:
        if report is not None:
            print_report(report, view.console, plain=view.plain, counted="by the checks")
        print_standing(view.console, grade, decisions, headed=report is None, plain=view.plain)
        if history:
            print_history(view.console, grades, decisions, plain=view.plain)
    said: dict[str, Any] = {"grade": describe_grade(grade)}
    said["report"] = None if report is None else view.make_personal(report, grade).model_dump(mode="json")
    return said | (describe_history(grades, decisions) if history else {})


def show_explanation(view: View, student: str, named: str) -> dict[str, Any]:
    """Why a check said what it said, and what that rests on; the same as plain values.

    Raises:
        UsageError: there is no such check, or nothing was marked.
    """
    from grader.batch.appeal import describe_basis, describe_explanation, explain_checks, trace_basis
    from grader.batch.select_grades import describe_grade
    from grader.cli.explain_screen import print_explanation

    grade = view.find_grade(student)
    report = view.read_report(grade)
    if report is None:
        raise UsageError(f"there is no mark of {student} to explain: {grade.note or grade.state.value}")
    explained = explain_checks(report, named, assignment=view.assignment)
    basis = trace_basis(view.ledger, grade, question=explained[0].question.id)
    if not view.silent:
        print_explanation(view.console, explained, report, grade, basis, plain=view.plain)
    return {
        "grade": describe_grade(grade),
        "explained": [describe_explanation(one) for one in explained],
        "environment": report.environment.model_dump(mode="json"),
        "rests_on": None if basis is None else describe_basis(basis),
    }
