"""What a batch came to, in figures: how many are in which state, how well they did, what was hard, where to look.

`summary.json` holds what follows from grades and marks alone, so a rerun that changes nothing writes the same bytes, or
rather none. What this one call of the command did (`Work`) is for its screen. Files that are nobody's are in the file
by their number and reason only: a download's file names hold people's names.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from pathlib import Path
from statistics import mean, median
from typing import Any, Literal

from grader.batch.alike import find_alike
from grader.batch.gradebook import write_if_new
from grader.batch.hardest import CheckTally, Share, pick_hardest, share_questions
from grader.batch.histogram import Bin, count_bins
from grader.batch.model import Grade, RowState, Unmatched
from grader.report.model import QuestionState, Report, Whose
from grader.spec.model import Assignment

__all__ = ["SCHEMA_VERSION", "LookAt", "Reason", "Summary", "Work", "describe_summary", "summarize", "write_summary"]

SCHEMA_VERSION: Literal["1.0"] = "1.0"
HUNDREDTH = Decimal("0.01")


class Reason(Enum):
    """Why a person should look at a row."""

    NOT_GRADED = "not_graded"  # our fault: grade again
    NEEDS_REVIEW = "needs_review"  # a check couldn't decide: a person must
    REFUSED = "refused"  # at the door: 0 points, and perhaps a slip in packing
    MARKED_LATE = "marked_late"  # the LMS says late, the dates don't
    ALIKE = "alike"  # the same bytes as somebody else's


@dataclass(frozen=True, kw_only=True)
class LookAt:
    """One thing to look at. `others` are further students whom it is about."""

    reason: Reason
    student_id: str
    what: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Work:
    """What one call of the command did. `place` says where code ran, in words: "bubblewrap, 2 at a time"."""

    wall_seconds: float = 0.0
    place: str = ""
    runs_made: int = 0
    runs_reused: int = 0
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A class's results in figures. Median and mean are of final points, of the rows that have some."""

    assignment: str
    title: str
    max_points: Decimal
    students: int
    states: Mapping[RowState, int]
    overridden: int = 0
    late: int = 0  # rows handed in after their due date, with points or without
    median: Decimal | None = None
    mean: Decimal | None = None  # to a hundredth
    bins: tuple[Bin, ...] = ()
    questions: tuple[Share, ...] = ()
    checks: tuple[Share, ...] = ()
    hardest: tuple[Share, ...] = ()  # the worst first, at most one a question
    look_at: tuple[LookAt, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    identical: int = 0  # submissions that are the same as one before
    unchanged: int = 0  # submissions that are the handout as it was given out
    standins: tuple[str, ...] = ()  # weights that weren't the real ones
    unsafe: int = 0  # rows whose code ran outside a sandbox, or in one that isn't what it claims to be
    newest: datetime | None = None  # when the last of the rows was graded
    work: Work = field(default_factory=Work)


def summarize(
    grades: Sequence[Grade],
    assignment: Assignment,
    *,
    marks: Mapping[int, Report] = {},
    unmatched: Sequence[Unmatched] = (),
    marked_late: Sequence[str] = (),
    work: Work | None = None,
) -> Summary:
    """The figures of a class.

    Args:
        grades: one a row of the roster, in its order.
        assignment: what was graded.
        marks: the instructor's reports by the number of the mark; without them nothing is said of single checks. Each
            is asked for once a row and let go, so a mapping that reads them from the ledger will do.
        unmatched: what lies among the submissions and is nobody's.
        marked_late: students whom the LMS calls late.
        work: what this call of the command did.
    """
    gists, checks = read_marks(grades, assignment, marks)
    final = [grade.final_points for grade in grades if grade.final_points is not None]
    alike = find_alike(grades, handouts={mark for mark, gist in gists.items() if gist.unchanged})
    states = Counter(grade.state for grade in grades)
    questions = share_questions([grade for grade in grades if grade.points is not None], assignment)
    return Summary(
        assignment=assignment.slug,
        title=assignment.title,
        max_points=assignment.points,
        students=len(grades),
        states={state: states[state] for state in RowState},
        overridden=sum(grade.overridden for grade in grades),
        late=sum(grade.late_seconds > 0 for grade in grades),
        median=median(final) if final else None,
        mean=mean(final).quantize(HUNDREDTH, ROUND_HALF_EVEN) if final else None,
        bins=count_bins(final, assignment.points),
        questions=questions,
        checks=checks,
        hardest=tuple(pick_hardest(questions, checks, assignment)),
        look_at=(*look_at_rows(grades, gists, marked_late), *look_at_alike(alike.groups)),
        unmatched=tuple(unmatched),
        identical=alike.repeated,
        unchanged=alike.unchanged,
        standins=tuple(sorted({name for gist in gists.values() for name in gist.standins})),
        unsafe=sum(gists[grade.mark_id].unsafe for grade in grades if grade.mark_id in gists),
        newest=max((grade.graded_at for grade in grades if grade.graded_at is not None), default=None),
        work=work or Work(),
    )


@dataclass(frozen=True, kw_only=True)
class Gist:
    """What of a report a summary needs for its row."""

    fault: str | None
    refused: bool
    undecided: tuple[str, ...]
    standins: tuple[str, ...]
    unsafe: bool
    unchanged: bool


def read_marks(
    grades: Sequence[Grade], assignment: Assignment, marks: Mapping[int, Report]
) -> tuple[dict[int, Gist], tuple[Share, ...]]:
    """The gist of each report, and what was earned of each check by the rows that have points."""
    gists: dict[int, Gist] = {}
    tally = CheckTally()
    for grade in grades:
        report = None if grade.mark_id is None else marks.get(grade.mark_id)
        if grade.mark_id is not None and report is not None:
            gists[grade.mark_id] = take_gist(report, assignment)
            if grade.points is not None:
                tally.add(report)
    return gists, tally.list_shares(assignment)


def take_gist(report: Report, assignment: Assignment) -> Gist:
    """The gist of a report."""
    fault, files = report.fault, report.submission.files
    return Gist(
        fault=None if fault is None else fault.message,
        refused=fault is not None and fault.whose is Whose.STUDENT,
        undecided=tuple(part.id for part in report.questions if part.status is QuestionState.NEEDS_REVIEW),
        standins=tuple(name for name, kind in report.environment.weights.items() if kind == "standin"),
        unsafe=not report.environment.is_sandbox,
        unchanged=bool(files) and all(f"sha256:{file.sha256}" in assignment.handout for file in files),
    )


def look_at_rows(grades: Sequence[Grade], gists: Mapping[int, Gist], marked_late: Sequence[str]) -> tuple[LookAt, ...]:
    """The rows that a person should look at, our own faults first."""
    found = [
        look
        for grade in grades
        if (look := look_at_row(grade, None if grade.mark_id is None else gists.get(grade.mark_id))) is not None
    ]
    late = {grade.student_id for grade in grades if grade.student_id in marked_late and grade.late_seconds == 0}
    what = "the LMS's file says late, the due date doesn't"
    found += [LookAt(reason=Reason.MARKED_LATE, student_id=student, what=what) for student in sorted(late)]
    order = list(Reason)
    return tuple(sorted(found, key=lambda look: order.index(look.reason)))


def look_at_row(grade: Grade, gist: Gist | None) -> LookAt | None:
    """What is to be looked at of one row, if anything."""
    student, fault = grade.student_id, gist.fault if gist is not None else None
    if grade.state is RowState.NOT_GRADED:
        return LookAt(reason=Reason.NOT_GRADED, student_id=student, what=grade.note or fault or "our fault")
    if grade.state is RowState.NEEDS_REVIEW:
        undecided = ", ".join(gist.undecided) if gist is not None else ""
        what = f"a check couldn't decide{': ' if undecided else ''}{undecided}"
        return LookAt(reason=Reason.NEEDS_REVIEW, student_id=student, what=grade.note or what)
    if gist is not None and gist.refused and not grade.overridden:
        return LookAt(reason=Reason.REFUSED, student_id=student, what=f"refused: {fault}")
    return None


def look_at_alike(groups: Sequence[tuple[str, ...]]) -> tuple[LookAt, ...]:
    """Submissions of several students that are the same, byte for byte."""
    what = "handed in the same, byte for byte"
    return tuple(
        LookAt(reason=Reason.ALIKE, student_id=first, what=what, others=tuple(others)) for first, *others in groups
    )


def write_summary(summary: Summary, path: Path) -> bool:
    """Write `summary.json`, whole or not at all; False where the file is already this very one.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    text = json.dumps(describe_summary(summary), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return write_if_new(path, text.encode("utf-8", "replace"))


def describe_summary(summary: Summary) -> dict[str, Any]:
    """A summary as `docs/batch.md` documents it: numbers, no names, nothing of this call of the command."""
    return {
        "schema_version": SCHEMA_VERSION,
        "assignment": {"id": summary.assignment, "title": summary.title},
        "students": summary.students,
        "states": {state.value: count for state, count in summary.states.items()},
        "handed_in_late": summary.late,
        "overridden": summary.overridden,
        "max_points": number(summary.max_points),
        "median": number(summary.median),
        "mean": number(summary.mean),
        "histogram": [{"from": number(bin.low), "to": number(bin.high), "students": bin.count} for bin in summary.bins],
        "questions": [describe_share(share) for share in summary.questions],
        "checks": [describe_share(share) for share in summary.checks],
        "hardest": [share.id for share in summary.hardest],
        "look_at": [{**asdict(look), "reason": look.reason.value} for look in summary.look_at],
        "unmatched": dict(sorted(Counter(file.reason for file in summary.unmatched).items())),
        "identical": summary.identical,
        "unchanged": summary.unchanged,
        "standin_weights": list(summary.standins),
        "ran_without_a_sandbox": summary.unsafe,
        "newest_grade": None if summary.newest is None else summary.newest.isoformat(timespec="microseconds"),
    }


def describe_share(share: Share) -> dict[str, Any]:
    """How many earned a question or check, and what share of its points was earned."""
    return {"id": share.id, "share": round(share.share, 4), "earned_it": share.earned, "of": share.of}


def number(points: Decimal | None) -> int | float | None:
    """Points as a JSON number without noise."""
    if points is None:
        return None
    return int(points) if points == points.to_integral_value() else float(points)
