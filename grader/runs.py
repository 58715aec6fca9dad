"""Runs on disk: whole frames as they came out, and how the run ended. Written once, never changed, read strictly."""

import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, FrameError, pack_frame, read_frame
from grader.limits import EvidenceLimits
from grader.sandbox.request import RunResult

__all__ = ["read_json", "read_result", "write_json", "write_result", "write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: beside it, to the disk, then renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


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
    except (OSError, ValueError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{str(path)!r} holds {type(value).__name__}; a JSON object is expected")
    return value


def write_result(folder: Path, name: str, result: RunResult) -> None:
    """Store a result as `name.frames` and, after it, `name.json`, which makes it count."""
    folder.mkdir(parents=True, exist_ok=True)
    stream = b"".join(pack_frame(frame.kind, frame.payload, frame.question) for frame in result.frames)
    write_whole(folder / f"{name}.frames", stream)
    end = asdict(replace(result, frames=()))
    write_json(folder / f"{name}.json", {**end, "frames": len(result.frames), "exit": result.exit.value})


def read_result(folder: Path, name: str) -> RunResult | None:
    """A stored result, or None where there is none or it isn't whole."""
    try:
        end = read_json(folder / f"{name}.json")
        frames = read_frames((folder / f"{name}.frames").read_bytes())
    except (UsageError, OSError, FrameError):
        return None
    if len(frames) != end.pop("frames"):
        return None
    return RunResult(**{**end, "exit": Exit(end["exit"]), "frames": frames})


def read_frames(stream: bytes) -> tuple[Frame, ...]:
    """Every frame of a stored stream."""
    file = io.BytesIO(stream)
    most_bytes = EvidenceLimits().frame_bytes
    return tuple(iter(lambda: read_frame(file.read, most_bytes=most_bytes), None))
