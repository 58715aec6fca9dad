"""An inbox of sealed archives, as `grade submit` fills it: `<assignment>/<student>/<attempt>/<one archive>`."""

from pathlib import Path

from grader.batch.intake.folders import ATTEMPT
from grader.batch.intake.gathering import Gathering, dated
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.intake.sealed import NotSealedError, Sealed, open_sealed
from grader.batch.model import HandedIn, Member, TimeSource
from grader.errors import SubmissionError, UsageError
from grader.hand_in import name_folder
from grader.spec.model import Assignment

__all__ = ["find_inbox"]


def find_inbox(folder: Path, gathering: Gathering, *, assignment: Assignment) -> None:
    """Match the archives of one assignment's folder by their manifests. Other assignments' folders aren't looked at."""
    found: dict[str, list[HandedIn]] = {}
    for student in list_folder(folder):
        if not student.is_folder:
            gathering.leave(student.path, "it is no student's folder of an inbox")
            continue
        for attempt in list_folder(student.path):
            one = find_attempt(student, attempt, gathering, assignment)
            if one is not None:
                found.setdefault(one.student_id, []).append(one)
    for attempts in found.values():
        gathering.handed_in += dated(attempts, gathering.owners)


def find_attempt(student: Entry, attempt: Entry, gathering: Gathering, assignment: Assignment) -> HandedIn | None:
    """The attempt in a folder; None where what is there is nobody's, and why is noted."""
    if not attempt.is_folder or not ATTEMPT.fullmatch(attempt.name):
        gathering.leave(attempt.path, "it is no attempt's folder of an inbox")
        return None
    archives = list_folder(attempt.path)
    if len(archives) != 1 or not archives[0].is_file:
        gathering.leave(attempt.path, f"an attempt is one archive; there are {len(archives)} files or folders")
        return None
    archive = archives[0]
    try:
        sealed = open_sealed(archive.path)
        expect_place(sealed, archive, student.name, int(attempt.name), assignment)
    except (NotSealedError, SubmissionError) as error:
        gathering.leave(archive.path, str(error))
        return None
    owner = gathering.owners.find(sealed.student)
    if owner.owner is None:
        gathering.leave(archive.path, owner.reason)
        return None
    return HandedIn(
        student_id=owner.owner,
        members=(Member(path=archive.path, name=f"{assignment.slug}.zip"),),
        attempt=sealed.attempt,
        submitted_at=sealed.handed_in_at,
        time_source=TimeSource.RECEIPT,
        sealed=True,
    )


def expect_place(sealed: Sealed, archive: Entry, student: str, attempt: int, assignment: Assignment) -> None:
    """An archive lies where its manifest says.

    Raises:
        NotSealedError: it doesn't.
    """
    try:
        folder = name_folder(sealed.student)
    except UsageError:
        raise NotSealedError("its manifest names no student") from None
    if folder != student:
        raise NotSealedError("its manifest names another student than the folder")
    if sealed.attempt != attempt or not archive.name.startswith(f"{student}-{attempt}-"):
        raise NotSealedError(f"its manifest says attempt {sealed.attempt}, its place another")
    if sealed.slug != assignment.slug:
        raise NotSealedError(f"its manifest says {sealed.slug[:80]!r}, not {assignment.slug!r}")
