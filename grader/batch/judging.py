"""From marks to grades: which attempt counts, what lateness costs, what a person decided. Pure; one row at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from grader.batch.model import Grade, Override, RowState, StoredMark
from grader.batch.plan import PlannedAttempt, PlannedRow
from grader.batch.rules import ClassRules, Lateness, Penalized, apply_penalty, choose_attempt, judge_lateness
from grader.report.clean import shorten
from grader.spec.model import Assignment

__all__ = ["Judged", "Settled", "judge_attempt", "judge_row"]

NOTHING = Decimal(0)
LONGEST_NOTE = 200
NOTHING_CAME = ("nothing was handed in", "nothing was handed in that counts")
Decisions = Mapping[str | None, Override]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What is known of one attempt: its mark, or why there is none (`fault`, ours)."""

    planned: PlannedAttempt
    mark: StoredMark | None = None
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One attempt with everything that decides about it. `final_points` None: not yet known."""

    settled: Settled
    lateness: Lateness
    questions: Mapping[str, Decimal | None]
    points: Decimal | None
    penalty: Decimal
    final_points: Decimal | None
    could_reach: Decimal

    @property
    def attempt(self) -> int:
        """Its number."""
        return self.settled.planned.attempt


def judge_row(
    row: PlannedRow, settled: Sequence[Settled], *, assignment: Assignment, rules: ClassRules, decisions: Decisions
) -> tuple[Grade, Judged | None]:
    """A row's grade, and the attempt that it comes from; None where nothing was handed in."""
    judged = [
        judge_attempt(row.student_id, one, assignment=assignment, rules=rules, decisions=decisions) for one in settled
    ]
    if not judged:
        return add_notes(grade_nothing(row, assignment, decisions), row, assignment), None
    chosen = choose_attempt(rules, judged)
    return add_notes(grade_attempt(row, chosen, assignment, decisions), row, assignment), chosen


def add_notes(grade: Grade, row: PlannedRow, assignment: Assignment) -> Grade:
    """With a note of the attempts that the assignment doesn't take."""
    most = assignment.attempts
    beyond = [one.attempt for one in row.attempts if most is not None and one.attempt > most]
    if not beyond:
        return grade
    which = f"attempt {beyond[0]} wasn't" if len(beyond) == 1 else f"attempts {beyond[0]} to {beyond[-1]} weren't"
    note = f"{which} graded: the assignment takes {most}"
    return replace(grade, note=shorten("; ".join(filter(None, (grade.note, note))), LONGEST_NOTE))


def judge_attempt(
    student_id: str, settled: Settled, *, assignment: Assignment, rules: ClassRules, decisions: Decisions
) -> Judged:
    """One attempt's points, after a person's decisions and lateness."""
    lateness = judge_lateness(rules, student_ids=(student_id,), submitted_at=settled.planned.submitted_at)
    most = settled.mark.max_points if settled.mark is not None else assignment.points
    highest = most + sum((question.points for question in assignment.questions if question.extra), NOTHING)
    questions, points = decide_points(settled.mark, decisions)
    taken = take_penalty(rules, lateness, points, most)
    return Judged(
        settled=settled,
        lateness=lateness,
        questions=questions,
        points=points,
        penalty=taken.penalty if taken is not None else NOTHING,
        final_points=taken.final_points if taken is not None else None,
        could_reach=apply_penalty(rules, lateness, points=highest, max_points=most).final_points,
    )


def decide_points(mark: StoredMark | None, decisions: Decisions) -> tuple[dict[str, Decimal | None], Decimal | None]:
    """The points by question and in sum, a person's where a person decided."""
    questions = dict(mark.questions) if mark is not None else {}
    for name, decision in decisions.items():
        if name is not None and name in questions and decision.points is not None:
            questions[name] = decision.points
    whole = decisions.get(None)
    if whole is not None and whole.points is not None:
        return questions, whole.points
    known = [points for points in questions.values() if points is not None]
    return questions, sum(known, NOTHING) if questions and len(known) == len(questions) else None


def take_penalty(rules: ClassRules, lateness: Lateness, points: Decimal | None, most: Decimal) -> Penalized | None:
    """What lateness leaves of points that are known."""
    return None if points is None else apply_penalty(rules, lateness, points=points, max_points=most)


def grade_nothing(row: PlannedRow, assignment: Assignment, decisions: Decisions) -> Grade:
    """The row of somebody who handed nothing in; a person may have given points all the same."""
    asked = [question.id for question in assignment.questions]
    decided = {name: one.points for name, one in decisions.items() if name in asked and one.points is not None}
    questions = {name: decided.get(name, NOTHING) for name in asked} if decided else {}
    whole = decisions.get(None)
    given = sum(questions.values(), NOTHING) if decided else None
    given = given if whole is None or whole.points is None else whole.points
    return Grade(
        assignment=assignment.slug,
        student_id=row.student_id,
        state=RowState.MISSING if given is None else RowState.GRADED,
        points=given,
        max_points=assignment.points,
        final_points=given,
        questions=questions,
        overridden=given is not None,
        team=row.team,
        note=NOTHING_CAME[bool(row.attempts)] if given is None else "nothing was handed in; a person gave the points",
    )


def grade_attempt(row: PlannedRow, chosen: Judged, assignment: Assignment, decisions: Decisions) -> Grade:
    """The row of somebody who handed something in."""
    planned, mark = chosen.settled.planned, chosen.settled.mark
    decided = any(decision.points is not None for decision in decisions.values())
    return Grade(
        assignment=assignment.slug,
        student_id=row.student_id,
        state=name_state(chosen),
        points=chosen.points,
        max_points=mark.max_points if mark is not None else assignment.points,
        late_seconds=chosen.lateness.late_seconds,
        penalty=chosen.penalty,
        final_points=chosen.final_points,
        questions=chosen.questions,
        attempt=planned.attempt,
        submitted_at=planned.submitted_at,
        time_source=planned.time_source,
        graded_at=mark.marked_at if mark is not None else None,
        overridden=decided,
        team=row.team,
        mark_id=mark.id if mark is not None else None,
        submission_digest=planned.digest,
        note=shorten("; ".join(list_notes(chosen)), LONGEST_NOTE),
    )


def name_state(chosen: Judged) -> RowState:
    """In what the row ends."""
    if chosen.final_points is not None:
        return RowState.LATE if chosen.lateness.late_seconds else RowState.GRADED
    return RowState.NOT_GRADED if is_ours(chosen) else RowState.NEEDS_REVIEW


def is_ours(chosen: Judged) -> bool:
    """Whether there are no points because of us."""
    return chosen.settled.mark is None or chosen.settled.mark.status == "not_graded"


def list_notes(chosen: Judged) -> list[str]:
    """What an instructor should know about the row, in words."""
    planned = chosen.settled.planned
    notes = [f"refused: {planned.refusal.message}"] if planned.refusal is not None else []
    notes += [f"our fault: {chosen.settled.fault}"] if chosen.settled.fault is not None else []
    return notes + ([chosen.lateness.reason] if chosen.lateness.reason else [])
