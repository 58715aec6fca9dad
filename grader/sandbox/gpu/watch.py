"""Watches the graphics processors of a run while it runs: their memory, who computes on them, whether they are well.

Theory of operation
-------------------
One thread looks four times a second through NVML. What it may find, and what follows:

    more memory than the run may have   the process that has most of it is killed, or, where processes can't be told
                                        apart, the run is ended; the student's
    the device doesn't answer, has      the run is ended; ours. The device is out of service
    reported a fault, has lost memory
    a program that isn't the run's      the run is ended; ours, for its memory and its time were not its own

Nothing of it is read from what came out of the run. A last look is taken when the run has ended, so that a failure in
its last moments isn't missed: a student's program can't tell an error of its own from one of the device either.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from grader.sandbox.gpu.faults import name_fault
from grader.sandbox.gpu.nvml import Device, DeviceLostError, DeviceState, FaultEvents, GpuProcess, Nvml

__all__ = ["GpuFault", "GpuWatch", "Seen"]

_INTERVAL_SECONDS = 0.25
_FOREIGN_LOOKS = 4  # a process that has just ended is listed for a moment longer
_GOING_LOOKS = 20  # how long a killed process may take until its memory is free
_PATIENCE_SECONDS = 30.0  # a driver that doesn't answer at all in that time has failed
_FIRST_NAMESPACE = 0xEFFFFFFC  # of processes: NVML's numbers are those of the machine, not of a container


@dataclass(frozen=True)
class GpuFault:
    """What went wrong with a device that isn't the student's. `lasting`: the device is out of service."""

    device: Device
    reason: str
    lasting: bool = True


@dataclass
class Seen:
    """What the watch has seen."""

    peak_bytes: int = 0
    over_memory: bool = False
    fault: GpuFault | None = None


@dataclass
class _Watched:
    """One device under watch."""

    device: Device
    baseline_bytes: int
    events: FaultEvents | None = None
    errors_before: int | None = None
    foreign: dict[int, int] = field(default_factory=dict)  # looks in which a process was seen


class GpuWatch:
    """Watches the devices of one run.

    Args:
        nvml: where facts come from.
        devices: those of the run, and the bytes in use on each before it.
        most_bytes: what the run may have of each, everything counted; None: as much as there is.
        alone: whether nobody else may be on them.
        list_processes: the process ids of the run; None where they can't be told.
        end_run: ends the run, from another thread than its own.
    """

    def __init__(
        self,
        nvml: Nvml,
        devices: Sequence[tuple[Device, int]],
        *,
        most_bytes: int | None,
        alone: bool,
        list_processes: Callable[[], frozenset[int] | None],
        end_run: Callable[[], None],
        proc: Path = Path("/proc"),
    ) -> None:
        self._nvml = nvml
        self._watched = [_Watched(device, baseline) for device, baseline in devices]
        self._most_bytes = most_bytes
        self._alone = alone
        self._list_processes = list_processes
        self._end_run = end_run
        self._proc = proc
        self._seen = Seen()
        self._going = 0  # looks until a killed process's memory should be free
        self._begun = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="grader-gpu-watch")

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()
        if not self._begun.wait(_PATIENCE_SECONDS):
            self._blame(self._watched[0], f"the driver didn't answer within {_PATIENCE_SECONDS:.0f} s")

    def finish(self) -> Seen:
        """End watching, after a last look; what was seen. Harmless when called again."""
        self._over.set()
        self._thread.join(_PATIENCE_SECONDS)
        if self._thread.is_alive():
            self._blame(self._watched[0], f"the driver didn't answer within {_PATIENCE_SECONDS:.0f} s")
        return self._seen

    def _run(self) -> None:
        """The thread: everything that asks the driver is in here, for it may never answer."""
        for watched in self._watched:
            self._guarded(watched, self._begin)
        self._begun.set()
        while self._seen.fault is None and not self._over.wait(_INTERVAL_SECONDS):
            for watched in self._watched:
                self._guarded(watched, self._look)
        self._over.wait()
        for watched in self._watched:
            self._guarded(watched, self._look_last)
            if watched.events is not None:
                watched.events.close()

    def _guarded(self, watched: _Watched, look: Callable[[_Watched], None]) -> None:
        """Look at a device; one that doesn't answer is lost."""
        try:
            look(watched)
        except DeviceLostError as error:
            self._blame(watched, f"it doesn't answer: {error}")

    def _begin(self, watched: _Watched) -> None:
        watched.events = self._nvml.watch_faults(watched.device)
        watched.errors_before = self._nvml.read_state(watched.device).uncorrected_errors

    def _look(self, watched: _Watched) -> None:
        state = self._look_at_health(watched)
        members = self._find_members()
        if self._alone and members is not None:
            self._look_for_others(watched, state, members)
        used = _count_used(state, watched.baseline_bytes, members, alone=self._alone)
        self._seen.peak_bytes = max(self._seen.peak_bytes, used or 0)
        self._going = max(0, self._going - 1)
        if self._most_bytes is not None and used is not None and used > self._most_bytes and not self._going:
            self._reclaim(state, members)

    def _look_last(self, watched: _Watched) -> None:
        """The run is over, and its processes are going: only whether the device is well is asked."""
        self._look_at_health(watched)

    def _look_at_health(self, watched: _Watched) -> DeviceState:
        reported = name_fault(watched.events.take()) if watched.events is not None else None
        state = self._nvml.read_state(watched.device)
        before, now = watched.errors_before, state.uncorrected_errors
        if reported is not None:
            self._blame(watched, f"the driver reported {reported}")
        elif state.defect is not None:
            self._blame(watched, state.defect)
        elif before is not None and now is not None and now > before:
            self._blame(watched, f"{now - before} errors of its memory could not be corrected")
        return state

    def _find_members(self) -> frozenset[int] | None:
        """The run's process ids, where they are the same numbers as NVML's."""
        with contextlib.suppress(OSError):
            if (self._proc / "self/ns/pid").stat().st_ino == _FIRST_NAMESPACE:
                return self._list_processes()
        return None

    def _look_for_others(self, watched: _Watched, state: DeviceState, members: frozenset[int]) -> None:
        others = {process.pid for process in state.processes} - members
        others = {pid for pid in others if _is_running(pid, self._proc)}
        watched.foreign = {pid: watched.foreign.get(pid, 0) + 1 for pid in others}
        for pid, looks in watched.foreign.items():
            if looks >= _FOREIGN_LOOKS:
                self._blame(watched, f"another program (process {pid}) computes on it", lasting=False)

    def _reclaim(self, state: DeviceState, members: frozenset[int] | None) -> None:
        """Take memory back: end the run's process that has most, else the run."""
        self._seen.over_memory = True
        own = [process for process in state.processes if members is not None and process.pid in members]
        largest = max(own, key=lambda process: process.memory_bytes or 0, default=None)
        if largest is not None and self._kill(largest):
            self._going = _GOING_LOOKS
        else:
            self._end_run()

    def _kill(self, process: GpuProcess) -> bool:
        """Kill a process of the run; by a handle, so that a number that changed hands meanwhile isn't hit."""
        try:
            handle = os.pidfd_open(process.pid)
        except OSError:
            return False
        try:
            members = self._list_processes()
            if members is None or process.pid not in members:
                return False
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except OSError:
            return False
        finally:
            os.close(handle)
        return True

    def _blame(self, watched: _Watched, reason: str, *, lasting: bool = True) -> None:
        """Remember a fault that isn't the student's, and end the run."""
        if self._seen.fault is None:
            self._seen.fault = GpuFault(watched.device, reason, lasting)
            self._end_run()


def _count_used(state: DeviceState, baseline_bytes: int, members: frozenset[int] | None, *, alone: bool) -> int | None:
    """The run's bytes on a device; None where they can't be told from others'."""
    if members is None:
        return state.used_bytes - baseline_bytes if alone else None
    own = [process for process in state.processes if process.pid in members]
    known = sum(process.memory_bytes or 0 for process in own)
    has_all = alone and len(own) == len(state.processes)  # then what no process is said to hold is the run's too
    return max(known, state.used_bytes - baseline_bytes) if has_all else known


def _is_running(pid: int, proc: Path) -> bool:
    """Whether a process is there and not just going."""
    try:
        words = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return False
    return bool(words) and words[0] not in (b"Z", b"X", b"x")
