"""What the ledger knows of a student: found, given out, removed.

A student is tied to what they handed in by `holders` and by grades; to runs and marks by the submission's digest. What
two students handed in alike is kept until neither has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, or_, select

from grader.batch.ledger.artefacts import Artefacts
from grader.batch.ledger.database import write_time
from grader.batch.ledger.evidence import chunk
from grader.batch.ledger.history import read_body
from grader.batch.ledger.schema import history, holders, marks, results, runs, submissions
from grader.batch.ledger.values import Exported, Purged
from grader.errors import UsageError

__all__ = ["export_student", "purge", "read_exported"]

PURGED = "event/purged"
"""That something was purged, when and by whom, is never purged: it names no student."""


@dataclass
class Ties:
    """The submissions and marks that some entries rest on."""

    submissions: set[str] = field(default_factory=set)
    marks: set[int] = field(default_factory=set)

    def add_entry(self, row: Row[Any]) -> None:
        """Add what a grade rests on."""
        if row.kind == "grade":
            body = read_body(row)
            self.submissions |= {body["submission_digest"]} - {None}
            self.marks |= {body["mark_id"]} - {None}


def purge(connection: Connection, artefacts: Artefacts, *, before: datetime | None, student_id: str | None) -> Purged:
    """Take away what is to go, inside the caller's transaction."""
    limit = None if before is None else write_time(before)
    going, staying = Ties(), Ties()
    entries = pick_entries(connection, limit, student_id, going=going, staying=staying)
    remove_holders(connection, limit, student_id, going=going, staying=staying)
    oldest_kept = limit if student_id is None else None

    def is_going(digest: str | None, at: str, mark: int | None = None) -> bool:
        if digest in staying.submissions or mark in staying.marks:
            return False
        return digest in going.submissions or mark in going.marks or (oldest_kept is not None and at < oldest_kept)

    old_runs = connection.execute(select(runs.c.id, runs.c.submission, runs.c.started_at)).all()
    old_marks = connection.execute(select(marks.c.id, marks.c.submission, marks.c.marked_at)).all()
    kept = connection.execute(select(submissions.c.digest, submissions.c.kept_at)).all()
    erase_entries(connection, entries)
    return Purged(
        entries=len(entries),
        runs=remove_rows(connection, runs, runs.c.id, [i for i, digest, at in old_runs if is_going(digest, at)]),
        marks=remove_rows(connection, marks, marks.c.id, [i for i, digest, at in old_marks if is_going(digest, at, i)]),
        submissions=remove_rows(
            connection, submissions, submissions.c.digest, [digest for digest, at in kept if is_going(digest, at)]
        ),
        artefacts=artefacts.remove_unused(connection),
    )


def pick_entries(
    connection: Connection, limit: str | None, student_id: str | None, *, going: Ties, staying: Ties
) -> list[int]:
    """The entries that are to go, and what they and the others rest on."""
    found = []
    for row in connection.execute(select(history).where(history.c.body.is_not(None))):
        is_old = limit is None or row.at < limit
        if is_old and row.kind != PURGED and (student_id is None or concerns(row, student_id)):
            found.append(int(row.id))
            going.add_entry(row)
        else:
            staying.add_entry(row)
    return found


def concerns(row: Row[Any], student_id: str) -> bool:
    """Whether an entry is about a student: by its place, or because its details name the id."""
    return is_theirs(row, student_id) or (row.student is None and mentions(read_body(row), student_id))


def is_theirs(row: Row[Any], student_id: str) -> bool:
    """Whether an entry is about this student alone; what an event says of several isn't one student's to have."""
    return bool(student_id == (row.subject if row.student is None else row.student))  # else the subject is a slug


def mentions(value: Any, student_id: str) -> bool:
    """Whether an id stands anywhere in a JSON value, as a string of its own."""
    if isinstance(value, dict):
        return any(mentions(part, student_id) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(mentions(part, student_id) for part in value)
    return bool(value == student_id)


def remove_holders(
    connection: Connection, limit: str | None, student_id: str | None, *, going: Ties, staying: Ties
) -> None:
    """Remove who handed what in, and note what goes with them and what stays with others."""
    old = [] if limit is None else [holders.c.since < limit]
    theirs = [] if student_id is None else [holders.c.student == student_id]
    going.submissions |= set(connection.execute(select(holders.c.submission).where(*old, *theirs)).scalars())
    connection.execute(holders.delete().where(*old, *theirs))
    staying.submissions |= set(connection.execute(select(holders.c.submission)).scalars())


def erase_entries(connection: Connection, entries: Iterable[int]) -> None:
    """Take away what entries say, and their salt. Number, time, kind and digests stay, and with them the chain."""
    for some in chunk(entries):
        erasing = history.update().where(history.c.id.in_(some))
        connection.execute(erasing.values(by=None, subject=None, student=None, body=None, salt=None))


def remove_rows(connection: Connection, table: Table, column: Column[Any], going: list[Any]) -> int:
    """Remove rows by their ids; how many there were."""
    for some in chunk(going):
        connection.execute(table.delete().where(column.in_(some)))
    return len(going)


def export_student(connection: Connection, student_id: str) -> Exported:
    """All that is known of a student."""
    ties = find_ties(connection, student_id)
    said = connection.execute(select(history).where(history.c.body.is_not(None)).order_by(history.c.id))
    entries = [
        describe(row, ENTRY_FIELDS) | {"says": read_body(row) if is_theirs(row, student_id) else None}
        for row in said
        if row.kind != PURGED and concerns(row, student_id)
    ]
    held = connection.execute(select(holders).where(holders.c.student == student_id)).all()
    record = {
        "student_id": student_id,
        "history": entries,
        "handed_in": [{"submission": row.submission, "since": row.since} for row in held],
        "submissions": [describe(row, ("digest", "kept_at")) for row in find_kept(connection, ties)],
        "marks": [describe(row, MARK_FIELDS) for row in find_marks(connection, ties)],
        "runs": [describe(row, RUN_FIELDS) for row in find_runs(connection, ties)],
    }
    return Exported(record=record, files=tuple(list_files(connection, ties)))


def find_ties(connection: Connection, student_id: str) -> Ties:
    """What a student handed in, and the marks of it."""
    ties = Ties()
    for row in connection.execute(select(history).where(history.c.kind == "grade", history.c.student == student_id)):
        ties.add_entry(row)
    held = select(holders.c.submission).where(holders.c.student == student_id)
    ties.submissions |= set(connection.execute(held).scalars())
    return ties


ENTRY_FIELDS = ("id", "at", "by", "kind", "subject")
MARK_FIELDS = ("id", "submission", "points", "max_points", "status", "marked_at")
RUN_FIELDS = ("id", "submission", "started_at", "wall_seconds", "sandbox", "node")


def describe(row: Row[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Some of a row's fields."""
    return {name: getattr(row, name) for name in names}


def find_kept(connection: Connection, ties: Ties) -> list[Row[Any]]:
    """What of the submissions is kept whole."""
    return select_tied(connection, submissions, submissions.c.digest, ties)


def find_runs(connection: Connection, ties: Ties) -> list[Row[Any]]:
    """The runs that were made of them."""
    return select_tied(connection, runs, runs.c.submission, ties)


def select_tied(connection: Connection, table: Table, column: Column[Any], ties: Ties) -> list[Row[Any]]:
    """The rows of a table that belong to some submissions."""
    return list(connection.execute(select(table).where(column.in_(sorted(ties.submissions)))))


def find_marks(connection: Connection, ties: Ties) -> list[Row[Any]]:
    """The marks that were given for them."""
    tied = or_(marks.c.submission.in_(sorted(ties.submissions)), marks.c.id.in_(sorted(ties.marks)))
    return list(connection.execute(select(marks).where(tied).order_by(marks.c.id)))


def list_files(connection: Connection, ties: Ties) -> dict[str, str]:
    """The contents that belong to a student: a name for each, and its digest."""
    files = {f"submissions/{row.digest.replace(':', '-')}": row.artefact for row in find_kept(connection, ties)}
    files |= {f"reports/{row.id}.json": row.report for row in find_marks(connection, ties)}
    tied = select(results).where(results.c.run.in_([row.id for row in find_runs(connection, ties)]))
    return files | {f"evidence/{row.run}-{row.place}.frames": row.artefact for row in connection.execute(tied)}


def read_exported(connection: Connection, artefacts: Artefacts, student_id: str, name: str) -> bytes:
    """One of the contents that belong to a student.

    Raises:
        UsageError: there is none of that name.
    """
    files = list_files(connection, find_ties(connection, student_id))
    if name not in files:
        raise UsageError(f"the ledger has no {name!r} of that student")
    return artefacts.read(connection, files[name])
