"""The ledger as the steps of a batch see it: one object with everything that is kept and found again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.batch.ledger.values import Event, Exported, Purged, Recorded
from grader.batch.model import Grade, NewMark, NewRun, Override, StoredMark, StoredRun

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
    raise NotImplementedError


class Ledger:
    """Everything of a batch that outlives it. Every method raises ProvisionError where the disk is full or damaged;
    those that write raise UsageError where the ledger was opened for reading, or another grader has taken it over.

    May be used from several threads; they take turns.
    """

    def close(self) -> None:
        """Let go of it. Harmless when called again."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is there together or not at all, with one flush of the disk. May be nested."""
        raise NotImplementedError
        yield

    # Runs: evidence by question

    def find_runs(self, keys: Iterable[str]) -> dict[str, int]:
        """The newest run that answered each question, by the question's key; without those that were dropped."""
        raise NotImplementedError

    def read_run(self, run_id: int) -> StoredRun:
        """A run with all its frames, their digests verified.

        Raises:
            UsageError: there is no such run.
            ProvisionError: its evidence is damaged or gone. `drop_run` has it forgotten, so that it is made again.
        """
        raise NotImplementedError

    def add_run(self, run: NewRun) -> int:
        """Keep a run; its id."""
        raise NotImplementedError

    def drop_run(self, run_id: int, reason: str) -> None:
        """Count a run no longer, for a reason that the history keeps."""
        raise NotImplementedError

    # Marks

    def find_mark(self, key: str) -> StoredMark | None:
        """The newest mark of a key, with its report."""
        raise NotImplementedError

    def find_marks(self, keys: Iterable[str]) -> dict[str, StoredMark]:
        """The newest mark of each key. Their `report` is b"": `read_report` has it."""
        raise NotImplementedError

    def read_mark(self, mark_id: int) -> StoredMark | None:
        """A mark by its id (as a grade names it), with its report."""
        raise NotImplementedError

    def read_report(self, mark_id: int) -> bytes:
        """A mark's report.

        Raises:
            UsageError: there is no such mark.
            ProvisionError: the report is damaged or gone.
        """
        raise NotImplementedError

    def add_mark(self, mark: NewMark) -> int:
        """Keep a mark; its id."""
        raise NotImplementedError

    # What was handed in, for regrades and appeals

    def keep_submission(self, digest: str, packed: bytes, *, student_ids: Iterable[str] = ()) -> None:
        """Keep what was handed in, once, and who handed it in. A purge or export of a student goes by `student_ids`
        and by grades: name them for every attempt that is read. Writes nothing where all of it is known."""
        raise NotImplementedError

    def read_submission(self, digest: str) -> bytes | None:
        """What `keep_submission` kept."""
        raise NotImplementedError

    # Grades: append-only; the newest of a student in an assignment counts

    def read_grades(self, assignment: str) -> dict[str, Grade]:
        """The current grade of each student."""
        raise NotImplementedError

    def read_history(self, assignment: str, student_id: str) -> list[Recorded[Grade]]:
        """All grades that a student ever had in an assignment, oldest first."""
        raise NotImplementedError

    def record_grades(self, grades: Iterable[Grade]) -> list[Grade]:
        """Append the grades that differ from the current ones in more than `graded_at`; those that were appended."""
        raise NotImplementedError

    # Overrides: append-only; the newest for a place counts

    def add_override(self, override: Override) -> None:
        """Write a person's decision down."""
        raise NotImplementedError

    def read_overrides(self, assignment: str) -> dict[tuple[str, str | None], Override]:
        """Those in force, by student and question; a place whose newest has no points isn't among them."""
        raise NotImplementedError

    def read_override_history(self, assignment: str, student_id: str) -> list[Recorded[Override]]:
        """All decisions that were ever made about a student in an assignment, oldest first."""
        raise NotImplementedError

    # Events: who did what, when

    def add_event(self, kind: str, subject: str, details: Mapping[str, Any]) -> None:
        """Write down what happened. `subject` is an assignment or a student's id; `details` JSON, with ids, no names."""
        raise NotImplementedError

    def read_events(self, *, kind: str | None = None, subject: str | None = None) -> list[Recorded[Event]]:
        """What happened, oldest first."""
        raise NotImplementedError

    # Privacy

    def purge(self, *, before: datetime | None = None, student_id: str | None = None) -> Purged:
        """Remove what was written before a time, of one student or of all; the student's whole without a time.

        What another student's grade still rests on stays. The bytes are gone from the ledger's files afterwards.

        Raises:
            UsageError: neither is given.
            ProvisionError: another process is reading, so that old pages can't be removed yet: purge again.
        """
        raise NotImplementedError

    def export_student(self, student_id: str) -> Exported:
        """All that the ledger knows of a student, for the student."""
        raise NotImplementedError

    def read_exported(self, student_id: str, name: str) -> bytes:
        """One of the files that `export_student` names: what was handed in, reports, evidence."""
        raise NotImplementedError

    # Trust

    @property
    def head(self) -> str:
        """The digest of the history's last entry. Written down elsewhere, it proves that nothing before was changed."""
        raise NotImplementedError

    def check(self) -> list[str]:
        """What is wrong with the ledger, a line each: pages, digests of artefacts, the chain of the history, files
        that no row names and rows whose files are gone. Reads everything, changes nothing."""
        raise NotImplementedError
