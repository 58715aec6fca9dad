"""What `grade results` shows: the table of a class, where one student stands, and all that went before."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console

from grader.batch.difference import describe_move, show_late
from grader.batch.gradebook import spell_points
from grader.batch.ledger import Event, Recorded
from grader.batch.model import Grade, Override, RowState
from grader.batch.select_grades import Filter, describe_grade, list_lost
from grader.cli.batch_screens import STATE_STYLES, STATE_WORDS
from grader.cli.screens import open_screen
from grader.report.screen import Screen
from grader.spec.model import Assignment

__all__ = [
    "add_facts",
    "describe_event",
    "describe_history",
    "print_events",
    "print_history",
    "print_standing",
    "print_table",
    "show_time",
]

STATE_WIDTH, POINTS_WIDTH = 12, 13
MOST_ID = 24
LEAD = 11
SOURCES = {
    "lms": "the LMS's word",
    "column": "the roster's word",
    "nbgrader": "nbgrader's timestamp",
    "receipt": "the receipt's word",
}


def show_time(moment: datetime | None) -> str:
    """A time to the second, with its zone."""
    return "at an unknown time" if moment is None else moment.isoformat(timespec="seconds")


def print_table(
    console: Console,
    grades: Sequence[Grade],
    *,
    slug: str,
    students: int,
    chosen: Filter,
    assignment: Assignment | None = None,
    plain: bool = False,
) -> None:
    """The rows, one a student: state, points, and what an instructor would ask next."""
    screen = open_screen(console, plain=plain)
    screen.add(" · ".join(name_table(len(grades), slug, students, chosen)), indent=0, style="bold")
    width = max(min(max((len(grade.student_id) for grade in grades), default=0), MOST_ID), 7) + 2
    for grade in grades:
        cells = [
            (grade.student_id, width, "bold"),
            (STATE_WORDS[grade.state], STATE_WIDTH, STATE_STYLES[grade.state]),
            (show_share(grade, chosen, assignment), POINTS_WIDTH, ""),
        ]
        screen.add_row([*cells, (" · ".join(list_remarks(grade, assignment)), 0, "dim")], "")
    if grades:
        screen.add("One student's report: grade results STUDENT", style="dim")
    screen.print_to(console)


def name_table(shown: int, slug: str, students: int, chosen: Filter) -> list[str]:
    """What the table holds."""
    said = [slug, f"{students:,} student{'' if students == 1 else 's'}"]
    parts = [STATE_WORDS[state] for state in chosen.states]
    of = f"{chosen.question} " if chosen.question is not None else ""
    parts += [f"{of}below {spell_points(chosen.below)}"] if chosen.below is not None else []
    parts += [f"{of}above {spell_points(chosen.above)}"] if chosen.above is not None else []
    if not parts:
        return [*said, f"points of {chosen.question}"] if chosen.question is not None else said
    return [*said, f"{shown:,} shown: {', '.join(parts)}"]


def show_share(grade: Grade, chosen: Filter, assignment: Assignment | None) -> str:
    """The points that the table is about, of how many."""
    points, most = chosen.find_points(grade), grade.max_points if chosen.question is None else None
    if chosen.question is not None and assignment is not None:
        most = next((part.points for part in assignment.questions if part.id == chosen.question), None)
    return (spell_points(points) or "–") + (f" / {spell_points(most)}" if most is not None else "")


def list_remarks(grade: Grade, assignment: Assignment | None) -> Iterator[str]:
    """What is to be known of a row beside its points."""
    if grade.late_seconds:
        yield f"{show_late(grade.late_seconds)} late" + (f", −{spell_points(grade.penalty)}" if grade.penalty else "")
    if grade.overridden:
        yield "a person decided"
    if grade.team is not None:
        yield f"team {grade.team}"
    if grade.note and not (grade.late_seconds and grade.state is RowState.LATE):
        yield grade.note
    lost = list_lost(grade, assignment)
    if lost and grade.points:
        yield f"lost in {', '.join(lost)}"


def print_events(console: Console, events: Sequence[Recorded[Event]], *, plain: bool = False) -> None:
    """Who did what to the ledger, when, a line each."""
    screen = open_screen(console, plain=plain)
    if not events:
        screen.add("nothing but grading: nothing was purged, and no evidence was damaged", indent=0)
    for event in events:
        value = event.value
        about = [f"{name} {detail}" for name, detail in value.details.items() if detail not in (None, [], 0, False)]
        who = f"by {event.by}" if event.by else ""
        said = ", ".join(filter(None, (value.kind, value.subject, who, *about)))
        screen.add(said, indent=0, lead=show_time(event.at), lead_width=27)
    screen.print_to(console)


def describe_event(event: Recorded[Event]) -> dict[str, Any]:
    """An event as plain values."""
    value = event.value
    return {
        "at": event.at.isoformat(),
        "by": event.by,
        "kind": value.kind,
        "subject": value.subject,
        "details": dict(value.details),
    }


def print_standing(
    console: Console,
    grade: Grade,
    decisions: Sequence[Recorded[Override]],
    *,
    headed: bool = False,
    plain: bool = False,
) -> None:
    """Where a student stands beyond the checks: when it was handed in, what lateness took, what a person decided."""
    screen = open_screen(console, plain=plain)
    if headed:
        screen.add(f"{grade.assignment} · {grade.student_id}", indent=0, style="bold")
    else:
        screen.add_blank()
    add_facts(screen, list_origin(grade))
    standing = pick_standing(decisions)
    if standing:
        screen.add("by a person, whatever the checks say", lead="decided", lead_width=LEAD)
    for decision in standing:
        said = decision.value
        screen.add(f"{describe_decision(said)}, by {said.by or 'somebody'}, {show_time(said.at)}", indent=LEAD + 1)
    add_facts(screen, list_outcome(grade))
    screen.print_to(console)


def add_facts(screen: Screen, facts: Sequence[tuple[str, str]]) -> None:
    """Lines with a word in front."""
    for word, said in facts:
        screen.add(said, lead=word, lead_width=LEAD)


def list_origin(grade: Grade) -> list[tuple[str, str]]:
    """Whose row it is, and what was handed in when."""
    facts = [("student", f"{grade.student_id}, {STATE_WORDS[grade.state]}")]
    if grade.attempt is not None:
        source = "" if grade.time_source is None else f", by {SOURCES[grade.time_source.value]}"
        facts.append(("handed in", f"{show_time(grade.submitted_at)}{source} · attempt {grade.attempt}"))
    if grade.team is not None:
        facts.append(("team", grade.team))
    if grade.late_seconds:
        facts.append(("late", f"by {show_late(grade.late_seconds)}, which takes {show_points(grade.penalty)}"))
    return facts


def list_outcome(grade: Grade) -> list[tuple[str, str]]:
    """What came of it."""
    final = spell_points(grade.final_points) or "no points"
    note = [("note", grade.note)] if grade.note else []
    return [("final", f"{final} of {spell_points(grade.max_points)}"), *note]


def show_points(points: Decimal) -> str:
    """So many points."""
    return f"{spell_points(points)} point{'' if points == 1 else 's'}"


def pick_standing(decisions: Sequence[Recorded[Override]]) -> list[Recorded[Override]]:
    """The decisions in force: of each place the newest, unless it gives the machine its word back."""
    newest = {decision.value.question: decision for decision in decisions}
    return [decision for decision in newest.values() if decision.value.points is not None]


def describe_decision(decision: Override) -> str:
    """What a person decided, and why."""
    place = decision.question or "the whole"
    what = "as the checks say" if decision.points is None else show_points(decision.points)
    return f"{place}: {what} ({decision.reason})"


def print_history(
    console: Console,
    grades: Sequence[Recorded[Grade]],
    decisions: Sequence[Recorded[Override]],
    *,
    plain: bool = False,
) -> None:
    """All that was ever written down about a student in an assignment, oldest first."""
    screen = open_screen(console, plain=plain)
    screen.add_blank()
    screen.add("history", indent=0, style="bold")
    for _, when, by, said in sorted([*tell_grades(grades), *tell_decisions(decisions)], key=lambda entry: entry[0]):
        screen.add(said, lead=f"{show_time(when)} {by}".rstrip(), lead_width=len(show_time(when)) + 2)
    screen.print_to(console)


def tell_grades(grades: Sequence[Recorded[Grade]]) -> Iterator[tuple[int, datetime, str, str]]:
    """Each grade: its place in the history, when, by whom, and what changed with it."""
    before: Grade | None = None
    for entry in grades:
        grade = entry.value
        said = f"{STATE_WORDS[grade.state]}, {spell_points(grade.final_points) or 'no'} points"
        move = None if before is None else describe_move(before, grade)
        yield entry.id, entry.at, entry.by, said + (f": {', '.join(move.because)}" if move is not None else "")
        before = grade


def tell_decisions(decisions: Sequence[Recorded[Override]]) -> Iterator[tuple[int, datetime, str, str]]:
    """Each decision of a person."""
    for entry in decisions:
        yield entry.id, entry.at, entry.by, f"decided {describe_decision(entry.value)}"


def describe_history(
    grades: Sequence[Recorded[Grade]], decisions: Sequence[Recorded[Override]]
) -> dict[str, list[dict[str, Any]]]:
    """The same as plain values, for JSON."""
    return {
        "history": [{"at": one.at.isoformat(), "by": one.by, **describe_grade(one.value)} for one in grades],
        "decisions": [
            {
                "at": one.at.isoformat(),
                "by": one.value.by,
                "question": one.value.question,
                "points": None if one.value.points is None else float(one.value.points),
                "reason": one.value.reason,
            }
            for one in decisions
        ],
    }
