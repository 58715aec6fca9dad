"""Canvas's "Download Submissions", unpacked: `<name>[_LATE]_<user>_<upload>_<file's name>`, all in one folder.

Source: canvas-lms lib/content_zipper.rb. The name of the person isn't looked at, only the user's number. A download has
the files of each student's last submission; Canvas puts "-1", "-2" before the ending of a file that was uploaded again.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from grader.batch.intake.folders import split_name
from grader.batch.intake.gathering import Gathering, dated
from grader.batch.intake.listing import Entry, list_folder
from grader.batch.model import HandedIn, Member
from grader.spec.model import Assignment

__all__ = ["find_canvas", "is_from_canvas"]

CANVAS_FILE = re.compile(
    r"(?P<who>.+?)(?P<late>_LATE)?_(?P<user>[0-9]{1,18})_(?P<upload>[0-9]{1,18})_(?P<name>.+)", re.DOTALL
)
CANVAS_TEXT = re.compile(r".+?(?:_LATE)?_[0-9]{1,18}_(?:text|link)\.html", re.DOTALL)
ANONYMOUS = re.compile(r"anon_(?:LATE_)?[A-Za-z0-9]+_.+", re.DOTALL)
AGAIN = re.compile(r"(?P<name>.+)-(?P<count>[0-9]{1,4})", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One file of a download."""

    entry: Entry
    name: str
    number: int  # of the upload: later ones are greater
    late: bool


def is_from_canvas(name: str) -> bool:
    """Whether Canvas names files like this."""
    return any(pattern.fullmatch(name) for pattern in (CANVAS_FILE, CANVAS_TEXT, ANONYMOUS))


def find_canvas(folder: Path, gathering: Gathering, *, assignment: Assignment) -> None:
    """Match each file by its user's number; one student's files are one submission."""
    uploads: dict[str, list[Upload]] = {}
    for entry in list_folder(folder):
        parts = CANVAS_FILE.fullmatch(entry.name)
        if not entry.is_file or parts is None or ANONYMOUS.fullmatch(entry.name):
            gathering.leave(entry.path, explain(entry))
            continue
        found = gathering.owners.find_by_lms_id(parts["user"])
        if found.owner is None:
            gathering.leave(entry.path, found.reason)
            continue
        upload = Upload(entry=entry, name=parts["name"], number=int(parts["upload"]), late=parts["late"] is not None)
        uploads.setdefault(found.owner, []).append(upload)
    asked = {*assignment.files, *(name.removesuffix(".py") + ".ipynb" for name in assignment.files)}
    for owner, files in uploads.items():
        gathering.handed_in += dated([choose_files(owner, files, asked, gathering)], gathering.owners)


def explain(entry: Entry) -> str:
    """Why an entry is nobody's submission."""
    if not entry.is_file:
        return f"it is {entry.kind.value}, and Canvas puts files beside one another"
    if ANONYMOUS.fullmatch(entry.name):
        return "Canvas made it anonymous: download it again with names"
    if CANVAS_TEXT.fullmatch(entry.name):
        return "it is a text or a link that was handed in, no file"
    return "it isn't named as Canvas names files"


def choose_files(owner: str, files: list[Upload], asked: set[str], gathering: Gathering) -> HandedIn:
    """One student's files under the names that they had: of the same name, the last upload counts."""
    names = name_files([upload.name for upload in files], asked)
    kept: dict[str, Upload] = {}
    for upload in sorted(files, key=lambda upload: upload.number):
        name = names[upload.name]
        if name in kept:
            gathering.leave(kept[name].entry.path, f"{owner!r} uploaded {name!r} again: the last counts")
        kept[name] = upload
    return HandedIn(
        student_id=owner,
        members=tuple(Member(path=upload.entry.path, name=name) for name, upload in sorted(kept.items())),
        marked_late=any(upload.late for upload in kept.values()),
    )


def name_files(names: list[str], asked: set[str]) -> dict[str, str]:
    """Each file's own name. Whether "x-1.py" is a second upload or a name that the student chose can't be seen in it:
    the count is taken off where a file that is asked for has one, and then off the files that come in one count only.
    """
    bare = {name: take_off(name) for name in names}
    again = any(name not in asked and without in asked for name, without in bare.items())
    counts = Counter(bare.values())
    return {
        name: without if again and name not in asked and (without in asked or counts[without] == 1) else name
        for name, without in bare.items()
    }


def take_off(name: str) -> str:
    """A file's name without the count of uploads."""
    stem, ending = split_name(name)
    again = AGAIN.fullmatch(stem)
    return name if again is None else again["name"] + ending
