"""The frames of a run on the host's side: a job's, packed for the guest; the evidence's, read within caps."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grader.guest.protocol import HEADER, Frame, Kind, pack_frame, read_frame
from grader.limits import KIB, EvidenceLimits
from grader.sandbox.request import Job

__all__ = ["EvidenceCapError", "FrameCounter", "pack_job"]

_CHUNK_BYTES = 256 * KIB


class EvidenceCapError(Exception):
    """More evidence than is taken. The text says which cap."""


def pack_job(job: Job, header: Mapping[str, Any]) -> Iterator[bytes]:
    """The frames of a job, in the order in which the guest reads them."""
    yield pack_frame(Kind.JOB, json.dumps(header, ensure_ascii=False, allow_nan=False).encode())
    for path, content in job.files.items():
        yield pack_frame(Kind.FILE, path.encode() + b"\0" + content)
    if job.given:
        yield pack_frame(Kind.GIVEN, job.given)
    yield pack_frame(Kind.GO, b"")


class FrameCounter:
    """Reads frames from a stream and keeps the caps of a run."""

    def __init__(self, read: Callable[[int], bytes], limits: EvidenceLimits) -> None:
        self._read = read
        self._limits = limits
        self._bytes = 0
        self._frames = 0

    def next_frame(self) -> Frame | None:
        """The next frame, or None at the stream's end.

        Raises:
            FrameError: what comes next is no frame.
            EvidenceCapError: the next frame would go beyond a cap; no byte of its payload was read.
        """
        frame = read_frame(self._read_exactly, most_bytes=0xFFFFFFFF)
        if frame is not None:
            self._frames += 1
            if self._frames > self._limits.frames:
                raise EvidenceCapError(f"more than {self._limits.frames} frames")
        return frame

    def _read_exactly(self, count: int) -> bytes:
        if count > max(self._limits.frame_bytes, HEADER.size):
            raise EvidenceCapError(f"a frame of {count} bytes; at most {self._limits.frame_bytes} are taken")
        if self._bytes + count > self._limits.run_bytes:
            raise EvidenceCapError(f"more than {self._limits.run_bytes} bytes")
        content = bytearray()
        while len(content) < count:
            chunk = self._read(min(count - len(content), _CHUNK_BYTES))
            if not chunk:
                break
            content += chunk
        self._bytes += len(content)
        return bytes(content)
