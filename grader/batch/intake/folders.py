"""One folder or file a student, named by the student's id; `<id>/1/`, `<id>/2/` are attempts."""

import re
from pathlib import Path, PurePosixPath

from grader.batch.intake.gathering import Gathering, dated
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.model import HandedIn, Member
from grader.ingest.read import choose_name
from grader.ingest.unpacking import PACKINGS
from grader.spec.model import Assignment

__all__ = ["find_folders", "name_entry", "split_name"]

ATTEMPT = re.compile(r"[1-9][0-9]{0,5}")


def find_folders(folder: Path, gathering: Gathering, *, assignment: Assignment) -> None:
    """Match each entry of a folder, and the attempts in it."""
    for entry in list_folder(folder):
        gathering.claim(entry, gathering.owners.find(*list_candidates(entry)))
    for owner, entry in gathering.settle_claims().items():
        found = [
            HandedIn(
                student_id=owner,
                members=(Member(path=one.path, name=name_entry(one, assignment)),),
                attempt=number,
            )
            for number, one in list_attempts(entry, assignment)
        ]
        gathering.handed_in += dated(found, gathering.owners)


def list_candidates(entry: Entry) -> tuple[str, ...]:
    """The names that an entry may have somebody's id from: a file's without its ending as well."""
    return (entry.name,) if entry.is_folder else (entry.name, split_name(entry.name)[0])


def split_name(name: str) -> tuple[str, str]:
    """A file's name without its ending, and the ending: `.tar.gz` is one."""
    lower = name.casefold()
    ending = max((packing for packing in PACKINGS if lower.endswith(packing)), key=len, default="")
    ending = ending or PurePosixPath(name).suffix
    return name[: len(name) - len(ending)], name[len(name) - len(ending) :]


def name_entry(entry: Entry, assignment: Assignment) -> str:
    """Under which name something counts as handed in that is named by its student: no student's id is in it, so that
    the same submission of two students is the same.
    """
    if entry.is_folder:
        return assignment.slug
    return choose_name(assignment.slug + split_name(entry.name)[1], assignment.files)


def list_attempts(entry: Entry, assignment: Assignment) -> list[tuple[int, Entry]]:
    """The attempts in a student's folder, by their numbers; the folder itself is the first where there are none.

    Numbered folders are attempts if there is nothing else in the folder, and no file that the assignment asks for
    lies in a folder of such a name.
    """
    if not entry.is_folder:
        return [(1, entry)]
    inside = list_folder(entry.path)
    asked = {PurePosixPath(name).parts[0] for name in assignment.files}
    if inside and all(one.is_folder and ATTEMPT.fullmatch(one.name) and one.name not in asked for one in inside):
        return sorted((int(one.name), one) for one in inside)
    return [(1, entry)]
