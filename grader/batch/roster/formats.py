"""The formats that one CSV file can be in: by which headings each is known, and who a row of it is.

Sources: canvas-lms lib/gradebook_exporter.rb; Moodle mod/assign/gradingtable.php; Gradescope's exports.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from grader.batch.model import TimeSource
from grader.batch.roster.columns import Line, fold_heading
from grader.batch.roster.students import Person, Students
from grader.batch.roster.times import read_iso_time, read_moodle_time
from grader.errors import Fault, SpecError

__all__ = ["FORMATS", "Format", "recognise"]

PARTICIPANT = re.compile(r"Participant ([0-9]{1,18})")
SUBMITTED_AT = "submitted_at"
LAST_MODIFIED = "last modified (submission)"
TEST_STUDENT = "Student, Test"
POINTS_POSSIBLE = "Points Possible"


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format: one of `known_by`, all of whose headings are there, tells it. `read` gives the person of a row, None
    where it is nobody's; `taken` are all headings that it looks at.
    """

    name: str
    known_by: tuple[frozenset[str], ...]
    words: str
    taken: tuple[str, ...]
    read: Callable[[Line, Students, tzinfo | None], Person | None]


def read_plain(line: Line, students: Students, zone: tzinfo | None) -> Person:
    """Our own columns."""
    return Person(
        line=line.number,
        id=line["student_id"],
        name=line["name"],
        email=line["email"],
        lms_id=line["lms_id"],
        submitted_at=read_column(line, students),
    )


def read_canvas(line: Line, students: Students, zone: tzinfo | None) -> Person | None:
    """The row of points and the test student are nobody's. An id is the SIS's where there is one, else Canvas's own."""
    name = line["student"] or join_names(line["first name"], line["last name"])
    if name.startswith(POINTS_POSSIBLE) or not (name or line["id"]):
        return None
    if name == TEST_STUDENT and not line["sis user id"]:
        return None
    return Person(
        line=line.number,
        id=line["sis user id"] or line["id"],
        name=name,
        aliases=(line["id"], line["sis login id"], line["integration id"]),
        lms_id=line["id"],
        submitted_at=read_column(line, students),
    )


def read_moodle(line: Line, students: Students, zone: tzinfo | None) -> Person | None:
    """An id is the ID number, else the username, else the participant's."""
    if line["roles"] and "student" not in line["roles"].casefold():
        return None
    participant = PARTICIPANT.fullmatch(line["identifier"])
    number = participant[1] if participant is not None else ""
    if line["identifier"] and not number:
        students.complain(line.number, "the Identifier isn't one of Moodle's", "“Participant 123” is right")
    column = read_column(line, students)
    modified = read_moodle_time(line[LAST_MODIFIED], zone)
    return Person(
        line=line.number,
        id=line["id number"] or line["username"] or (f"participant-{number}" if number else ""),
        name=line["full name"] or join_names(line["first name"], line["last name"] or line["surname"]),
        email=line["email address"],
        aliases=(line["username"], line["id number"]),
        lms_id=number,
        submitted_at=modified or column,
        time_source=TimeSource.COLUMN if modified is None else TimeSource.LMS,
    )


def read_gradescope(line: Line, students: Students, zone: tzinfo | None) -> Person | None:
    """Students only, where there are roles."""
    if line["role"] and line["role"].casefold() != "student":
        return None
    return Person(
        line=line.number,
        id=line["sid"],
        name=line["name"] or join_names(line["first name"], line["last name"]),
        email=line["email"],
        submitted_at=read_column(line, students),
    )


def read_column(line: Line, students: Students) -> datetime | None:
    """When the row says that it was handed in."""
    text = line[SUBMITTED_AT]
    if not text:
        return None
    time = read_iso_time(text)
    if time is None:
        suggestion = "a time with its zone is right: 2026-11-21T09:13:58+01:00, or 2026-11-21T08:13:58Z"
        students.complain(line.number, f"{SUBMITTED_AT} {text[:40]!r} isn't taken", suggestion)
    return time


def join_names(first: str, last: str) -> str:
    """First and last name as one."""
    return f"{first} {last}".strip()


FORMATS = (
    Format(
        name="plain",
        known_by=(frozenset({"student_id"}),),
        words="student_id, and as you like name, email, lms_id, submitted_at",
        taken=("student_id", "name", "email", "lms_id", SUBMITTED_AT),
        read=read_plain,
    ),
    Format(
        name="canvas",
        known_by=(
            frozenset({"student", "id", "section"}),
            frozenset({"last name", "first name", "id", "section"}),
        ),
        words="Student, ID, Section, and SIS User ID, SIS Login ID where there are",
        taken=("student", "last name", "first name", "id", "sis user id", "sis login id", "integration id"),
        read=read_canvas,
    ),
    Format(
        name="gradescope",
        known_by=(frozenset({"sid", "email", "name"}), frozenset({"sid", "email", "first name", "last name"})),
        words="First Name, Last Name (or Name), SID, Email, and Role where there is one",
        taken=("sid", "email", "name", "first name", "last name", "role"),
        read=read_gradescope,
    ),
    Format(
        name="moodle",
        known_by=tuple(
            frozenset({"email address", id_, *names})
            for id_ in ("identifier", "id number", "username")
            for names in (("full name",), ("first name", "last name"), ("first name", "surname"))
        ),
        words="Full name (or First name, Last name), Email address, and Identifier, ID number or Username, in English",
        taken=(
            *("identifier", "full name", "first name", "last name", "surname", "id number", "username"),
            *("email address", "roles", LAST_MODIFIED),
        ),
        read=read_moodle,
    ),
)


def recognise(header: tuple[str, ...], *, file: str, line: int) -> Format:
    """The format of a header.

    Raises:
        SpecError: it is none; what each needs is told.
    """
    headings = {fold_heading(cell) for cell in header}
    for format_ in FORMATS:
        if any(known <= headings for known in format_.known_by):
            return format_
    raise SpecError(
        f"the roster {file} is in no format that is known",
        faults=(Fault(f"{file}, line {line}", f"the header isn't known: {', '.join(list_shown(header))}"),),
        details=(
            "A header is right that has these columns, in any order:",
            *(f"  {format_.name}: {format_.words}" for format_ in FORMATS),
            "  oneroster: a folder or a zip with users.csv and enrollments.csv",
        ),
    )


def list_shown(header: tuple[str, ...]) -> Iterator[str]:
    """The first headings, so that they can be shown."""
    for cell in header[:8]:
        yield repr(cell[:40]) if cell.isprintable() else ascii(cell[:40])
    if len(header) > 8:
        yield "…"
