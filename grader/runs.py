"""Runs on disk: whole frames as they came out, and how the run ended. Written once, never changed, read strictly."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.durable import write_pieces, write_whole
from grader.errors import UsageError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, FrameError, pack_frame, read_frame
from grader.ingest.submission import Sheet
from grader.limits import EvidenceLimits
from grader.report.info import EnvironmentInfo, StudentInfo, SubmissionInfo
from grader.sandbox.request import RunResult

__all__ = [
    "RunRecord",
    "read_json",
    "read_record",
    "read_result",
    "read_results",
    "write_json",
    "write_result",
    "write_run",
]


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What is known of a graded run beside its evidence. `probe` is the digest of what its questions came from."""

    id: str
    assignment: str
    probe: str
    draw: int
    submission: SubmissionInfo
    student: StudentInfo
    environment: EnvironmentInfo
    started_at: datetime
    wall_seconds: float = 0.0
    source: str = ""
    variant: Mapping[str, Any] = field(default_factory=dict)
    sheet: Sheet | None = None  # the answers to a quiz, as they were read


RECORD = TypeAdapter(RunRecord)


def make_private(folder: Path) -> None:
    """Make a folder, and the one that it is in, for their owner alone: evidence is other people's work and answers."""
    for place in (folder.parent, folder):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object whole or not at all."""
    write_whole(path, json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False).encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that `write_json` wrote.

    Raises:
        UsageError: it isn't there, or isn't one.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{str(path)!r} holds {type(value).__name__}; a JSON object is expected")
    return value


def write_result(folder: Path, name: str, result: RunResult) -> None:
    """Store a result as `name.frames` and, after it, `name.json`, which makes it count."""
    make_private(folder)
    pieces = (pack_frame(frame.kind, frame.payload, frame.question) for frame in result.frames)
    write_pieces(folder / f"{name}.frames", pieces)
    end = asdict(replace(result, frames=()))
    write_json(folder / f"{name}.json", {**end, "frames": len(result.frames), "exit": result.exit.value})


def read_result(folder: Path, name: str) -> RunResult | None:
    """A stored result, or None where there is none or it isn't whole."""
    try:
        end = read_json(folder / f"{name}.json")
        frames = read_frames(folder / f"{name}.frames")
    except (UsageError, OSError, FrameError):
        return None
    if len(frames) != end.pop("frames"):
        return None
    return RunResult(**{**end, "exit": Exit(end["exit"]), "frames": frames, "gpus": tuple(end.get("gpus", ()))})


def read_frames(path: Path) -> tuple[Frame, ...]:
    """Every frame of a stored stream.

    Raises:
        OSError: the file can't be read.
        FrameError: it holds something else.
    """
    most_bytes = EvidenceLimits().frame_bytes
    with path.open("rb") as file:
        return tuple(iter(lambda: read_frame(file.read, most_bytes=most_bytes), None))


def write_run(folder: Path, record: RunRecord, results: Mapping[str, RunResult], *, questions: Sequence[str]) -> None:
    """Store a graded run: its results first, then `run.json`, which makes it count."""
    make_private(folder)
    for name, result in results.items():
        write_result(folder, name, result)
    about = RECORD.dump_python(record, mode="json")
    write_json(folder / "run.json", {"record": about, "results": list(results), "questions": list(questions)})


def read_record(folder: Path) -> RunRecord:
    """What `write_run` wrote down.

    Raises:
        UsageError: there is no such run.
    """
    run = read_json(folder / "run.json")
    try:
        return RECORD.validate_python(run.get("record"))
    except ValidationError as error:
        raise UsageError(f"{str(folder)!r} isn't a run of this version: {error.error_count()} fields differ") from error


def read_results(folder: Path) -> tuple[dict[str, RunResult], list[str]]:
    """A stored run's results by name, and its questions in the order of the job.

    Raises:
        UsageError: there is no such run, or it isn't whole.
    """
    run = read_json(folder / "run.json")
    results = {name: read_result(folder, name) for name in run["results"]}
    whole = {name: result for name, result in results.items() if result is not None}
    if len(whole) < len(results):
        raise UsageError(
            f"run {folder.name!r} isn't whole: {', '.join(sorted(set(results) - set(whole)))} can't be read"
        )
    return whole, list(run["questions"])
