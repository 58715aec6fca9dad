"""The ledger as the steps of a batch see it: one object with everything that is kept and found again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.batch.ledger import evidence, history, marks, privacy
from grader.batch.ledger.artefacts import Artefacts
from grader.batch.ledger.database import Database, find_database, write_time
from grader.batch.ledger.faults import translate_system_faults
from grader.batch.ledger.lock import WriterLock
from grader.batch.ledger.values import Event, Exported, Purged, Recorded
from grader.batch.model import Grade, NewMark, NewRun, Override, StoredMark, StoredRun
from grader.errors import GraderError, ProvisionError, UsageError

__all__ = ["Ledger", "open_ledger"]


def read_clock() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


def open_ledger(
    folder: Path,
    *,
    url: str | None = None,
    by: str = "",
    write: bool = True,
    clock: Callable[[], datetime] = read_clock,
) -> "Ledger":
    """Open the ledger of a folder; made where there is none and `write` is true. Use it as a context manager.

    Opening changes no byte of a ledger that was closed in order, and nor does closing it if nothing was written.
    After a writer that was killed, opening for writing removes what it left half-done. `by` is who writes (a login).

    Raises:
        UsageError: another grader has it open for writing (who, and since when); there is none to read; it is of a
            newer version; the URL is one of a database that can't be used yet.
        ProvisionError: it can't be read or made: damaged, no permission, disk full.
    """
    path = find_database(folder, url)
    if not write:
        if not path.is_file():
            raise UsageError(f"there is no ledger in {str(folder)!r}", details=("`grade batch` makes one.",))
        database = Database(path, by=by, write=False, clock=clock)
        return Ledger(database, Artefacts(folder / "artefacts", database), None)
    lock = take_lock(folder, path)
    try:
        database = Database(path, by=by, write=True, clock=clock)
        artefacts = Artefacts(folder / "artefacts", database)
        repair(database, artefacts)
    except BaseException:
        lock.let_go()
        raise
    return Ledger(database, artefacts, lock)


def take_lock(folder: Path, path: Path) -> WriterLock:
    """Make the folder where there is none, and be the one who writes into it.

    Raises:
        UsageError: another grader is.
        ProvisionError: the folder can't be made.
    """
    with translate_system_faults(folder):
        for place in (folder, folder / "artefacts"):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = WriterLock.take(folder / "ledger.lock")
    if lock is None:
        raise UsageError(
            f"another grader is writing the ledger {str(path)!r}: {find_holder(path)}",
            details=("Wait until it has finished, or end it: what it has done by then is kept, and isn't done again.",),
        )
    return lock


def find_holder(path: Path) -> str:
    """Who has the lease, as far as the database tells."""
    try:
        with closing(Database(path, by="", write=False, clock=read_clock)) as database:
            return database.name_holder() or "it hasn't written anything yet"
    except GraderError:
        return "it has only just begun"


def repair(database: Database, artefacts: Artefacts) -> None:
    """After a writer that was killed: remove the files that no row names."""
    try:
        if database.was_left_open:
            with database.transaction() as connection:
                artefacts.sweep(connection)
    except BaseException:
        database.close()
        raise


class Ledger:
    """Everything of a batch that outlives it. Every method raises ProvisionError where the disk is full or damaged;
    those that write raise UsageError where the ledger was opened for reading, or another grader has taken it over.

    May be used from several threads; they take turns.
    """

    def __init__(self, database: Database, artefacts: Artefacts, lock: WriterLock | None) -> None:
        self._database = database
        self._artefacts = artefacts
        self._lock = lock

    def close(self) -> None:
        """Let go of it. Harmless when called again."""
        self._database.close()
        if self._lock is not None:
            self._lock.let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is there together or not at all, with one flush of the disk. May be nested; where
        nothing is written it is nothing."""
        with self._database.together():
            yield

    # Runs: evidence by question

    def find_runs(self, keys: Iterable[str]) -> dict[str, int]:
        """The newest run that answered each question, by the question's key; without those that were dropped."""
        with self._database.reading() as connection:
            return evidence.find_runs(connection, keys)

    def read_run(self, run_id: int) -> StoredRun:
        """A run with all its frames, their digests verified.

        Raises:
            UsageError: there is no such run.
            ProvisionError: its evidence is damaged or gone. `drop_run` has it forgotten, so that it is made again.
        """
        with self._database.reading() as connection:
            return evidence.read_run(connection, self._artefacts, run_id)

    def add_run(self, run: NewRun) -> int:
        """Keep a run; its id."""
        with self._database.transaction() as connection:
            return evidence.add_run(connection, self._artefacts, run)

    def drop_run(self, run_id: int, reason: str) -> None:
        """Count a run no longer, for a reason that the history keeps."""
        with self._database.transaction() as connection:
            keys = evidence.remove_run(connection, run_id)
            self._artefacts.remove_unused(connection)
            self.add_event("run-dropped", "", {"run": run_id, "reason": reason, "keys": keys})

    # Marks

    def find_marks(self, keys: Iterable[str]) -> dict[str, StoredMark]:
        """The newest mark of each key. Their `report` is b"": `read_report` has it."""
        with self._database.reading() as connection:
            return marks.find_marks(connection, keys)

    def read_mark(self, mark_id: int) -> StoredMark | None:
        """A mark by its id (as a grade names it), with its report."""
        with self._database.reading() as connection:
            return marks.read_mark(connection, self._artefacts, mark_id)

    def read_report(self, mark_id: int) -> bytes:
        """A mark's report.

        Raises:
            UsageError: there is no such mark.
            ProvisionError: the report is damaged or gone.
        """
        with self._database.reading() as connection:
            return marks.read_report(connection, self._artefacts, mark_id)

    def add_mark(self, mark: NewMark) -> int:
        """Keep a mark; its id."""
        with self._database.transaction() as connection:
            return marks.add_mark(connection, self._artefacts, mark)

    # What was handed in, for regrades and appeals

    def is_kept(self, digest: str, *, student_ids: Iterable[str] = ()) -> bool:
        """Whether this is kept already, and all of these are known to have handed it in."""
        with self._database.reading() as connection:
            known = marks.is_kept(connection, digest)
            return known and not marks.find_missing_holders(connection, digest, student_ids)

    def keep_submission(self, digest: str, packed: bytes, *, student_ids: Iterable[str] = ()) -> None:
        """Keep what was handed in, once, and who handed it in. A purge or export of a student goes by `student_ids`
        and by grades: name them for every attempt that is read. Writes nothing where all of it is known."""
        students = list(student_ids)
        if self.is_kept(digest, student_ids=students):
            return
        with self._database.transaction() as connection:
            at = self._database.now()
            marks.keep_submission(connection, self._artefacts, digest, packed, student_ids=students, at=at)

    def read_submission(self, digest: str) -> bytes | None:
        """What `keep_submission` kept."""
        with self._database.reading() as connection:
            return marks.read_submission(connection, self._artefacts, digest)

    # Grades: append-only; the newest of a student in an assignment counts

    def list_assignments(self) -> list[str]:
        """The assignments in which anybody has a grade, sorted."""
        with self._database.reading() as connection:
            return history.list_assignments(connection)

    def read_grades(self, assignment: str) -> dict[str, Grade]:
        """The current grade of each student."""
        with self._database.reading() as connection:
            return history.read_grades(connection, assignment)

    def read_history(self, assignment: str, student_id: str) -> list[Recorded[Grade]]:
        """All grades that a student ever had in an assignment, oldest first."""
        with self._database.reading() as connection:
            entries = history.list_entries(connection, "grade", assignment, student_id)
            return [history.read_grade(entry) for entry in entries]

    def record_grades(self, grades: Iterable[Grade]) -> list[Grade]:
        """Append the grades that differ from the current ones in more than `graded_at`; those that were appended."""
        with self.transaction():
            with self._database.reading() as connection:
                changed = history.pick_changed(connection, grades)
            if changed:
                self._append(history.enter_grade(grade) for grade in changed)
            return changed

    # Overrides: append-only; the newest for a place counts

    def add_override(self, override: Override) -> None:
        """Write a person's decision down."""
        self._append(history.enter_override(one) for one in [override])

    def read_overrides(self, assignment: str) -> dict[tuple[str, str | None], Override]:
        """Those in force, by student and question; a place whose newest has no points isn't among them."""
        with self._database.reading() as connection:
            return history.read_overrides(connection, assignment)

    def read_override_history(self, assignment: str, student_id: str) -> list[Recorded[Override]]:
        """All decisions that were ever made about a student in an assignment, oldest first."""
        with self._database.reading() as connection:
            entries = history.list_entries(connection, "override", assignment, student_id)
            return [history.read_override(entry) for entry in entries]

    # Events: who did what, when

    def add_event(self, kind: str, subject: str, details: Mapping[str, Any]) -> None:
        """Write down what happened. `subject` is an assignment or a student's id; `details` JSON; ids, no names."""
        self._append([history.enter_event(kind, subject, details)])

    def read_events(self, *, kind: str | None = None, subject: str | None = None) -> list[Recorded[Event]]:
        """What happened, oldest first."""
        with self._database.reading() as connection:
            return [history.read_event(e) for e in history.read_event_entries(connection, kind=kind, subject=subject)]

    # Privacy

    def purge(self, *, before: datetime | None = None, student_id: str | None = None) -> Purged:
        """Remove what was written before a time, of one student or of all; the student's whole without a time.

        What another student's grade still rests on stays. The bytes are gone from the ledger's files afterwards.

        Raises:
            UsageError: neither is given.
            ProvisionError: another process is reading, so that old pages can't be removed yet: purge again.
        """
        if before is None and student_id is None:
            raise UsageError("nothing is purged without a date or a student's id")
        with self._database.transaction() as connection:
            purged = privacy.purge(connection, self._artefacts, before=before, student_id=student_id)
            until = None if before is None else write_time(before)
            self.add_event("purged", "", {"before": until, "one_student": student_id is not None, **asdict(purged)})
        if not self._database.scrub():
            raise ProvisionError(
                "what was purged is still in the ledger's log, because another program is reading it",
                details=("Nobody finds it through the ledger any more. Close what reads it, and purge again.",),
            )
        return purged

    def export_student(self, student_id: str) -> Exported:
        """All that the ledger knows of a student, for the student."""
        with self._database.reading() as connection:
            return privacy.export_student(connection, student_id)

    def read_exported(self, student_id: str, name: str) -> bytes:
        """One of the files that `export_student` names: what was handed in, reports, evidence."""
        with self._database.reading() as connection:
            return privacy.read_exported(connection, self._artefacts, student_id, name)

    # Trust

    @property
    def head(self) -> str:
        """The digest of the history's last entry. Written down elsewhere, it proves that nothing before was changed."""
        with self._database.reading() as connection:
            return history.read_head(connection)

    def check(self) -> list[str]:
        """What is wrong with the ledger, a line each: pages, digests of artefacts, the chain of the history, files
        that no row names and rows whose files are gone. Reads everything, changes nothing."""
        with self._database.reading() as connection:
            pages = self._database.check_pages()
            return [*pages, *history.check_history(connection), *self._artefacts.check(connection)]

    def _append(self, entries: Iterable[history.Entry]) -> None:
        """Append entries; those that can't be written as text come to light in here, where that is told."""
        with self._database.transaction() as connection:
            history.add_entries(connection, list(entries), by=self._database.by, at=self._database.now())
