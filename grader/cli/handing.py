"""Handing in as a part of `grade submit`: whose it is, which attempt, and what to say about it.

It doesn't hang on the grading: where a course has an inbox, what could not be graded because of us is handed in too.
"""

from dataclasses import dataclass
from pathlib import Path

from grader import hand_in
from grader.errors import GraderError, UsageError
from grader.ingest.submission import Submission
from grader.spec import Assignment, Course

__all__ = ["Errand", "Handing", "choose_attempt", "do_errand", "place_of"]


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What is to be handed in for whom. `submission` is None where it was refused."""

    path: Path
    course: Course
    assignment: Assignment
    submission: Submission | None
    student: str | None
    attempt: int | None
    wanted: bool


@dataclass(frozen=True)
class Handing:
    """What came of it: lines to show, and the error where it failed."""

    lines: tuple[str, ...]
    error: GraderError | None = None


def choose_attempt(errand: Errand) -> int:
    """The attempt's number: as given, else one more than were handed in, else the first."""
    if errand.attempt is not None:
        return errand.attempt
    if errand.course.inbox is None or errand.student is None or not errand.wanted:
        return 1
    try:
        return hand_in.count_attempts(errand.course.inbox, errand.assignment.slug, errand.student) + 1
    except GraderError:
        return 1  # handing in will say what is wrong with the inbox


def do_errand(errand: Errand) -> Handing:
    """Hand in where the course has an inbox, and say plainly whether anything was."""
    submission, inbox = errand.submission, errand.course.inbox
    if submission is None:
        return Handing(("Nothing was handed in: the submission was refused.",))
    if not errand.wanted:
        return Handing(("Nothing was handed in, as you asked.",))
    if inbox is None:
        where = f": {errand.course.hand_in}" if errand.course.hand_in else " where your course asks for it."
        return Handing((f"Nothing was handed in. Hand in {submission.source}{where}",))
    try:
        receipt = put_into(inbox, errand, submission)
    except GraderError as error:
        return Handing(("NOTHING WAS HANDED IN.",), error)
    return Handing((*hand_in.word_receipt(receipt), keep_receipt(receipt, errand)))


def put_into(inbox: Path, errand: Errand, submission: Submission) -> hand_in.Receipt:
    """The archive in the inbox, and its receipt."""
    if errand.student is None:
        raise UsageError("nothing was handed in: whose is it?", command="grade submit … --student ID")
    return hand_in.hand_in(submission, errand.assignment, student=errand.student, inbox=inbox, attempt=errand.attempt)


def keep_receipt(receipt: hand_in.Receipt, errand: Errand) -> str:
    """Write the receipt beside the homework; the line that says where."""
    path = place_of(errand.path) / f"receipt-{receipt.assignment}-{receipt.attempt}.json"
    try:
        hand_in.write_receipt(path, receipt)
    except OSError as error:
        return f"It was handed in; its receipt can't be kept at {path}: {error.strerror or error}"
    return f"Receipt: {path}  (grade receipt {path})"


def place_of(path: Path) -> Path:
    """The folder in which (of a folder) or beside which (of a file) the report and the receipt are written."""
    return path if path.is_dir() else path.parent
