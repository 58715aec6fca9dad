"""Small runs, marks and grades to put into ledgers, and what a folder holds byte for byte."""

import hashlib
import itertools
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from grader.batch.ledger import Ledger
from grader.batch.model import Grade, NewMark, NewRun, Override, RowState, StoredMark, TimeSource
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.limits import KIB
from grader.sandbox.request import RunResult

__all__ = [
    "MORNING",
    "digest_of",
    "find_mark",
    "make_grade",
    "make_large_run",
    "make_mark",
    "make_override",
    "make_run",
    "read_tree",
    "tick",
]

MORNING = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)


def find_mark(ledger: Ledger, key: str) -> StoredMark | None:
    """The newest mark of a key, with its report."""
    mark = ledger.find_marks([key]).get(key)
    return None if mark is None else replace(mark, report=ledger.read_report(mark.id))


def tick(start: datetime = MORNING, *, seconds: float = 1) -> Iterator[datetime]:
    """A clock that goes on by itself."""
    return (start + timedelta(seconds=seconds * step) for step in itertools.count())


def digest_of(text: str) -> str:
    """A digest as submissions have it."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def make_run(name: str, *, payload: bytes = b"[1, 2]", started_at: datetime = MORNING) -> NewRun:
    """A run of two questions, with a predict run."""
    frames = (Frame(Kind.READY, b"{}"), Frame(Kind.RECORD, payload, 0), Frame(Kind.DONE, b"{}"))
    student = RunResult(exit=Exit.FINISHED, frames=frames, wall_seconds=0.25, gpus=("H100 1.2",), guest_stderr="\udcff")
    return NewRun(
        keys={"a": f"key-a-{name}", "b": f"key-b-{name}"},
        questions=("a", "b"),
        results={"student": student, "a.net": replace(student, exit=Exit.MEMORY_LIMIT, frames=frames[:1], signal=9)},
        submission_digest=digest_of(name),
        draw=3,
        sandbox="fake",
        image=None,
        cautions=("none at all",),
        is_sandbox=False,
        node="n1",
        started_at=started_at,
        wall_seconds=1.5,
    )


def make_large_run(name: str) -> NewRun:
    """A run whose evidence is a file."""
    return make_run(name, payload=hashlib.shake_256(name.encode()).digest(600 * KIB))


def make_mark(name: str, *, run_ids: tuple[int, ...] = (1,), marked_at: datetime = MORNING) -> NewMark:
    """A mark of two questions."""
    return NewMark(
        key=f"mark-{name}",
        submission_digest=digest_of(name),
        assignment_digest=digest_of("hw1"),
        run_ids=run_ids,
        points=Decimal("7.50"),
        max_points=Decimal(10),
        questions={"a": Decimal("7.50"), "b": None},
        status="graded",
        report=f'{{"of": "{name}"}}'.encode(),
        marked_at=marked_at,
    )


def make_grade(student_id: str, points: str | None = "7.5", *, name: str = "one", mark_id: int | None = None) -> Grade:
    """A grade in hw1."""
    return Grade(
        assignment="hw1",
        student_id=student_id,
        state=RowState.GRADED if points is not None else RowState.NEEDS_REVIEW,
        points=None if points is None else Decimal(points),
        max_points=Decimal(10),
        final_points=None if points is None else Decimal(points),
        questions={"a": None if points is None else Decimal(points), "b": None},
        attempt=1,
        submitted_at=MORNING,
        time_source=TimeSource.COLUMN,
        graded_at=MORNING,
        submission_digest=digest_of(name),
        mark_id=mark_id,
    )


def make_override(student_id: str, points: str | None, *, question: str | None = "a") -> Override:
    """A person's decision in hw1."""
    value = None if points is None else Decimal(points)
    return Override(
        assignment="hw1",
        student_id=student_id,
        question=question,
        points=value,
        reason="the figure was right",
        by="ta",
        at=MORNING,
    )


def read_tree(folder: Path) -> dict[str, tuple[int, bytes, int]]:
    """Every file and folder: its mode, its content, and for a file when it was last written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.stat()
        is_file = stat.S_ISREG(about.st_mode)
        content = path.read_bytes() if is_file else b""
        found[os.fspath(path.relative_to(folder))] = (about.st_mode, content, about.st_mtime_ns if is_file else 0)
    return found
