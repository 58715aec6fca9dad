"""Runs of the tiny guest: a few lines that run the job's program as plain Python, see `tiny_guest/__main__.py`."""

import json
import sys
from pathlib import Path
from typing import Any

from grader.limits import GIB, Limits
from grader.sandbox import Interpreter, Job, Launch, RunRequest, RunResult
from grader.sandbox.request import Mount

__all__ = ["TINY_GUEST", "errors_of", "make_request", "texts_of"]

TINY_GUEST = Path(__file__).parent / "tiny_guest"
HERE = Interpreter(framework="none", executable=Path(sys.executable))


def make_request(
    source: str,
    *,
    limits: Limits | None = None,
    mounts: tuple[Mount, ...] = (),
    environment: dict[str, str] | None = None,
    files: dict[str, bytes] | None = None,
    given: bytes = b"",
    interpreter: Interpreter = HERE,
    seconds: float = 30.0,
    **header: Any,
) -> RunRequest:
    """A run of a program that sees `send(kind, payload)`, `job`, `files`, `given` and `evidence`."""
    questions = [{"id": "only", "function": "only", "wall_seconds": seconds}]
    return RunRequest(
        launch=Launch(
            interpreter=interpreter,
            mounts=mounts,
            environment=environment or {},
            limits=limits or Limits(memory_bytes=GIB),
        ),
        job=Job(
            header={"program": {"source": source}, "questions": questions, "load_seconds": 0.0, **header},
            files=files or {},
            given=given,
        ),
    )


def texts_of(result: RunResult) -> list[str]:
    """What the program sent as RECORD frames."""
    return [frame.payload.decode() for frame in result.frames if frame.kind == 17]


def errors_of(result: RunResult) -> Any:
    """The last line of the guest's standard error, read as JSON."""
    return json.loads(result.guest_stderr.splitlines()[-1])
