"""Which layout a folder has, by names alone, and what was handed in there."""

from collections.abc import Callable, Mapping
from pathlib import Path

from grader.batch.intake.canvas import find_canvas, is_from_canvas
from grader.batch.intake.folders import ATTEMPT, find_folders, list_candidates
from grader.batch.intake.gathering import Gathering
from grader.batch.intake.inbox import find_inbox
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.intake.moodle import MOODLE_ENTRY, find_moodle
from grader.batch.intake.nbgrader import TIMESTAMP, find_nbgrader
from grader.batch.intake.owners import Owners
from grader.batch.intake.sealed import ARCHIVE_NAME
from grader.batch.model import Intake, Roster
from grader.errors import UsageError
from grader.hand_in import name_folder
from grader.spec.model import Assignment

__all__ = ["find_handed_in"]

SUBMITTED = "submitted"
LAYOUTS: dict[str, Callable[..., None]] = {
    "folders": find_folders,
    "inbox": find_inbox,
    "canvas": find_canvas,
    "moodle": find_moodle,
    "nbgrader": find_nbgrader,
}


def find_handed_in(
    folder: Path, roster: Roster, *, assignment: Assignment, teams: Mapping[str, tuple[str, ...]] | None = None
) -> Intake:
    """Everything in a folder, matched with the roster. `teams` are members' ids by the team's name.

    What lies under a team's name has that name as its `student_id`; what a member handed in has the member's id. Both
    are the whole team's: who asks for a member's row gives it all that came from either.

    Raises:
        UsageError: there is no such folder, or it can't be read.
    """
    folder = Path(folder)
    expect_folder(folder)
    owners = Owners(roster, teams or {})
    layout, place = recognise(folder, owners, assignment)
    gathering = Gathering(owners=owners)
    LAYOUTS[layout](place, gathering, assignment=assignment)
    return gathering.finish(layout)


def expect_folder(folder: Path) -> None:
    """A download is unpacked first: its own limits, and the archives in it, aren't those of one submission."""
    if folder.is_dir():
        return
    if not folder.exists():
        raise UsageError(f"there is no folder {str(folder)!r}")
    if folder.suffix.casefold() == ".zip":
        raise UsageError(
            f"{str(folder)!r} is a zip; the folder that it unpacks to is taken",
            command=f"unzip '{folder}' -d '{folder.with_suffix('')}'",
        )
    raise UsageError(f"{str(folder)!r} is no folder")


def recognise(folder: Path, owners: Owners, assignment: Assignment) -> tuple[str, Path]:
    """The layout, and the folder in which it begins."""
    entries = list_folder(folder)
    slug = name_folder(assignment.slug)
    for place in (folder / slug, folder):
        if place.name == slug and place.is_dir() and not place.is_symlink() and is_inbox(place):
            return "inbox", place
    below = next((entry for entry in entries if entry.name == SUBMITTED and entry.is_folder), None)
    if below is not None and owners.find(SUBMITTED).owner is None:
        return "nbgrader", below.path
    if is_submitted(folder, entries, assignment):
        return "nbgrader", folder
    if any(MOODLE_ENTRY.fullmatch(entry.name) for entry in entries):
        return "moodle", folder
    canvas = sum(entry.is_file and is_from_canvas(entry.name) for entry in entries)
    if canvas > sum(owners.find(*list_candidates(entry)).owner is not None for entry in entries):
        return "canvas", folder
    return "folders", folder


def is_inbox(place: Path) -> bool:
    """Whether a sealed archive lies somewhere in an assignment's folder, by its name."""
    for student in list_folder(place):
        for attempt in list_folder(student.path) if student.is_folder else ():
            if attempt.is_folder and ATTEMPT.fullmatch(attempt.name):
                prefix = f"{student.name}-{attempt.name}-"
                names = [entry.name for entry in list_folder(attempt.path)]
                if any(name.startswith(prefix) and ARCHIVE_NAME.fullmatch(name) for name in names):
                    return True
    return False


def is_submitted(folder: Path, entries: tuple[Entry, ...], assignment: Assignment) -> bool:
    """Whether a folder is nbgrader's tree: somebody has this assignment with a timestamp.txt, or it is named so."""
    mark = Path(assignment.slug) / TIMESTAMP if folder.name != SUBMITTED else Path(assignment.slug)
    return any(entry.is_folder and (entry.path / mark).exists() for entry in entries)
