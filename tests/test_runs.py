"""Runs on disk come back as they were, and a damaged one isn't taken."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.errors import UsageError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.report.info import EnvironmentInfo, NoteInfo, StudentInfo, SubmissionInfo
from grader.runs import RunRecord, read_record, read_result, read_results, write_result, write_run
from grader.sandbox.request import RunResult

RESULT = RunResult(
    exit=Exit.MEMORY_LIMIT,
    frames=(Frame(Kind.READY, b"{}"), Frame(Kind.OUTPUT, b"hello", 2), Frame(Kind.DONE, b"{}")),
    exit_code=None,
    signal=9,
    wall_seconds=1.5,
    peak_memory_bytes=5,
    out_of_memory_kills=1,
)
RECORD = RunRecord(
    id="20261121T090000-0badcafe",
    assignment="assignments/hw1",
    probe="sha256:0",
    draw=3,
    submission=SubmissionInfo(
        source="hw1/hw1.py", submitted_at=datetime.now(UTC), notes=(NoteInfo("two_programs", {"taken": "hw1.py"}),)
    ),
    student=StudentInfo(id="s1"),
    environment=EnvironmentInfo(grader="0", sandbox="fake", is_sandbox=False, weights={"a/b/c": "standin"}),
    started_at=datetime.now(UTC),
    source="x = 1",
)


def test_a_result_comes_back_whole(tmp_path: Path) -> None:
    """Every field and every frame of a stored result is read again."""
    write_result(tmp_path, "student", RESULT)

    assert read_result(tmp_path, "student") == RESULT


def test_a_run_comes_back_whole(tmp_path: Path) -> None:
    """A run's record, results and questions are read again."""
    write_run(tmp_path / "run", RECORD, {"student": RESULT}, questions=["a", "b"])

    assert read_record(tmp_path / "run") == RECORD
    assert read_results(tmp_path / "run") == ({"student": RESULT}, ["a", "b"])


@pytest.mark.skipif(os.name == "nt", reason="no permission bits")
def test_a_run_is_its_owners_alone(tmp_path: Path) -> None:
    """On a machine with several users nobody else reads a student's evidence, or the reference's."""
    write_run(tmp_path / "runs" / "one", RECORD, {"student": RESULT}, questions=["a"])

    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "runs", tmp_path / "runs" / "one")] == [0o700, 0o700]


@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_run_is_not_taken(tmp_path: Path, damage: str) -> None:
    """Frames that are cut short, changed or gone make the run unusable, and it says so."""
    write_run(tmp_path / "run", RECORD, {"student": RESULT}, questions=["a"])
    stored = tmp_path / "run" / "student.frames"
    content = stored.read_bytes()
    if damage == "gone":
        stored.unlink()
    else:
        stored.write_bytes(content[:-3] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))

    assert read_result(tmp_path / "run", "student") is None
    with pytest.raises(UsageError, match="isn't whole"):
        read_results(tmp_path / "run")


def test_no_such_run(tmp_path: Path) -> None:
    """A folder that holds no run is named."""
    with pytest.raises(UsageError, match=r"run\.json"):
        read_record(tmp_path)
