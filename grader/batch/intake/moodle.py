"""Moodle's "Download all submissions", unpacked: with folders or without, as the box there says.

    <full name>_<participant>_assignsubmission_file/<files>        older ones have a `_` at the end
    <full name>_<participant>_assignsubmission_file_<file's name>

Source: Moodle's mod/assign. The participant's number is that of the grading worksheet, and of one assignment alone: a
worksheet of another one has other numbers. So where the full name is plainly another student's, nothing is matched.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from grader.batch.intake.gathering import Gathering, dated
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.intake.owners import Found, Owners
from grader.batch.model import HandedIn, Member
from grader.spec.model import Assignment

__all__ = ["MOODLE_ENTRY", "find_moodle"]

MOODLE_ENTRY = re.compile(
    r"(?P<who>.+)_(?P<number>[0-9]{1,18})_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<name>.*))?", re.DOTALL
)
BLIND = "Participant"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One entry of a download; `name` is empty for a folder of all that a student handed in."""

    entry: Entry
    name: str


def find_moodle(folder: Path, gathering: Gathering, *, assignment: Assignment) -> None:
    """Match each entry; one student's entries are one submission."""
    pieces: dict[str, list[Piece]] = {}
    for entry in list_folder(folder):
        parts = MOODLE_ENTRY.fullmatch(entry.name)
        if parts is None or not entry.is_taken:
            gathering.leave(
                entry.path, "it isn't named as Moodle names submissions" if parts is None else entry.kind.value
            )
        elif parts["plugin"] != "file" or (entry.is_file and not parts["name"]):
            gathering.leave(entry.path, "it is a text or a comment that was handed in, no file")
        elif (found := find_owner(parts["who"], parts["number"], gathering.owners)).owner is None:
            gathering.leave(entry.path, found.reason)
        else:
            pieces.setdefault(found.owner, []).append(Piece(entry=entry, name=parts["name"] or ""))
    for owner, found_pieces in pieces.items():
        gathering.handed_in += dated(join_pieces(owner, found_pieces, gathering, assignment), gathering.owners)


def find_owner(who: str, number: str, owners: Owners) -> Found:
    """By the participant's number; by the full name only where that is one student's and has no other number."""
    by_number = owners.find_by_lms_id(number) if owners.has_lms_ids else Found()
    by_name = owners.find_by_full_name(who) if who != BLIND else Found()
    if by_number.owner is not None:
        if by_name.owner not in (None, by_number.owner):
            reason = "by the worksheet its number is another student's: is that one of another assignment?"
            return Found(reason=reason)
        return by_number
    if by_name.owner is not None and owners.students[by_name.owner].lms_id:
        return Found(reason="its student has another number in the worksheet: is that one of another assignment?")
    return by_name


def join_pieces(owner: str, pieces: list[Piece], gathering: Gathering, assignment: Assignment) -> list[HandedIn]:
    """One student's entries as one submission; none where which of them counts can't be known."""
    whole = [piece for piece in pieces if not piece.name]
    names = {piece.name for piece in pieces}
    if (whole and len(pieces) > 1) or len(names) < len(pieces):
        for piece in pieces:
            gathering.leave(piece.entry.path, f"{owner!r} has several submissions here: keep one download")
        return []
    members = tuple(Member(path=piece.entry.path, name=piece.name or assignment.slug) for piece in pieces)
    return [HandedIn(student_id=owner, members=members)]
