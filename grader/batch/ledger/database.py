"""One connection to the ledger's database: how it is opened, and what a transaction is.

Theory of operation
-------------------
SQLite with a write-ahead log, every commit flushed to the disk. A reader doesn't disturb the writer. Two things keep a
second writer out. The lock on `ledger.lock` refuses it at once, on one machine. The fence makes sure, wherever the lock
doesn't reach: a number in the database that each writer raises with its first write. A transaction takes SQLite's own
write lock before it looks at the fence, so between the look and the commit nobody else writes; a writer that was
overtaken learns of it there, and has written nothing.

The lease is taken with the first write, not when the ledger is opened: who only finds everything done changes no byte.
`lease.is_open` says that a writer is at it. It is still 1 when the next one comes only if that writer was killed.
"""

import contextlib
import os
import platform
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from grader.batch.failpoints import reach
from grader.batch.ledger.faults import tell_damage, translate_faults, translate_system_faults
from grader.batch.ledger.schema import VERSION, bring_up_to_date, lease, read_version
from grader.durable import flush
from grader.errors import ProvisionError, UsageError

__all__ = ["Database", "find_database", "write_time"]

BUSY_SECONDS = 10.0
WRITING = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: to the disk, not only to the drive
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
    "PRAGMA temp_store = MEMORY",  # nothing of a student's in /tmp
)
READING = ("PRAGMA query_only = ON", "PRAGMA temp_store = MEMORY")


def find_database(folder: Path, url: str | None) -> Path:
    """The database's file: the one that a URL names, else `ledger.sqlite3` in the folder.

    Raises:
        UsageError: no URL, or that of a database that can't be used yet.
    """
    if url is None:
        return folder / "ledger.sqlite3"
    try:
        parsed: URL = make_url(url)
    except ArgumentError as error:
        raise UsageError(f"{url!r} is no URL of a database; sqlite:////path/to/ledger.sqlite3 is one") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise UsageError(
            f"a ledger in {parsed.render_as_string(hide_password=True)!r} isn't possible yet",
            details=("A file of SQLite's is: leave the URL out, or give sqlite:////path/to/ledger.sqlite3.",),
        )
    return Path(parsed.database)


def write_time(moment: datetime) -> str:
    """A time as text, such that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class Database:
    """The connection. Threads take turns; a transaction keeps its turn to its end."""

    def __init__(self, path: Path, *, by: str, write: bool, clock: Callable[[], datetime]) -> None:
        self.path = path
        self.by = by
        self._write = write
        self._clock = clock
        self._turn = threading.RLock()
        self._depth = 0
        self._failed = False
        self._begun = False
        self._fence: int | None = None
        self._took = False  # whether the fence was raised in this very transaction
        self._on_commit: list[Callable[[], None]] = []
        self._on_rollback: list[Callable[[], None]] = []
        with translate_faults(path), translate_system_faults(path):
            if write:
                make_file(path)
            engine = create_engine("sqlite://", creator=self._connect, poolclass=StaticPool)
            self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")  # BEGIN and COMMIT are ours
            self._connection = self._engine.connect()
        try:
            self._settle_version()
        except BaseException:
            self._disconnect()
            raise

    def _connect(self) -> sqlite3.Connection:
        mode = "rw"
        if not self._write and not os.access(self.path.parent, os.W_OK):
            is_settled = not self.path.with_name(f"{self.path.name}-wal").exists()
            mode = "ro&immutable=1" if is_settled else "ro"  # the log's files can't be made there
        uri = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, check_same_thread=False)
        try:
            for pragma in WRITING if self._write else READING:
                connection.execute(pragma)
        except BaseException:
            connection.close()
            raise
        return connection

    def _settle_version(self) -> None:
        """Make the tables, or bring them up to date, or refuse."""
        with self.reading() as connection:
            found = read_version(connection)
        if found == VERSION:
            return
        if found is not None and found > VERSION:
            raise UsageError(
                f"the ledger {str(self.path)!r} is of version {found}; this grader knows {VERSION}",
                details=("A newer grader wrote it. Use that one, or a newer one.",),
            )
        if not self._write:
            what = "has nothing in it" if found is None else f"is of the older version {found}"
            raise UsageError(f"the ledger {str(self.path)!r} {what}: the next batch sets it up, then it can be read")
        with translate_faults(self.path), self._turn:
            self._change_schema()

    def _change_schema(self) -> None:
        self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            bring_up_to_date(self._connection)
            reach("before-commit")
            self._connection.exec_driver_sql("COMMIT")
            reach("after-commit")
        except BaseException:
            self._roll_back()
            raise

    def now(self) -> datetime:
        """The time by the ledger's clock."""
        return self._clock()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The connection, for statements that change nothing.

        Raises:
            ProvisionError: the database can't be read.
        """
        with self._turn, translate_faults(self.path):
            try:
                yield self._connection
            except ValueError as error:
                raise tell_damage(self.path, f"a row can't be understood: {error}") from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is one transaction, which begins with the first write; without one there is none.
        One in another is part of it, and fails it as a whole.

        Raises:
            ProvisionError: the database can't be written; nothing was.
        """
        with self._turn, translate_faults(self.path):
            if self._depth == 0:
                self._failed = self._begun = False
            self._depth += 1
            try:
                yield
                self._refuse_parts()
            except BaseException:
                self._failed = True
                raise
            finally:
                self._depth -= 1
                if self._depth == 0 and self._begun:
                    self._end()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The connection for writing, inside a transaction.

        Raises:
            UsageError: opened for reading, or another grader took the ledger over.
            ProvisionError: the database can't be written; nothing was.
        """
        with self.together():
            self._refuse_parts()  # SQLite may have ended the transaction by itself: nothing goes in one by one
            if not self._begun:
                self._begin()
            yield self._connection

    def _refuse_parts(self) -> None:
        """Hold that a transaction in which something failed fails, though the error was caught inside it."""
        if self._failed:
            raise ProvisionError("a part of what was to be written together failed: none of it is")

    def on_commit(self, act: Callable[[], None]) -> None:
        """What to do once the transaction is on the disk."""
        self._on_commit.append(act)

    def on_rollback(self, act: Callable[[], None]) -> None:
        """What to do if the transaction fails."""
        self._on_rollback.append(act)

    def _begin(self) -> None:
        if not self._write:
            raise UsageError(f"the ledger {str(self.path)!r} is open for reading only")
        self._on_commit, self._on_rollback = [], []
        self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        self._took = self._fence is None
        try:
            self._check_fence()
        except BaseException:
            self._roll_back()
            raise
        self._begun = True

    def _check_fence(self) -> None:
        row = self._connection.execute(lease.select()).one()
        if self._fence is None:
            self._fence = int(row.fence) + 1
            about_us = {"host": platform.node(), "process": os.getpid(), "by": self.by}
            since = write_time(self.now())
            self._connection.execute(lease.update().values(fence=self._fence, is_open=1, since=since, **about_us))
        elif row.fence != self._fence:
            raise UsageError(
                f"another grader has taken the ledger {str(self.path)!r} over: {word_holder(row)}",
                details=("Nothing of this one is lost that was written before. Let the other one finish.",),
            )

    def _end(self) -> None:
        """Commit, or take everything back."""
        if self._failed:
            self._roll_back()
            return
        reach("before-commit")
        try:
            self._connection.exec_driver_sql("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        reach("after-commit")
        for act in self._on_commit:
            act()

    def _roll_back(self) -> None:
        """Take everything back: files first, while nobody else can write."""
        for act in self._on_rollback:
            act()
        if self._took:
            self._fence = None
        with contextlib.suppress(SQLAlchemyError):  # SQLite has done so by itself after some errors
            self._connection.exec_driver_sql("ROLLBACK")

    @property
    def was_left_open(self) -> bool:
        """Whether the writer before us was killed (or still writes, where no lock reaches)."""
        with self.reading() as connection:
            return self._fence is None and bool(connection.execute(lease.select()).one().is_open)

    def name_holder(self) -> str | None:
        """Who writes, for a message; None where nobody has since the ledger was closed."""
        with self.reading() as connection:
            row = connection.execute(lease.select()).one()
        return word_holder(row) if row.is_open else None

    def check_pages(self) -> list[str]:
        """What SQLite finds wrong with the file, a line each."""
        with self.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            rows = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        wrong = [f"{str(self.path)!r}: {line}" for line in pages if line != "ok"]
        return wrong + [f"{str(self.path)!r}: a row of {row[0]!r} names one that isn't there" for row in rows]

    def scrub(self) -> bool:
        """Write the database anew and empty the log, so that nothing that was deleted is in either; False where a
        reader keeps the log.

        Raises:
            ProvisionError: there is no room for it, or another program has it locked.
        """
        with self.reading() as connection:
            connection.exec_driver_sql("VACUUM")
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            return not busy

    def close(self) -> None:
        """Give the lease back and let go. Harmless when called again."""
        with self._turn:
            if self._fence is not None:
                with contextlib.suppress(SQLAlchemyError):  # then the next writer looks after us
                    ours = lease.c.fence == self._fence
                    self._connection.execute(lease.update().where(ours).values(is_open=0))
                self._fence = None
            self._disconnect()

    def _disconnect(self) -> None:
        self._connection.close()
        self._engine.dispose()


def word_holder(row: object) -> str:
    """Who has the lease, for a message."""
    host, process, by, since = (getattr(row, name) for name in ("host", "process", "by", "since"))
    return f"process {process} on {host!r}{f' of {by}' if by else ''}, since {since[:19]} UTC"


def make_file(path: Path) -> None:
    """Make the database's file, for its owner alone, where there is none; SQLite gives its log the same mode."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        flush(path.parent)
