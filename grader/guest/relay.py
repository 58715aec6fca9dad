"""One question as init sees it: what its loader sent, how far it got, and how it ended. No processes in here.

Theory of operation
-------------------
A loader that is a process of its own sends READY when it has imported what it needs. Every loader sends GO when the
student's code is loaded, then RECORD and ARRAYS, perhaps a PROBLEM, and END at the end. The
relay hands whole frames on under the question's own number, whatever number they bear, and holds one frame at most.
What breaks the rules (bytes that are no frame, evidence before GO, more than the caps) sets `fault`, and the supervisor
kills the loader. GO travels inwards only; here it is borrowed, and it never leaves.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .job import GuestJob, QuestionJob
from .protocol import FrameError, Kind
from .stream import FrameBuffer, InnerFrame, pack_header

__all__ = ["Ending", "Relay", "RelayCaps", "classify_status", "pack_ended", "pack_not_started", "share_caps"]

JSON_BYTES = 256 << 10
RUN_FRAMES = 19_000  # of a run, shared by its questions; the reader of evidence takes 20,000
START_SECONDS = 300.0


@dataclass(frozen=True)
class RelayCaps:
    """What one question may send: bytes of evidence in all, and frames."""

    evidence_bytes: int
    frames: int


def share_caps(job: GuestJob) -> RelayCaps:
    """What each question of a job may send."""
    return RelayCaps(evidence_bytes=job.evidence_bytes, frames=RUN_FRAMES // max(1, len(job.questions)))


class OverCapError(Exception):
    """The loader sent more than the question may."""


@dataclass
class Relay:
    """The inner stream of one loader. `write` puts bytes on the evidence stream."""

    question: QuestionJob
    caps: RelayCaps
    write: Callable[..., None]
    awaits_ready: bool = False
    """Whether the loader imports its framework first, and says READY when it begins with the student's code."""
    begun: float = field(default_factory=time.monotonic)
    loaded: float | None = None
    ended: bool = False
    fault: str | None = None
    told_problem: bool = False
    sent_bytes: int = 0
    sent_frames: int = 0
    greeting: bytes = b""

    def __post_init__(self) -> None:
        self.buffer = FrameBuffer(self.accept)

    def feed(self, content: bytes) -> None:
        """Take bytes of the inner stream, until it has ended or broken a rule."""
        if self.over:
            return
        try:
            for frame in self.buffer.feed(content):
                self.take(frame)
                if self.over:
                    return
        except OverCapError:
            self.fault = "evidence_limit"
        except FrameError:
            self.fault = "crashed"

    @property
    def over(self) -> bool:
        """Whether nothing more is taken."""
        return self.ended or self.fault is not None

    def accept(self, kind: Kind, length: int) -> None:
        """Judge a frame by its header, before any of its payload is held."""
        if kind is not Kind.ARRAYS and length > JSON_BYTES:
            raise OverCapError
        if kind in (Kind.RECORD, Kind.ARRAYS, Kind.END) and self.loaded is None:
            raise FrameError(f"{kind.name} before the code was loaded")
        if kind in (Kind.RECORD, Kind.ARRAYS):
            self.sent_bytes += length
            self.sent_frames += 1
            if self.sent_bytes > self.caps.evidence_bytes or self.sent_frames > self.caps.frames:
                raise OverCapError
        elif kind not in (Kind.GO, Kind.END, Kind.PROBLEM) and not (kind is Kind.READY and self.awaits_ready):
            raise FrameError(f"a loader doesn't send {kind.name}")

    def take(self, frame: InnerFrame) -> None:
        """Act on one whole frame."""
        if frame.kind is Kind.READY:
            self.awaits_ready = False
            self.begun = time.monotonic()
        elif frame.kind is Kind.GO:
            self.loaded = self.loaded or time.monotonic()
            self.greeting = self.greeting or frame.payload
        elif frame.kind is Kind.END:
            self.ended = True
        elif frame.kind is Kind.PROBLEM:
            self.tell_problem(frame)
        else:
            self.hand_on(frame)

    def tell_problem(self, frame: InnerFrame) -> None:
        """Hand on the first problem only."""
        if not self.told_problem:
            self.told_problem = True
            self.hand_on(frame)

    def hand_on(self, frame: InnerFrame) -> None:
        """Put a frame on the evidence stream, under the question's own number."""
        header = pack_header(frame.kind, len(frame.payload), frame.digest, self.question.number)
        self.write(header, frame.payload)

    def deadline(self, load_seconds: float) -> float:
        """When the loader's time is up: for loading at first, then for the question."""
        if self.loaded is not None:
            return self.loaded + self.question.wall_seconds
        return self.begun + (START_SECONDS if self.awaits_ready else load_seconds)


@dataclass(frozen=True)
class Ending:
    """How a question ended: one of the words of ENDED's `exit`."""

    exit: str
    code: int | None = None
    signal: int | None = None


def classify_status(relay: Relay, over: str | None, code: int) -> Ending:
    """The ending, from what the relay saw and `code`, negative for a signal. `over` is the limit we killed it at."""
    if relay.ended:
        return Ending("finished")
    if over is not None:
        return Ending(over)
    return Ending("signalled", signal=-code) if code < 0 else Ending("crashed", code=code)


def pack_ended(
    relay: Relay, ending: Ending, *, peak_bytes: int, output_bytes: int, definitions_only: bool, now: float
) -> bytes:
    """ENDED's payload. `seconds` is 0 for a question whose code was never loaded, and for no other."""
    loaded = now if relay.loaded is None else relay.loaded
    seconds = 0.0 if relay.loaded is None else max(1e-6, now - loaded)
    return json.dumps(
        {
            "exit": ending.exit,
            "code": ending.code,
            "signal": ending.signal,
            "load_seconds": round(max(0.0, loaded - relay.begun), 6),
            "seconds": round(seconds, 6),
            "peak_bytes": peak_bytes,
            "output_bytes": output_bytes,
            "definitions_only": definitions_only,
        }
    ).encode()


def pack_not_started(error: OSError) -> bytes:
    """PROBLEM's payload for a question for which nothing was left: no disk, no process."""
    return json.dumps(
        {
            "code": "exception",
            "where": "load",
            "type": type(error).__name__,
            "message": f"the question couldn't be started: {error.strerror}",
            "help": None,
            "frames": [],
            "function": None,
            "signature": None,
            "near": [],
        }
    ).encode()
