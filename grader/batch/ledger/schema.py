"""The ledger's tables, their version, and how an older one is brought up to date.

What must stay stands in `history`, which only grows. What can be made again or must go one day (runs, marks, what was
handed in) stands in tables of its own. Decimals, JSON and times are text: a person can read them with any tool.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Column, Connection, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from grader.errors import UsageError

__all__ = [
    "MIGRATIONS",
    "VERSION",
    "about",
    "artefacts",
    "bring_up_to_date",
    "history",
    "holders",
    "lease",
    "marks",
    "metadata",
    "read_version",
    "results",
    "run_keys",
    "runs",
    "submissions",
]

VERSION = 1

Migration = Callable[[Connection], None]
MIGRATIONS: Mapping[int, Migration] = {}
"""From a version to the next one: {1: one_to_two, …}. Each runs inside the one transaction that ends in VERSION."""

metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("name", Text, primary_key=True),  # "schema": the version; "head": the digest of the newest of `history`
    Column("value", Text, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("id", Integer, primary_key=True),  # 1: there is one writer
    Column("fence", Integer, nullable=False),  # counts up with each writer
    Column("is_open", Integer, nullable=False),  # 1 from a writer's first write until it closes
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("by", Text, nullable=False),
    Column("since", Text, nullable=False),
)

artefacts = Table(
    "artefacts",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the content, in hexadecimal digits
    Column("bytes", Integer, nullable=False),
    Column("packed", LargeBinary),  # the content, deflated; NULL: it is a file
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("submission", Text, nullable=False, index=True),
    Column("draw", Integer, nullable=False),
    Column("questions", Text, nullable=False),
    Column("sandbox", Text, nullable=False),
    Column("image", Text),
    Column("cautions", Text, nullable=False),
    Column("is_sandbox", Integer, nullable=False),
    Column("node", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("wall_seconds", Float, nullable=False),
    sqlite_autoincrement=True,  # an id isn't used again after a purge
)

run_keys = Table(
    "run_keys",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("question", Text, primary_key=True),
    Column("key", Text, nullable=False, index=True),
)

results = Table(
    "results",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("ended", Text, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("artefact", ForeignKey("artefacts.digest"), nullable=False, index=True),
)

marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, index=True),
    Column("submission", Text, index=True),
    Column("assignment", Text, nullable=False),
    Column("runs", Text, nullable=False),
    Column("points", Text),
    Column("max_points", Text, nullable=False),
    Column("questions", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("report", ForeignKey("artefacts.digest"), nullable=False, index=True),
    Column("marked_at", Text, nullable=False),
    sqlite_autoincrement=True,
)

submissions = Table(
    "submissions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("artefact", ForeignKey("artefacts.digest"), nullable=False, index=True),
    Column("kept_at", Text, nullable=False),
)

holders = Table(
    "holders",
    metadata,
    Column("submission", Text, primary_key=True),
    Column("student", Text, primary_key=True),
    Column("since", Text, nullable=False),
    Index("holders_by_student", "student"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("kind", Text, nullable=False),  # "grade", "override", "event/…"
    Column("by", Text),  # this and what follows is NULL once it was purged
    Column("subject", Text),  # the assignment; of an event its subject
    Column("student", Text),
    Column("body", Text),
    Column("salt", Text),
    Column("seal", Text, nullable=False),  # the digest of salt, by, subject, student and body
    Column("digest", Text, nullable=False),  # of the entry before, id, at, kind and seal
    Index("history_by_place", "kind", "subject", "student"),
    Index("history_by_student", "student"),
    sqlite_autoincrement=True,
)


def bring_up_to_date(
    connection: Connection, *, migrations: Mapping[int, Migration] = MIGRATIONS, version: int = VERSION
) -> None:
    """Make the tables of an empty database, or change an older ledger's. Runs inside the caller's transaction."""
    found = read_version(connection)
    if found is None:
        metadata.create_all(connection)
        connection.execute(about.insert(), [{"name": "schema", "value": str(version)}, {"name": "head", "value": ""}])
        connection.execute(lease.insert().values(id=1, fence=0, is_open=0, host="", process=0, by="", since=""))
        return
    for step in range(found, version):
        migrations[step](connection)
    connection.execute(about.update().where(about.c.name == "schema").values(value=str(version)))


def read_version(connection: Connection) -> int | None:
    """The version of a ledger; None where there are no tables yet.

    Raises:
        UsageError: the database is something else's.
    """
    tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
    if not tables:
        return None
    if not {"about", "history", "lease"} <= tables:
        raise UsageError(f"this database is no ledger: it has the tables {', '.join(sorted(tables))}")
    return int(connection.execute(about.select().where(about.c.name == "schema")).one().value)
