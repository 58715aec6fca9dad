"""The host's side of a run, for every sandbox: feeds the job, takes the evidence, keeps the time, ends the run.

Theory of operation
-------------------
A `KeptRun` stands around one started guest. Four threads do nothing but wait: one reads evidence frames and counts them
against the caps *as they arrive*, one reads the guest's standard error, one waits for its end, one writes the job.
Threads, because pipes can't be polled everywhere. Each puts what happened on one queue; the caller's thread decides.

    started ──READY──► the job goes in ──frames──► DONE ──► the guest's exit ──► ended, measured, released

The run ends at the first of: DONE and the guest's exit; the guest's exit without DONE; the deadline; a cap of evidence;
bytes that are no frame; more memory, processes or processor time than allowed, where no control group sees to it.
However it ends, all its processes are killed and waited for before `run` returns. The exit is named from what the
runtime says, never from what came out of the guest, but for DONE, which only init can write.
"""

import contextlib
import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, FrameError, Kind
from grader.limits import KIB, EvidenceLimits, Limits
from grader.sandbox.frames import EvidenceCapError, FrameCounter, pack_job
from grader.sandbox.request import Job, RunResult
from grader.sandbox.running import Ended, HasProcesses, Measure, Running

__all__ = ["READY_SECONDS", "KeptRun", "longest_seconds"]

READY_SECONDS = 120.0
"""A framework's first import with a cold disk was measured at 17 s; a busy machine needs several times that."""

_GRACE_SECONDS = 15.0  # for what init does around the questions
_QUESTION_GRACE_SECONDS = 5.0  # for ending a question and relaying its frames
_EXIT_SECONDS = 5.0  # between DONE and the guest's exit
_MEASURE_SECONDS = 0.2
_SPARE_PROCESSES = 4  # the sandbox's own and the guest
_DRAIN_SECONDS = 5.0
_ERRORS_SECONDS = 2.0
_ERRORS_BYTES = 64 * KIB
_CHUNK_BYTES = 256 * KIB


@dataclass(frozen=True)
class _Closed:
    """The evidence stream ended; with a fault, or at a cap."""

    fault: str | None = None
    at_cap: bool = False


@dataclass(frozen=True)
class _Stop:
    """Why the keeper ended a run."""

    exit: Exit
    fault: str | None = None


def longest_seconds(header: Mapping[str, Any], limits: Limits) -> float:
    """The most that a whole run may take once its job is in: a last resort, for init keeps each question's own time.

    A question may load twice (a notebook that didn't load in time is loaded again, definitions only), then run. With
    n at a time, the last one starts at the latest when all work before it is done in n equal shares.
    """
    load = float(header.get("load_seconds", limits.load_seconds))
    questions = header.get("questions", ())
    each = [
        2 * load + float(question.get("wall_seconds", limits.wall_seconds)) + _QUESTION_GRACE_SECONDS
        for question in questions
    ]
    parallel = max(1, int(header.get("parallel", limits.cpus)))
    return sum(each) / parallel + max(each, default=load) + _GRACE_SECONDS


@dataclass
class _Course:
    """What is known of a run so far."""

    frames: list[Frame] = field(default_factory=list)
    ready: bool = False
    done: bool = False
    ended: Ended | None = None
    closed: bool = False  # the evidence stream is read to its end, or to its fault
    fault: str | None = None
    peak_bytes: int | None = None
    measure: Measure = field(default_factory=Measure)

    def take_measure(self, measure: Measure) -> None:
        self.measure = measure
        known = [number for number in (self.peak_bytes, measure.peak_bytes, measure.memory_bytes) if number is not None]
        self.peak_bytes = max(known, default=None)


class KeptRun:
    """A `PreparedRun` around a started guest."""

    def __init__(
        self,
        running: Running,
        *,
        limits: Limits,
        evidence_limits: EvidenceLimits | None = None,
        ready_seconds: float = READY_SECONDS,
    ) -> None:
        self._running = running
        self._limits = limits
        self._counter = FrameCounter(running.evidence.read, evidence_limits or EvidenceLimits())
        self._ready_deadline = time.monotonic() + ready_seconds
        self._ready_seconds = ready_seconds
        self._events: queue.SimpleQueue[Frame | _Closed | Ended | _Stop] = queue.SimpleQueue()
        self._errors = bytearray()
        self._course = _Course()
        self._used = False
        self._closing = False
        self._closed = False
        self._threads = [_start_thread(work) for work in (self._collect, self._collect_errors, self._await_end)]

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Run one job to its end, see `PreparedRun.run`."""
        if self._used or self._closed:
            raise SandboxError("a prepared run is used once")
        self._used = True
        try:
            self._await_ready(on_frame)
            result = self._run_job(job, on_frame)
            if self._closing:  # by another thread, so how it ended says nothing about whose code ran
                raise SandboxError("the run was closed before it had ended")
            return result
        finally:
            self.close()

    def _run_job(self, job: Job, on_frame: Callable[[Frame], None] | None) -> RunResult:
        if (event := self._next_event(0.0)) is not None:  # nothing of a student is there yet: it can only wait
            what = f"ended ({event})" if isinstance(event, Ended) else "didn't wait"
            raise self._not_ready(f"the guest {what} before its job was sent")
        started = time.monotonic()
        header = self._running.prepare_job(job.header)
        frames = pack_job(job, header)
        first = next(frames)  # in this thread: a header that can't be packed is an error of the caller's
        self._threads.append(_start_thread(lambda: self._feed(itertools.chain([first], frames))))
        stop = self._watch(longest_seconds(header, self._limits), on_frame)
        wall_seconds = time.monotonic() - started
        self._running.end()
        self._drain(stop, on_frame)
        self._threads[1].join(_ERRORS_SECONDS)  # its processes are gone: what they said is here in a moment
        self._course.take_measure(self._running.measure())
        return self._make_result(stop, wall_seconds)

    def stop(self, exit: Exit) -> None:
        """End the run in good order from another thread; its result has this exit, and what has come out so far."""
        self._events.put(_Stop(exit))

    def list_processes(self) -> frozenset[int] | None:
        """The run's process ids on this machine; None where they can't be told."""
        return self._running.list_processes() if isinstance(self._running, HasProcesses) else None

    def close(self) -> None:
        """End the guest and everything it started. Harmless when called again."""
        if self._closed:
            return
        self._closing = True
        self._running.end()
        for thread in self._threads:
            thread.join(_DRAIN_SECONDS)
        if not any(thread.is_alive() for thread in self._threads):  # else it is still in use
            with contextlib.suppress(OSError):
                self._running.job.close()
        self._running.release()
        self._course.frames.clear()  # who has the result has them; a run that is over mustn't hold 256 MiB
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    # ── what the threads do ──

    def _collect(self) -> None:
        self._events.put(_read_all(self._counter, self._events.put))
        with contextlib.suppress(OSError):
            self._running.evidence.close()

    def _collect_errors(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._running.errors as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                self._errors += chunk[: _ERRORS_BYTES - len(self._errors)]

    def _await_end(self) -> None:
        self._events.put(self._running.wait())

    def _feed(self, frames: Iterable[bytes]) -> None:
        """Write the job. A guest that has ended takes no more: its end is seen elsewhere."""
        stream: IO[bytes] = self._running.job
        with contextlib.suppress(OSError, ValueError):
            for frame in frames:
                _write_all(stream, frame)
        with contextlib.suppress(OSError, ValueError):
            stream.close()

    # ── what the caller's thread decides ──

    def _await_ready(self, on_frame: Callable[[Frame], None] | None) -> None:
        while not self._course.ready:
            event = self._next_event(self._ready_deadline)
            if event is None:
                raise self._not_ready(f"the guest wasn't ready within {self._ready_seconds:.0f} s")
            if isinstance(event, _Stop):
                raise self._not_ready("the run was stopped before it was ready")
            if isinstance(event, Ended):
                raise self._not_ready(event.fault or f"the guest ended before it was ready ({event})")
            if isinstance(event, _Closed):
                self._course.closed, self._course.fault = True, event.fault
                self._ready_deadline = min(self._ready_deadline, time.monotonic() + _EXIT_SECONDS)
            else:
                self._take_frame(event, on_frame)

    def _not_ready(self, message: str) -> SandboxError:
        self._course.take_measure(self._running.measure())
        self._running.end()
        self._threads[1].join(_DRAIN_SECONDS)
        if self._course.measure.out_of_memory_kills:
            message += f"; its memory limit of {self._limits.memory_bytes} bytes is too small for it"
        return SandboxError(message, details=tuple(self._error_text().splitlines()[-20:]))

    def _watch(self, most_seconds: float, on_frame: Callable[[Frame], None] | None) -> _Stop | None:
        """Take events until the run is over. The reason if the keeper ends it; None if it ended by itself."""
        next_measure = time.monotonic()
        deadline = next_measure + most_seconds
        while True:
            now = time.monotonic()
            if now >= deadline:
                return None if self._course.done else _Stop(Exit.WALL_LIMIT)
            if now >= next_measure:
                self._course.take_measure(self._running.measure())
                stop = _over_limits(
                    self._course.measure, self._limits, most_cpu_seconds=most_seconds * self._limits.cpus
                )
                if stop is not None:
                    return stop
                next_measure = time.monotonic() + _MEASURE_SECONDS
            event = self._next_event(min(deadline, next_measure))
            if isinstance(event, _Stop):
                return event
            if isinstance(event, Ended):
                self._course.ended = event
                return None
            if isinstance(event, _Closed):
                self._course.closed, self._course.fault = True, event.fault
                if event.fault is not None:
                    return _Stop(Exit.OUTPUT_LIMIT if event.at_cap else Exit.CRASHED)
            if isinstance(event, Frame):
                self._take_frame(event, on_frame)
                if event.kind is Kind.DONE:
                    deadline = min(deadline, time.monotonic() + _EXIT_SECONDS)

    def _drain(self, stop: _Stop | None, on_frame: Callable[[Frame], None] | None) -> None:
        """Take what was on its way when the run ended, and how its process ended."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while not (self._course.closed and self._course.ended):
            event = self._next_event(deadline)
            if event is None:
                return
            if isinstance(event, Ended):
                self._course.ended = event
            elif isinstance(event, _Stop):
                continue  # it has ended already
            elif isinstance(event, _Closed):
                # A stream that we cut off ourselves ends anywhere: that is no fault of it.
                self._course.closed, self._course.fault = True, event.fault if stop is None else None
            else:
                self._take_frame(event, on_frame)

    def _next_event(self, deadline: float) -> Frame | _Closed | Ended | _Stop | None:
        try:
            return self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def _take_frame(self, frame: Frame, on_frame: Callable[[Frame], None] | None) -> None:
        self._course.frames.append(frame)
        self._course.ready = self._course.ready or frame.kind is Kind.READY
        self._course.done = self._course.done or frame.kind is Kind.DONE
        if on_frame is not None:
            on_frame(frame)

    def _make_result(self, stop: _Stop | None, wall_seconds: float) -> RunResult:
        course = self._course
        ended = course.ended or Ended()
        if stop is None and ended.fault is not None and not course.done and not course.measure.out_of_memory_kills:
            raise SandboxError(ended.fault, details=tuple(self._error_text().splitlines()[-20:]))
        if course.measure.out_of_memory_kills and not course.measure.memory_limit_reached:
            raise SandboxError(
                f"this machine ran out of memory while the run had less than its {self._limits.memory_bytes} bytes; "
                "run fewer at a time, or lower the assignment's `memory_bytes`"
            )
        return RunResult(
            exit=_name_exit(stop, course, ended),
            frames=tuple(course.frames),
            frames_fault=course.fault,
            ready=course.ready,
            closed=course.done,
            exit_code=ended.exit_code,
            signal=ended.signal if stop is None and not course.done else None,
            wall_seconds=wall_seconds,
            cpu_seconds=course.measure.cpu_seconds,
            peak_memory_bytes=course.peak_bytes,
            out_of_memory_kills=course.measure.out_of_memory_kills,
            process_limit_hits=course.measure.process_limit_hits,
            guest_stderr=self._error_text(),
        )

    def _error_text(self) -> str:
        return bytes(self._errors).decode("utf-8", errors="replace")


def _read_all(counter: FrameCounter, take: Callable[[Frame], None]) -> _Closed:
    try:
        while (frame := counter.next_frame()) is not None:
            take(frame)
    except FrameError as error:
        return _Closed(str(error))
    except EvidenceCapError as cap:
        return _Closed(str(cap), at_cap=True)
    except (OSError, ValueError) as error:
        return _Closed(f"the stream can't be read: {error}")
    return _Closed()


def _over_limits(measure: Measure, limits: Limits, *, most_cpu_seconds: float) -> _Stop | None:
    """What the keeper itself sees to where the kernel doesn't (a control group never lets it come to this)."""
    if (measure.memory_bytes or 0) > limits.memory_bytes:
        return _Stop(Exit.MEMORY_LIMIT)
    if (measure.processes or 0) > limits.processes + _SPARE_PROCESSES:
        return _Stop(Exit.PROCESS_LIMIT)
    if (measure.cpu_seconds or 0.0) > most_cpu_seconds:
        return _Stop(Exit.CPU_LIMIT)
    return None


def _name_exit(stop: _Stop | None, course: _Course, ended: Ended) -> Exit:
    if stop is not None:
        return stop.exit
    if course.measure.out_of_memory_kills:
        return Exit.MEMORY_LIMIT
    if course.done:
        return Exit.FINISHED
    if course.measure.process_limit_hits:
        return Exit.PROCESS_LIMIT
    return Exit.SIGNALLED if ended.signal is not None else Exit.CRASHED


def _write_all(stream: IO[bytes], content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[stream.write(view) or 0 :]


def _start_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True, name="grader-keeper")
    thread.start()
    return thread
