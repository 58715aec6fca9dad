"""A sandbox that runs nothing: a handler answers each request. For tests of everything around sandboxes."""

import io
import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, FrameError, Kind
from grader.limits import EvidenceLimits
from grader.sandbox.frames import EvidenceCapError, FrameCounter, pack_job
from grader.sandbox.request import Job, Launch, RunRequest, RunResult

__all__ = ["FakeSandbox", "Handler"]

Handler = Callable[[RunRequest], "RunResult | Sequence[Frame] | bytes"]
_READY = Frame(Kind.READY, json.dumps({"python": "3.11.0", "packages": {}, "device": "cpu"}).encode())


class FakeSandbox:
    """Answers with what a handler returns.

    A handler returns a whole `RunResult`; or frames, to which READY is added in front where it lacks; or the bytes of
    an evidence stream, which are read with a keeper's caps. One that raises `SandboxError` is a sandbox that fails.
    `requests` are those that were run, in order.
    """

    name = "fake"
    is_sandbox = True
    cautions: tuple[str, ...] = ()

    def __init__(self, handler: Handler, *, evidence_limits: EvidenceLimits | None = None) -> None:
        self._handler = handler
        self._limits = evidence_limits or EvidenceLimits()
        self.requests: list[RunRequest] = []

    def prepare(self, launch: Launch) -> "_FakeRun":
        """Nothing starts."""
        return _FakeRun(self, launch)

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, answer, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def answer(self, request: RunRequest) -> RunResult:
        """The handler's answer as a result."""
        self.requests.append(request)
        answer = self._handler(request)
        if isinstance(answer, RunResult):
            return answer
        if isinstance(answer, bytes):
            return self._read(answer)
        frames = tuple(answer) if answer and answer[0].kind is Kind.READY else (_READY, *answer)
        return _make_result(frames)

    def _read(self, content: bytes) -> RunResult:
        frames: list[Frame] = []
        counter = FrameCounter(io.BytesIO(content).read, self._limits)
        try:
            while (frame := counter.next_frame()) is not None:
                frames.append(frame)
        except FrameError as error:
            return _make_result(tuple(frames), fault=str(error), exit=Exit.CRASHED)
        except EvidenceCapError as cap:
            return _make_result(tuple(frames), fault=str(cap), exit=Exit.OUTPUT_LIMIT)
        return _make_result(tuple(frames))


class _FakeRun:
    """One prepared run of a `FakeSandbox`."""

    def __init__(self, sandbox: FakeSandbox, launch: Launch) -> None:
        self._sandbox = sandbox
        self._launch = launch
        self._used = False

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Answer. The job is packed as it would be for a guest, so that one which can't be is found here too."""
        if self._used:
            raise SandboxError("a prepared run is used once")
        self._used = True
        for _ in pack_job(job, {**job.header, "fork": True}):
            pass
        result = self._sandbox.answer(RunRequest(launch=self._launch, job=job))
        if on_frame is not None:
            for frame in result.frames:
                on_frame(frame)
        return result

    def close(self) -> None:
        """Nothing is there to be ended; the run is over."""
        self._used = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def _make_result(frames: tuple[Frame, ...], *, fault: str | None = None, exit: Exit | None = None) -> RunResult:
    if not any(frame.kind is Kind.READY for frame in frames):
        raise SandboxError("the guest ended before it was ready")
    closed = any(frame.kind is Kind.DONE for frame in frames)
    return RunResult(
        exit=exit or (Exit.FINISHED if closed else Exit.CRASHED), frames=frames, frames_fault=fault, closed=closed
    )
