"""What was decided and what happened, entry after entry: grades, overrides, events. Nothing is ever changed in it.

Each entry is sealed: a digest of a random salt and of what it says. Each carries a digest over the entry before, its
own number, time, kind and seal. So a changed, removed or slipped-in entry shows, and a purge can take away what an
entry says, with its salt, without breaking the chain: without the salt nobody finds out by trial whose grade it was.

The chain notices slips and quiet edits. Who can write the file can also make the whole chain anew: against that the
digest of the newest entry, `head`, has to be written down somewhere else.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, func, select

from grader.batch.ledger.database import write_time
from grader.batch.ledger.evidence import chunk
from grader.batch.ledger.schema import about, history
from grader.batch.ledger.values import Event, Recorded
from grader.batch.model import Grade, Override

__all__ = [
    "Entry",
    "add_entries",
    "check_history",
    "enter_event",
    "enter_grade",
    "enter_override",
    "list_assignments",
    "list_entries",
    "pick_changed",
    "read_body",
    "read_event",
    "read_event_entries",
    "read_grade",
    "read_grades",
    "read_head",
    "read_override",
    "read_overrides",
]

GRADE = TypeAdapter(Grade)
OVERRIDE = TypeAdapter(Override)
FIND_NEWEST = select(history.c.id, history.c.digest).order_by(history.c.id.desc()).limit(1)
INSERT = history.insert()
IS_PLACE = (
    history.c.kind == "grade",
    history.c.subject == bindparam("assignment"),
    history.c.student.in_(bindparam("students", expanding=True)),
)
FIND_CURRENT = select(history).where(
    history.c.id.in_(select(func.max(history.c.id)).where(*IS_PLACE).group_by(history.c.student))
)
SET_HEAD = about.update().where(about.c.name == "head")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is about to be written down."""

    kind: str
    subject: str
    student: str | None
    body: str


def write_json(value: Any) -> str:
    """JSON in one form only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def enter_grade(grade: Grade) -> Entry:
    """A grade as an entry."""
    body = write_json(GRADE.dump_python(grade, mode="json"))
    return Entry(kind="grade", subject=grade.assignment, student=grade.student_id, body=body)


def enter_override(override: Override) -> Entry:
    """A person's decision as an entry."""
    body = write_json(OVERRIDE.dump_python(override, mode="json"))
    return Entry(kind="override", subject=override.assignment, student=override.student_id, body=body)


def enter_event(kind: str, subject: str, details: Mapping[str, Any]) -> Entry:
    """Something that happened as an entry."""
    return Entry(kind=f"event/{kind}", subject=subject, student=None, body=write_json(dict(details)))


def read_grade(row: Row[Any]) -> Recorded[Grade]:
    """A grade from its entry."""
    return record(row, GRADE.validate_json(row.body))


def read_override(row: Row[Any]) -> Recorded[Override]:
    """A decision from its entry."""
    return record(row, OVERRIDE.validate_json(row.body))


def read_event(row: Row[Any]) -> Recorded[Event]:
    """What happened, from its entry."""
    kind = row.kind.removeprefix("event/")
    return record(row, Event(kind=kind, subject=row.subject, details=read_body(row)))


def read_body(row: Row[Any]) -> dict[str, Any]:
    """What an entry says, as plain JSON."""
    body: dict[str, Any] = json.loads(row.body)
    return body


def record(row: Row[Any], value: Any) -> Recorded[Any]:
    """A value with where it stands in the history."""
    return Recorded(id=row.id, at=datetime.fromisoformat(row.at), by=row.by, value=value)


def add_entries(connection: Connection, entries: Sequence[Entry], *, by: str, at: datetime) -> None:
    """Append entries to the chain."""
    newest = connection.execute(FIND_NEWEST).first()
    number, digest = (0, "") if newest is None else (int(newest.id), str(newest.digest))
    rows = []
    for entry in entries:
        number += 1
        said = {"by": by, "subject": entry.subject, "student": entry.student, "body": entry.body}
        salt = secrets.token_hex(16)
        seal = make_seal(salt, said)
        digest = link(digest, number, write_time(at), entry.kind, seal)
        rows.append({"id": number, "at": write_time(at), "kind": entry.kind, **said, "salt": salt, "seal": seal})
        rows[-1]["digest"] = digest
    if rows:
        connection.execute(INSERT, rows)
        connection.execute(SET_HEAD, {"value": digest})


def make_seal(salt: str, said: Mapping[str, str | None]) -> str:
    """The digest of what an entry says."""
    return hashlib.sha256(f"{salt}{write_json(dict(said))}".encode()).hexdigest()


def link(previous: str, number: int, at: str, kind: str, seal: str) -> str:
    """The digest of an entry and of all before it."""
    return hashlib.sha256(write_json([previous, number, at, kind, seal]).encode()).hexdigest()


def read_head(connection: Connection) -> str:
    """The digest of the newest entry, "" where there is none."""
    return str(connection.execute(select(about.c.value).where(about.c.name == "head")).scalar_one())


def check_history(connection: Connection) -> list[str]:
    """Where the chain is broken, a line each."""
    wrong = []
    number, digest = 0, ""
    for row in connection.execute(select(history).order_by(history.c.id)):
        number += 1
        if row.id != number:
            wrong.append(f"entries {number} to {row.id - 1} of the history are missing")
            number = row.id
        elif row.digest != link(digest, row.id, row.at, row.kind, row.seal):
            wrong.append(f"entry {row.id} of the history was changed, or put in, or one before it was")
        if row.body is not None and row.seal != make_seal(row.salt or "", pick_said(row)):
            wrong.append(f"entry {row.id} of the history says something else than when it was written")
        digest = row.digest
    if read_head(connection) != digest:
        wrong.append("the newest entries of the history are missing, or some were put in")
    return wrong


def pick_said(row: Row[Any]) -> dict[str, str | None]:
    """What an entry says."""
    return {"by": row.by, "subject": row.subject, "student": row.student, "body": row.body}


def list_entries(connection: Connection, kind: str, subject: str, student: str | None = None) -> Iterable[Row[Any]]:
    """The entries of a kind about an assignment, oldest first."""
    wanted = select(history).where(history.c.kind == kind, history.c.subject == subject).order_by(history.c.id)
    return connection.execute(wanted if student is None else wanted.where(history.c.student == student))


def read_grades(connection: Connection, assignment: str) -> dict[str, Grade]:
    """The newest grade of each student."""
    place = (history.c.kind == "grade", history.c.subject == assignment)
    newest = select(func.max(history.c.id)).where(*place).group_by(history.c.student)
    rows = connection.execute(select(history).where(history.c.id.in_(newest)).order_by(history.c.student))
    return {row.student: GRADE.validate_json(row.body) for row in rows}


def list_assignments(connection: Connection) -> list[str]:
    """The assignments in which anybody has a grade, sorted."""
    named = select(history.c.subject).where(history.c.kind == "grade", history.c.body.is_not(None)).distinct()
    return sorted(connection.execute(named).scalars())


def pick_changed(connection: Connection, grades: Iterable[Grade]) -> list[Grade]:
    """Of grades those that differ from the newest of their place."""
    listed = list(grades)
    current = find_current(connection, listed)
    changed = []
    for grade in listed:
        place = (grade.assignment, grade.student_id)
        if place not in current or replace(current[place], graded_at=None) != replace(grade, graded_at=None):
            changed.append(grade)
            current[place] = grade
    return changed


def find_current(connection: Connection, grades: list[Grade]) -> dict[tuple[str, str], Grade]:
    """The newest grade of each place that some grades are for."""
    current: dict[tuple[str, str], Grade] = {}
    for assignment in {grade.assignment for grade in grades}:
        for some in chunk(grade.student_id for grade in grades if grade.assignment == assignment):
            for row in connection.execute(FIND_CURRENT, {"assignment": assignment, "students": some}):
                current[assignment, row.student] = GRADE.validate_json(row.body)
    return current


def read_overrides(connection: Connection, assignment: str) -> dict[tuple[str, str | None], Override]:
    """The decisions in force."""
    newest: dict[tuple[str, str | None], Override] = {}
    for row in list_entries(connection, "override", assignment):
        override = OVERRIDE.validate_json(row.body)
        newest[override.student_id, override.question] = override
    return {place: override for place, override in newest.items() if override.points is not None}


def read_event_entries(connection: Connection, *, kind: str | None, subject: str | None) -> Iterable[Row[Any]]:
    """The entries of events, oldest first."""
    wanted = select(history).where(history.c.body.is_not(None)).order_by(history.c.id)
    is_wanted = history.c.kind.startswith("event/") if kind is None else history.c.kind == f"event/{kind}"
    wanted = wanted.where(is_wanted)
    return connection.execute(wanted if subject is None else wanted.where(history.c.subject == subject))
