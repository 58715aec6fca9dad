"""Leases graphics processors to runs: whole ones, or places on one where the author allows several runs on it.

Theory of operation
-------------------
A lease begins in the queue of all graders on this machine (`holds`). Its turn come, it claims what it needs, all or
nothing, and leaves the queue. Then it waits until the devices are as they are when nobody uses them: no process
computes on them, and no more of their memory is in use than before the first run. Where that doesn't come in time, or
a device doesn't answer, that device is out of service, with a reason that `grade doctor` shows, and the lease goes back
to its place in the queue. So what a run left behind can't meet the next one.

A device that was only still in use comes back by itself once it is clean. One with a fault stays out until the machine
is started again or a person removes its status file.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.errors import SandboxError
from grader.limits import GIB, MIB, Limits
from grader.sandbox.gpu.holds import Booking, Hold, LeaseFolder, Status
from grader.sandbox.gpu.nvml import Device, DeviceLostError, DeviceState, Nvml, NvmlMissingError
from grader.sandbox.gpu.passthrough import find_nodes
from grader.sandbox.request import LeasedGpu

__all__ = ["CONTEXT_BYTES", "GpuPool", "Lease"]

CONTEXT_BYTES = 1 * GIB
"""What the driver and its libraries take of a device for one process, besides the run's tensors. Allowed on top."""

_SLACK_BYTES = 256 * MIB  # between an idle device's uses of memory at different times
_MOST_IDLE_BYTES = 2 * GIB  # that a driver was ever seen to take of a device on which nobody computes
_POLL_SECONDS = 0.1
_SETTLE_SECONDS = 60.0
_WAIT_SECONDS = 4 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Devices that a run has until it gives them back."""

    gpus: tuple[LeasedGpu, ...]
    devices: tuple[Device, ...]
    baselines: tuple[int, ...]  # bytes in use on each, before the run
    alone: bool  # whether nobody else may be on them
    holds: tuple[Hold, ...] = field(repr=False)

    def give_back(self) -> None:
        """Let others have them. Harmless when called again."""
        for hold in self.holds:
            hold.let_go()


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What a run waits for."""

    fitting: tuple[Device, ...]
    booking: Booking
    count: int
    cancelled: threading.Event
    deadline: float


class GpuPool:
    """The graphics processors of this machine.

    Args:
        open_nvml: opens NVML; called when the first lease is asked for.
        folder: where graders of this machine agree on who has what; by default one place for all.
        only: those that runs may be given, and their slices, by number or UUID; None: all.
        settle_seconds: how long a device may take to be clean after its last run.
        wait_seconds: how long a run waits for its turn.
        dev: where device files are.
        proc: where the driver tells of slices.
    """

    def __init__(
        self,
        *,
        open_nvml: Callable[[], Nvml] = Nvml,
        folder: Path | None = None,
        only: Sequence[str] | None = None,
        settle_seconds: float = _SETTLE_SECONDS,
        wait_seconds: float = _WAIT_SECONDS,
        dev: Path = Path("/dev"),
        proc: Path = Path("/proc"),
    ) -> None:
        self._open_nvml = open_nvml
        self._path = folder
        self._only = only
        self._settle_seconds = settle_seconds
        self._wait_seconds = wait_seconds
        self._dev = dev
        self._proc = proc
        self._lock = threading.Lock()
        self._opened: tuple[Nvml, LeaseFolder] | None = None

    @property
    def nvml(self) -> Nvml:
        """NVML.

        Raises:
            SandboxError: it can't be had here.
        """
        return self._open()[0]

    def lease(self, limits: Limits, *, cancelled: threading.Event | None = None) -> Lease:
        """Wait for what a run needs, and take it. Once `cancelled` is set, waiting ends with an error.

        Raises:
            SandboxError: this machine hasn't it, or no device that works; it took too long; it was cancelled.
        """
        wanted = _Wanted(
            fitting=tuple(self._find_fitting(limits)),
            booking=_make_booking(limits),
            count=limits.gpus,
            cancelled=cancelled or threading.Event(),
            deadline=time.monotonic() + self._wait_seconds,
        )
        since: int | None = None
        while True:
            since, holds = self._await_turn(wanted, since)
            lease = self._settle(wanted, holds)
            if lease is not None:
                return lease

    def list_devices(self) -> tuple[tuple[Device, Status, int], ...]:
        """Each device, what is known of it, and how many runs have it now.

        Raises:
            SandboxError: NVML can't be had here.
        """
        nvml, folder = self._open()
        return tuple(
            (device, folder.read_status(device.uuid), folder.count_holds(device.uuid)) for device in nvml.list_devices()
        )

    def status_file(self, device: Device) -> Path:
        """Where a device's fault is written down."""
        return self._open()[1].status_file(device.uuid)

    def retire(self, device: Device, fault: str, *, heals: bool = False) -> None:
        """Take a device out of service."""
        _, folder = self._open()
        folder.write_status(device.uuid, replace(folder.read_status(device.uuid), fault=fault, heals=heals))

    def _open(self) -> tuple[Nvml, LeaseFolder]:
        with self._lock:
            if self._opened is None:
                try:
                    nvml = self._open_nvml()
                except NvmlMissingError as error:
                    raise SandboxError(f"no graphics processor can be used: {error}", command=error.command) from error
                self._opened = nvml, LeaseFolder(self._path)
            return self._opened

    def _find_fitting(self, limits: Limits) -> list[Device]:
        """The devices that could do, however they are now.

        Raises:
            SandboxError: there are too few.
        """
        try:
            devices = [device for device in self.nvml.list_devices() if _is_among(device, self._only)]
        except NvmlMissingError as error:
            raise SandboxError(f"no graphics processor can be used: {error}", command=error.command) from error
        needed = _make_booking(limits).memory_bytes or limits.gpu_memory_bytes or 0
        fitting = [
            device
            for device in devices
            if device.trouble is None and device.memory_bytes >= needed and not (limits.gpus > 1 and device.is_slice)
        ]
        if len(fitting) < limits.gpus:
            wanted = f"{limits.gpus} graphics processors" if limits.gpus > 1 else "a graphics processor"
            wanted += f" with {needed / GIB:.1f} GiB" if needed else ""
            raise SandboxError(
                f"the run needs {wanted}, and this machine hasn't that",
                details=tuple(_describe_device(device) for device in devices) or ("There is none.",),
            )
        return fitting

    def _await_turn(self, wanted: _Wanted, since: int | None) -> tuple[int, list[Hold]]:
        """Stand in the queue, at the place that one had before, until what is wanted is free; when that was taken.

        Raises:
            SandboxError: it took too long, it was cancelled, or too few devices are in service.
        """
        _, folder = self._open()
        ticket = folder.take_ticket(since=since)
        try:
            while not wanted.cancelled.is_set():
                if folder.is_first(ticket):
                    serving = self._find_serving(wanted.fitting, count=wanted.count)
                    memory = {device.uuid: device.memory_bytes for device in serving}
                    holds = folder.claim(memory, wanted.booking, count=wanted.count)
                    if holds is not None:
                        return ticket.since, holds
                if time.monotonic() > wanted.deadline:
                    raise SandboxError(f"no graphics processor was free within {self._wait_seconds:.0f} s")
                wanted.cancelled.wait(_POLL_SECONDS)
        finally:
            ticket.let_go()
        raise SandboxError("interrupted")

    def _find_serving(self, devices: Sequence[Device], *, count: int) -> list[Device]:
        """Those that are in service, or are again.

        Raises:
            SandboxError: too few, with why.
        """
        _, folder = self._open()
        faults = {}
        for device in devices:
            status = folder.read_status(device.uuid)
            if status.fault is not None and not self._has_healed(device, status):
                faults[device.uuid] = status.fault
        if len(devices) - len(faults) < count:
            raise SandboxError(
                f"too few graphics processors are in service: {len(devices) - len(faults)} of {len(devices)}",
                details=tuple(f"{uuid}: {fault}" for uuid, fault in faults.items()),
                command="grade doctor",
            )
        return [device for device in devices if device.uuid not in faults]

    def _has_healed(self, device: Device, status: Status) -> bool:
        if not status.heals:
            return False
        try:
            state = self.nvml.read_state(device)
        except DeviceLostError:
            return False
        if _find_remains(state, status.baseline_bytes) is not None:
            return False
        self._open()[1].write_status(device.uuid, replace(status, fault=None, heals=False))
        return self._open()[1].read_status(device.uuid).fault is None  # or another user says so too

    def _settle(self, wanted: _Wanted, holds: Sequence[Hold]) -> Lease | None:
        """Wait until the claimed devices are clean. None where one isn't: it is out of service then."""
        _, folder = self._open()
        by_name = {device.uuid: device for device in wanted.fitting}
        chosen = [by_name[folder.name_of(hold, list(by_name))] for hold in holds]
        with contextlib.ExitStack() as undo:
            for hold in holds:
                undo.callback(hold.let_go)
            baselines = [self._await_clean(device, wanted.cancelled) for device in chosen]
            known = [baseline for baseline in baselines if baseline is not None]
            if len(known) < len(baselines):
                return None
            for hold in holds:
                hold.settle()
            undo.pop_all()
        return Lease(
            gpus=tuple(self._describe(device) for device in chosen),
            devices=tuple(chosen),
            baselines=tuple(known),
            alone=wanted.booking.share == 1,
            holds=tuple(holds),
        )

    def _describe(self, device: Device) -> LeasedGpu:
        return LeasedGpu(
            uuid=device.uuid,
            name=device.name,
            memory_bytes=device.memory_bytes,
            nodes=find_nodes(device, dev=self._dev, proc=self._proc),
            driver=self.nvml.driver,
        )

    def _await_clean(self, device: Device, cancelled: threading.Event) -> int | None:
        """The bytes in use on a device that is as it should be before a run; None where it is out of service now."""
        nvml, folder = self._open()
        status = folder.read_status(device.uuid)
        shared = folder.count_holds(device.uuid) > 1  # then those who are there have found it clean
        deadline = time.monotonic() + self._settle_seconds
        while True:
            try:
                state = nvml.read_state(device)
            except DeviceLostError as error:
                self.retire(device, f"it doesn't answer: {error}")
                return None
            if state.defect is not None:
                self.retire(device, state.defect)
                return None
            remains = None if shared else _find_remains(state, status.baseline_bytes)
            if remains is None:
                break
            if time.monotonic() > deadline:
                self.retire(device, f"{remains}, {self._settle_seconds:.0f} s after its last run", heals=True)
                return None
            if cancelled.wait(_POLL_SECONDS):
                raise SandboxError("interrupted")
        if not shared and (status.baseline_bytes is None or state.used_bytes < status.baseline_bytes):
            folder.write_status(device.uuid, replace(status, baseline_bytes=state.used_bytes))
        return state.used_bytes


def _is_among(device: Device, names: Sequence[str] | None) -> bool:
    """Whether a device is one of these, or a slice of one."""
    if names is None:
        return True
    known = (str(device.index), device.uuid, device.parent)
    return any(name in known for name in names)


def _make_booking(limits: Limits) -> Booking:
    """Whoever has a device alone has all of it."""
    if limits.gpu_share == 1 or limits.gpu_memory_bytes is None:
        return Booking()
    return Booking(share=limits.gpu_share, memory_bytes=limits.gpu_memory_bytes + CONTEXT_BYTES)


def _find_remains(state: DeviceState, baseline_bytes: int | None) -> str | None:
    """What is on a device that nobody should use; None where nothing is."""
    if state.processes:
        pids = ", ".join(str(process.pid) for process in state.processes[:8])
        return f"processes compute on it ({pids})"
    most = _MOST_IDLE_BYTES if baseline_bytes is None else baseline_bytes + _SLACK_BYTES
    if state.used_bytes > most:
        rest = (state.used_bytes - (baseline_bytes or 0)) / MIB
        return f"{rest:.0f} MiB of its memory are in use by no process that can be seen from here"
    return None


def _describe_device(device: Device) -> str:
    about = f"{device.name}, {device.memory_bytes / GIB:.1f} GiB, {device.uuid}"
    return f"{about}: {device.trouble}" if device.trouble else about
