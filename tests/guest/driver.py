"""Drives the real guest as a subprocess: writes a job, reads the frames, as a sandbox does, without being one."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.guest.protocol import Frame, FrameError, Kind, pack_frame, read_frame

GUEST = Path(__file__).parents[2] / "grader" / "guest" / "__main__.py"
MOST_BYTES = 1 << 28


@dataclass
class QuestionResult:
    """What one question left."""

    records: list[dict[str, Any]] = field(default_factory=list)
    arrays: list[bytes] = field(default_factory=list)
    problem: dict[str, Any] | None = None
    output: str = ""
    ended: dict[str, Any] = field(default_factory=dict)

    @property
    def exit(self) -> str:
        """ENDED's word."""
        return str(self.ended["exit"])

    def answer(self, name: str) -> Any:
        """The value recorded under a name, as the recorder encoded it."""
        return next(record["value"] for record in self.records if record["name"] == name)


@dataclass
class GuestResult:
    """What a run left."""

    frames: list[Frame]
    questions: list[QuestionResult]
    ready: dict[str, Any]
    done: bool
    returncode: int
    stderr: str
    fault: str | None


def make_header(
    probe: str,
    program: str | Mapping[str, Any] | None,
    *,
    questions: Mapping[str, float] | list[str],
    **changes: Any,
) -> dict[str, Any]:
    """A JOB header; `questions` are ids, or ids with their seconds. A text as program is a script hw1.py."""
    if isinstance(program, str):
        program = {"path": "hw1.py", "kind": "script", "source": program}
    times = dict(questions) if isinstance(questions, Mapping) else dict.fromkeys(questions, 20.0)
    header: dict[str, Any] = {
        "role": "grade",
        "framework": "none",
        "program": program,
        "probe": probe,
        "load": "each",
        "load_seconds": 20.0,
        "questions": [{"id": id_, "function": id_, "wall_seconds": seconds} for id_, seconds in times.items()],
        "draw": "00" * 16,
        "seed": 7,
        "values": {},
        "variant": {},
        "weights": {},
        "threads": 1,
        "parallel": 2,
        "evidence_bytes": 1 << 20,
        "output_bytes": 4096,
        "fork": True,
    }
    return {**header, **changes}


def make_notebook(*cells: str, path: str = "hw1.ipynb") -> dict[str, Any]:
    """A notebook program of these cells."""
    numbered = [{"number": number, "source": source} for number, source in enumerate(cells, start=1)]
    return {"path": path, "kind": "notebook", "cells": numbered, "of": len(cells)}


def pack_job(header: Mapping[str, Any], files: Mapping[str, bytes], given: bytes) -> bytes:
    """The frames of one job."""
    parts = [pack_frame(Kind.JOB, json.dumps(dict(header)).encode())]
    parts += [pack_frame(Kind.FILE, path.encode() + b"\0" + content) for path, content in files.items()]
    parts += [pack_frame(Kind.GIVEN, given)] if given else []
    return b"".join([*parts, pack_frame(Kind.GO, b"")])


def run_guest(
    *headers: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
    given: bytes = b"",
    python: Path | None = None,
    work: Path | None = None,
    preexec: Callable[[], None] | None = None,
    standard_streams: bool = False,
    stop_reading: Path | None = None,
    timeout: float = 120.0,
) -> GuestResult:
    """Start a guest, give it the jobs, and read everything that comes out.

    The submission's program is among the files unless `files` says otherwise. Several headers: one guest, a job each;
    then only `frames` of the result is filled. `stop_reading`: close the evidence when this file isn't empty any more.
    """
    framework = str(headers[0]["framework"])
    job = b"".join(pack_job(header, files if files is not None else own_file(header), given) for header in headers)
    job_read, job_write = os.pipe()
    evidence_read, evidence_write = os.pipe()
    streams = ["--job-fd", "0", "--evidence-fd", "1"]
    if not standard_streams:
        streams = ["--job-fd", str(job_read), "--evidence-fd", str(evidence_write)]
    arguments = [str(python or sys.executable), "-I", str(GUEST), "--framework", framework, *streams]
    arguments += ["--runs", "1" if len(headers) == 1 else "0", *(["--work", str(work)] if work else [])]
    process = subprocess.Popen(
        arguments,
        stdin=job_read if standard_streams else subprocess.DEVNULL,
        stdout=evidence_write if standard_streams else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=() if standard_streams else (job_read, evidence_write),
        preexec_fn=preexec,
        start_new_session=True,
    )
    os.close(job_read)
    os.close(evidence_write)
    if stop_reading is not None:
        threading.Thread(target=close_when, args=(stop_reading, evidence_read), daemon=True).start()
        evidence_read = os.open(os.devnull, os.O_RDONLY)
    return collect(process, job, job_write, evidence_read, headers, timeout)


def close_when(path: Path, fd: int) -> None:
    """Close a descriptor when a file has content."""
    while not (path.exists() and path.stat().st_size):
        time.sleep(0.01)
    os.close(fd)


def own_file(header: Mapping[str, Any]) -> dict[str, bytes]:
    """The program as the only file of the submission."""
    program = header["program"]
    return {} if program is None else {program["path"]: str(program.get("source", "")).encode()}


def collect(
    process: "subprocess.Popen[bytes]",
    job: bytes,
    job_write: int,
    evidence_read: int,
    headers: tuple[Mapping[str, Any], ...],
    timeout: float,
) -> GuestResult:
    """Write the job and read the frames, each in a thread of its own; kill the guest when it takes too long."""
    frames: list[Frame] = []
    faults: list[str] = []
    errors: list[bytes] = []

    def write() -> None:
        with os.fdopen(job_write, "wb") as stream:
            try:
                stream.write(job)
            except BrokenPipeError:
                return

    def read() -> None:
        with os.fdopen(evidence_read, "rb") as stream:
            try:
                while (frame := read_frame(stream.read, most_bytes=MOST_BYTES)) is not None:
                    frames.append(frame)
            except FrameError as error:
                faults.append(str(error))

    def read_errors() -> None:
        assert process.stderr is not None
        errors.append(process.stderr.read())

    threads = [threading.Thread(target=target, daemon=True) for target in (write, read, read_errors)]
    for thread in threads:
        thread.start()
    try:
        returncode = process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    for thread in threads:
        thread.join(10)
    assert process.stderr is not None
    process.stderr.close()
    if len(headers) > 1:
        return GuestResult(frames, [], {}, True, returncode, b"".join(errors).decode(), None)
    return sort_frames(frames, len(headers[0]["questions"]), returncode, b"".join(errors).decode(), faults)


def sort_frames(frames: list[Frame], count: int, returncode: int, stderr: str, faults: list[str]) -> GuestResult:
    """The frames by question."""
    questions = [QuestionResult() for _ in range(count)]
    ready: dict[str, Any] = {}
    for frame in frames:
        if frame.kind is Kind.READY:
            ready = json.loads(frame.payload)
        elif frame.kind is not Kind.DONE:
            take_frame(questions[frame.question], frame)
    done = bool(frames) and frames[-1].kind is Kind.DONE
    return GuestResult(frames, questions, ready, done, returncode, stderr, faults[0] if faults else None)


def take_frame(question: QuestionResult, frame: Frame) -> None:
    """Put one frame where it belongs."""
    if frame.kind is Kind.RECORD:
        question.records.append(json.loads(frame.payload))
    elif frame.kind is Kind.ARRAYS:
        question.arrays.append(frame.payload)
    elif frame.kind is Kind.PROBLEM:
        assert question.problem is None
        question.problem = json.loads(frame.payload)
    elif frame.kind is Kind.OUTPUT:
        question.output = frame.payload.decode()
    elif frame.kind is Kind.ENDED:
        assert not question.ended
        question.ended = json.loads(frame.payload)
    else:
        raise AssertionError(f"a guest doesn't send {frame.kind.name}")
