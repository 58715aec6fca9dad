"""Read a roster: a CSV file in one of the formats, or OneRoster's folder or zip."""

import os
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path

from grader.batch.model import Roster
from grader.batch.roster.columns import list_lines
from grader.batch.roster.formats import recognise
from grader.batch.roster.oneroster import ENROLLMENTS, USERS, add_enrolled
from grader.batch.roster.students import Students
from grader.batch.roster.table import MOST_BYTES, open_table
from grader.errors import SpecError, SubmissionError
from grader.ingest.archive import read_zip
from grader.limits import MIB, IngestLimits
from grader.spec.faults import make_plain

__all__ = ["read_roster"]

ZIP_LIMITS = IngestLimits(packed_bytes=MOST_BYTES, unpacked_bytes=96 * MIB)


def read_roster(path: Path, *, zone: tzinfo | None = None) -> Roster:
    """A class, whole: one fault and there is no roster. `zone` is that of times which an LMS writes without one
    (Moodle's "Last modified (submission)"); without it those are passed over.

    Raises:
        SpecError: there is no such file, or something in it is wrong; each fault has its line.
    """
    path = Path(path)
    contents = read_oneroster(path)
    if contents is not None:
        return add_enrolled(contents).finish(path, "oneroster")
    file = make_plain(path.name)
    table = open_table(read_bytes(path), file)
    format_ = recognise(table.header.cells, file=file, line=table.header.line)
    students = Students(file=file)
    for line in list_lines(table, format_.taken, students):
        before = len(students.faults.found)
        person = format_.read(line, students, zone)
        if person is not None and len(students.faults.found) == before:
            students.add(person)
    return students.finish(path, format_.name)


def read_oneroster(path: Path) -> Mapping[str, bytes] | None:
    """The files of a OneRoster export by name; None where `path` is a file that isn't one."""
    if path.is_dir():
        return {name: read_bytes(path / name) for name in (USERS, ENROLLMENTS) if (path / name).is_file()}
    if path.suffix.casefold() != ".zip":
        return None
    try:
        members = read_zip(read_bytes(path), ZIP_LIMITS)
    except SubmissionError as error:
        raise SpecError(f"the roster {make_plain(path.name)} can't be unpacked: {error.message}") from None
    return {member.path: member.content for member in members.files}


def read_bytes(path: Path) -> bytes:
    """A file's content, one byte more than are taken at most.

    Raises:
        SpecError: it can't be read.
    """
    if not path.is_file():
        raise SpecError(f"there is no roster {make_plain(str(path))}: no such file")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(min(size, MOST_BYTES) + 1)  # a longer read would set that much memory aside
    except OSError as error:
        reason = error.strerror or error
        raise SpecError(f"the roster {make_plain(str(path))} can't be read: {reason}") from None
