"""nbgrader's `submitted` tree: `<student>/<assignment>/`, with the time in timestamp.txt beside the notebooks.

Sources: nbgrader's `coursedir` and `utils.parse_utc`. Its exchange writes the file, and it is no part of the homework:
two students with the same notebook would differ by it.
"""

from datetime import datetime
from pathlib import Path

from grader.batch.intake.gathering import Gathering, dated
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.model import HandedIn, Member, TimeSource
from grader.batch.roster.times import read_nbgrader_time
from grader.errors import SubmissionError
from grader.ingest.folder import read_open
from grader.limits import IngestLimits
from grader.spec.model import Assignment

__all__ = ["TIMESTAMP", "find_nbgrader"]

TIMESTAMP = "timestamp.txt"
MOST_TIMESTAMP_BYTES = 200


def find_nbgrader(folder: Path, gathering: Gathering, *, assignment: Assignment) -> None:
    """Match each student's folder; of it, only this assignment's counts."""
    for entry in list_folder(folder):
        if entry.is_file:
            gathering.leave(entry.path, "a file beside the students' folders")
        else:
            gathering.claim(entry, gathering.owners.find(entry.name))
    for owner, entry in gathering.settle_claims().items():
        inside = {one.name: one for one in list_folder(entry.path)}
        submitted = inside.get(assignment.slug)
        if submitted is not None and submitted.is_folder:
            gathering.handed_in += dated([read_student(owner, submitted, gathering, assignment)], gathering.owners)
        else:
            there = ", ".join(repr(name) for name in list(inside)[:5]) or "nothing"
            gathering.leave(entry.path, f"there is no folder {assignment.slug!r} in it, but {there}")


def read_student(owner: str, submitted: Entry, gathering: Gathering, assignment: Assignment) -> HandedIn:
    """What a student handed in, without timestamp.txt."""
    inside = list_folder(submitted.path)
    stamp = next((one for one in inside if one.name == TIMESTAMP and one.is_file), None)
    members = [Member(path=one.path, name=one.name) for one in inside if one is not stamp]
    if stamp is None or not members or len(members) > IngestLimits().entries:
        members = [Member(path=submitted.path, name=assignment.slug)]  # too many are refused when they are read
    time = read_stamp(stamp, gathering)
    return HandedIn(
        student_id=owner,
        members=tuple(members),
        submitted_at=time,
        time_source=None if time is None else TimeSource.NBGRADER,
    )


def read_stamp(stamp: Entry | None, gathering: Gathering) -> datetime | None:
    """The time in a timestamp.txt; one that can't be read is told, and counts as none."""
    if stamp is None:
        return None
    try:
        text = read_open(stamp.path, MOST_TIMESTAMP_BYTES)[0].decode("utf-8", "replace").strip()
    except SubmissionError as error:
        gathering.leave(stamp.path, error.message)
        return None
    time = read_nbgrader_time(text)
    if time is None and text:
        gathering.leave(stamp.path, "it holds no time that can be read; 2015-02-02 15:58:23.948203 UTC is right")
    return time
