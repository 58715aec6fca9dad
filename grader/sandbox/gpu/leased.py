"""A sandbox whose runs get the graphics processors that their limits ask for. Runs that ask for none pass through.

Theory of operation
-------------------
`prepare` only notes the launch. `run` waits in the queue for a lease, has the sandbox inside start the guest with it,
runs the job under a watch, and gives the lease back. A run that was prepared and waits for its caller holds nothing, so
runs may be prepared in any number and run in any order: were devices leased ahead, two of them could wait for each
other for ever.

A run that was watched to fail for a reason of the device's raises SandboxError: whoever asked makes it once more, and,
the device being out of service, on another one.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame
from grader.limits import Limits
from grader.sandbox.gpu.pool import CONTEXT_BYTES, GpuPool, Lease
from grader.sandbox.gpu.watch import GpuWatch, Seen
from grader.sandbox.request import Job, KeepsGuests, Launch, PreparedRun, RunRequest, RunResult, Sandbox, image_of

__all__ = ["LeasedSandbox"]

# How a run ends that was ended for its memory, or that lost a process to it.
_ENDED_BY_US = (Exit.FINISHED, Exit.SIGNALLED, Exit.CRASHED)


@runtime_checkable
class _CanStop(Protocol):
    """A run that can be ended from another thread in good order, keeping what it has left so far."""

    def stop(self, exit: Exit) -> None: ...


@runtime_checkable
class _HasProcesses(Protocol):
    """A run whose processes can be told."""

    def list_processes(self) -> frozenset[int] | None: ...


class LeasedSandbox:
    """Another sandbox, and the graphics processors of this machine."""

    def __init__(self, sandbox: Sandbox, pool: GpuPool | None = None) -> None:
        self._sandbox = sandbox
        self._pool = pool or GpuPool()
        self.name = sandbox.name
        self.is_sandbox = sandbox.is_sandbox

    @property
    def cautions(self) -> tuple[str, ...]:
        """See `Sandbox.cautions`."""
        return self._sandbox.cautions

    def image_for(self, framework: str) -> str | None:
        """See `image_of`."""
        return image_of(self._sandbox, framework)

    def prepare(self, launch: Launch) -> PreparedRun:
        """A run, see `Sandbox.prepare`; its guest is started when its graphics processors are free."""
        if not launch.limits.gpus:
            return self._sandbox.prepare(launch)
        return _LeasedRun(self._sandbox, self._pool, launch)

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def close(self) -> None:
        """Close the sandbox inside, if it keeps anything."""
        if isinstance(self._sandbox, KeepsGuests):
            self._sandbox.close()


class _LeasedRun:
    """A `PreparedRun` that waits for its devices when it is run, and gives them back when it is over."""

    def __init__(self, sandbox: Sandbox, pool: GpuPool, launch: Launch) -> None:
        self._sandbox = sandbox
        self._pool = pool
        self._launch = launch
        self._lock = threading.Lock()
        self._used = False
        self._cancelled = threading.Event()
        self._prepared: PreparedRun | None = None
        self._frames: list[Frame] = []

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Wait for the devices, then run one job to its end, see `PreparedRun.run`."""
        with self._lock:
            if self._used or self._cancelled.is_set():
                raise SandboxError("a prepared run is used once")
            self._used = True
        with contextlib.ExitStack() as stack:
            lease = self._pool.lease(self._launch.limits, cancelled=self._cancelled)
            stack.callback(lease.give_back)
            prepared = stack.enter_context(self._sandbox.prepare(replace(self._launch, gpus=lease.gpus)))
            with self._lock:
                self._prepared = prepared
                if self._cancelled.is_set():  # meanwhile, from another thread
                    raise SandboxError("interrupted")
            return self._run_watched(prepared, lease, job, on_frame)

    def close(self) -> None:
        """End the run, or its waiting. Harmless when called again; the devices go back as soon as the run has ended."""
        with self._lock:
            self._cancelled.set()
            prepared = self._prepared
        if prepared is not None:
            prepared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _run_watched(
        self, prepared: PreparedRun, lease: Lease, job: Job, on_frame: Callable[[Frame], None] | None
    ) -> RunResult:
        watch = GpuWatch(
            self._pool.nvml,
            list(zip(lease.devices, lease.baselines, strict=True)),
            most_bytes=_most_bytes(self._launch.limits),
            alone=lease.alone,
            list_processes=lambda: prepared.list_processes() if isinstance(prepared, _HasProcesses) else None,
            end_run=lambda: _stop(prepared),
        )
        watch.start()
        try:
            result = prepared.run(job, on_frame=self._note_frames(on_frame))
        except SandboxError as error:
            self._refuse_fault(watch.finish(), because=error)
            if not watch.finish().over_memory:
                raise
            # Ended by us, and this sandbox has no other way.
            result = RunResult(exit=Exit.MEMORY_LIMIT, frames=tuple(self._frames), closed=False)
        finally:
            watch.finish()
        seen = watch.finish()
        self._refuse_fault(seen)
        names = tuple(f"{gpu.name}, driver {gpu.driver}" for gpu in lease.gpus)
        is_limit = seen.over_memory and result.exit in _ENDED_BY_US
        return replace(
            result,
            exit=Exit.MEMORY_LIMIT if is_limit else result.exit,
            gpus=names,
            gpu_peak_bytes=seen.peak_bytes,
        )

    def _note_frames(self, on_frame: Callable[[Frame], None] | None) -> Callable[[Frame], None]:
        """Keep what comes out, for a run that can only be ended by closing it."""

        def note(frame: Frame) -> None:
            self._frames.append(frame)
            if on_frame is not None:
                on_frame(frame)

        return note

    def _refuse_fault(self, seen: Seen, *, because: Exception | None = None) -> None:
        """Whatever came out of a run whose device failed says nothing about the student.

        Raises:
            SandboxError: a device failed.
        """
        fault = seen.fault
        if fault is None:
            return
        if fault.lasting:
            self._pool.retire(fault.device, fault.reason)
        raise SandboxError(
            f"the graphics processor of a run failed: {fault.reason}", details=(fault.device.uuid,)
        ) from because


def _most_bytes(limits: Limits) -> int | None:
    """What a run may have of a device, the driver's own part counted."""
    return None if limits.gpu_memory_bytes is None else limits.gpu_memory_bytes + CONTEXT_BYTES


def _stop(prepared: PreparedRun) -> None:
    """End a run from the watch's thread."""
    if isinstance(prepared, _CanStop):
        prepared.stop(Exit.MEMORY_LIMIT)
        return
    with contextlib.suppress(SandboxError):
        prepared.close()
