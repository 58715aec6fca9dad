"""Marks and submissions in the ledger."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from grader.batch.ledger.artefacts import Artefacts
from grader.batch.ledger.database import write_time
from grader.batch.ledger.evidence import chunk
from grader.batch.ledger.schema import holders, marks, submissions
from grader.batch.model import NewMark, StoredMark
from grader.errors import UsageError

__all__ = [
    "add_mark",
    "find_marks",
    "find_missing_holders",
    "is_kept",
    "keep_submission",
    "read_mark",
    "read_report",
    "read_submission",
]

INSERT_MARK = marks.insert().returning(marks.c.id)
INSERT_SUBMISSION = submissions.insert()
INSERT_HOLDER = holders.insert()
FIND_SUBMISSION = select(submissions.c.artefact).where(submissions.c.digest == bindparam("wanted"))
FIND_HOLDERS = select(holders.c.student).where(holders.c.submission == bindparam("wanted"))


def add_mark(connection: Connection, artefacts: Artefacts, mark: NewMark) -> int:
    """Write a mark down: its report, then the row that names it."""
    questions = {question: write_points(points) for question, points in mark.questions.items()}
    values = {
        "key": mark.key,
        "submission": mark.submission_digest,
        "assignment": mark.assignment_digest,
        "runs": json.dumps(list(mark.run_ids)),
        "points": write_points(mark.points),
        "max_points": str(mark.max_points),
        "questions": json.dumps(questions),
        "status": mark.status,
        "report": artefacts.add(connection, mark.report),
        "marked_at": write_time(mark.marked_at),
    }
    return int(connection.execute(INSERT_MARK, values).scalar_one())


def write_points(points: Decimal | None) -> str | None:
    """Points as text."""
    return None if points is None else str(points)


def read_points(text: str | None) -> Decimal | None:
    """Points from text."""
    return None if text is None else Decimal(text)


def find_marks(connection: Connection, keys: Iterable[str]) -> dict[str, StoredMark]:
    """The newest mark of each key that has one, without its report."""
    found: dict[str, StoredMark] = {}
    for some in chunk(keys):
        newest = select(func.max(marks.c.id)).where(marks.c.key.in_(some)).group_by(marks.c.key)
        for row in connection.execute(select(marks).where(marks.c.id.in_(newest))):
            found[row.key] = read_row(row)
    return found


def read_mark(connection: Connection, artefacts: Artefacts, mark_id: int) -> StoredMark | None:
    """A mark with its report."""
    row = connection.execute(select(marks).where(marks.c.id == mark_id)).one_or_none()
    return None if row is None else read_row(row, report=artefacts.read(connection, row.report))


def read_report(connection: Connection, artefacts: Artefacts, mark_id: int) -> bytes:
    """A mark's report.

    Raises:
        UsageError: there is no such mark.
        ProvisionError: it is damaged or gone.
    """
    digest = connection.execute(select(marks.c.report).where(marks.c.id == mark_id)).scalar_one_or_none()
    if digest is None:
        raise UsageError(f"the ledger has no mark {mark_id}: it was purged, or never made")
    return artefacts.read(connection, digest)


def read_row(row: Row[Any], *, report: bytes = b"") -> StoredMark:
    """A mark from its row."""
    return StoredMark(
        id=row.id,
        key=row.key,
        submission_digest=row.submission,
        assignment_digest=row.assignment,
        run_ids=tuple(json.loads(row.runs)),
        points=read_points(row.points),
        max_points=Decimal(row.max_points),
        questions={question: read_points(points) for question, points in json.loads(row.questions).items()},
        status=row.status,
        report=report,
        marked_at=datetime.fromisoformat(row.marked_at),
    )


def read_submission(connection: Connection, artefacts: Artefacts, digest: str) -> bytes | None:
    """What was handed in under a digest, None where nothing is kept."""
    artefact = connection.execute(FIND_SUBMISSION, {"wanted": digest}).scalar()
    return None if artefact is None else artefacts.read(connection, artefact)


def is_kept(connection: Connection, digest: str) -> bool:
    """Whether what was handed in under a digest is kept."""
    return connection.execute(FIND_SUBMISSION, {"wanted": digest}).first() is not None


def keep_submission(
    connection: Connection,
    artefacts: Artefacts,
    digest: str,
    packed: bytes,
    *,
    student_ids: Iterable[str],
    at: datetime,
) -> None:
    """Keep what was handed in, and who handed it in, where it isn't known yet."""
    if not is_kept(connection, digest):
        artefact = artefacts.add(connection, packed)
        row = {"digest": digest, "artefact": artefact, "kept_at": write_time(at)}
        connection.execute(INSERT_SUBMISSION, row)
    rows = [
        {"submission": digest, "student": student, "since": write_time(at)}
        for student in find_missing_holders(connection, digest, student_ids)
    ]
    if rows:
        connection.execute(INSERT_HOLDER, rows)


def find_missing_holders(connection: Connection, digest: str, student_ids: Iterable[str]) -> list[str]:
    """Those of the students who aren't yet known to have handed this in."""
    known = set(connection.execute(FIND_HOLDERS, {"wanted": digest}).scalars())
    return [student for student in dict.fromkeys(student_ids) if student not in known]
