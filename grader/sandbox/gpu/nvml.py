"""What NVIDIA's management library (NVML) says of the graphics processors of this machine.

The library comes with the driver; `nvidia-ml-py` is the Python side of it and is imported only here, when first asked.
A fact that a device doesn't offer (many know no ECC, no slices) is missing, which is nothing bad. A device that doesn't
answer what every device answers is lost.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Device", "DeviceLostError", "DeviceState", "FaultEvents", "GpuProcess", "Nvml", "NvmlMissingError"]

# Of NVML's `nvmlReturn_t`.
_NOT_SUPPORTED, _NO_PERMISSION, _NOT_FOUND, _TIMEOUT, _FUNCTION_NOT_FOUND = 3, 4, 6, 10, 13
_MISSING_FACT = (_NOT_SUPPORTED, _NO_PERMISSION, _NOT_FOUND, _FUNCTION_NOT_FOUND)
_DRIVER_NOT_LOADED, _LIBRARY_NOT_FOUND = 9, 12
_PROHIBITED = 2  # a compute mode: nobody may compute on it


class NvmlMissingError(Exception):
    """There is no NVML here, or it doesn't work; the message says what is missing, `command` what mends it."""

    def __init__(self, message: str, *, command: str | None = None, installed: bool = True) -> None:
        super().__init__(message)
        self.command = command
        self.installed = installed


class DeviceLostError(Exception):
    """A device doesn't answer any more."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A graphics processor, or a slice of one (MIG), that a run can be given whole."""

    uuid: str
    name: str
    index: int
    minor: int  # /dev/nvidia<minor>
    memory_bytes: int
    parent: str  # the uuid of the processor that it is a slice of; its own, where it is none
    instance: tuple[int, int] | None = None  # a slice's GPU instance and compute instance
    trouble: str | None = None
    """Why nobody may compute on it, as it is set up."""

    @property
    def is_slice(self) -> bool:
        """Whether it is a part of a processor."""
        return self.instance is not None


@dataclass(frozen=True)
class GpuProcess:
    """A process that holds memory of a device; how much isn't told everywhere."""

    pid: int
    memory_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class DeviceState:
    """A device at one moment."""

    used_bytes: int  # what programs that draw on a screen use isn't counted
    processes: tuple[GpuProcess, ...] = ()  # those that compute
    uncorrected_errors: int | None = None  # of its memory, since the driver was loaded
    defect: str | None = None  # what the hardware itself says is broken


class FaultEvents:
    """The driver's reports of faults (Xid) of one device, from when this was made."""

    def __init__(self, library: Any, events: Any) -> None:
        self._library = library
        self._events = events

    def take(self, *, seconds: float = 0.0) -> list[int]:
        """The numbers of the faults since last time; waits for the first one, if there is none."""
        found: list[int] = []
        wait_ms = int(seconds * 1000)
        while True:
            try:
                event = self._library.nvmlEventSetWait_v2(self._events, wait_ms)
            except self._library.NVMLError as error:
                if _code(error) == _TIMEOUT:
                    return found
                raise DeviceLostError(_say(error)) from error
            found.append(int(event.eventData))
            wait_ms = 0

    def close(self) -> None:
        """No more reports."""
        with contextlib.suppress(self._library.NVMLError):
            self._library.nvmlEventSetFree(self._events)


class Nvml:
    """NVML, opened. Safe to use from several threads.

    Args:
        library: the module `pynvml`, or one that behaves like it.

    Raises:
        NvmlMissingError: it isn't installed, or there is no driver.
    """

    def __init__(self, library: Any = None) -> None:
        self._library = library if library is not None else _import_library()
        try:
            self._library.nvmlInit()
            self.driver = _text(self._library.nvmlSystemGetDriverVersion())
        except self._library.NVMLError as error:
            raise _missing(error) from error

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(self._library.NVMLError):
            self._library.nvmlShutdown()

    def list_devices(self) -> tuple[Device, ...]:
        """Everything that can be given to a run: each processor, or its slices where it is cut into some.

        A processor that doesn't answer is left out: it can't even be named.

        Raises:
            NvmlMissingError: the driver doesn't answer at all.
        """
        try:
            count = self._library.nvmlDeviceGetCount()
        except self._library.NVMLError as error:
            raise _missing(error) from error
        found: list[Device] = []
        for index in range(count):
            with contextlib.suppress(DeviceLostError):
                found += self._list_parts(index)
        return tuple(found)

    def read_state(self, device: Device) -> DeviceState:
        """How a device is now.

        Raises:
            DeviceLostError: it doesn't answer.
        """
        handle = self._handle(device.uuid)
        whole = self._handle(device.parent) if device.is_slice else handle
        memory = self._need(self._library.nvmlDeviceGetMemoryInfo, handle)
        library = self._library
        errors = self._ask(
            library.nvmlDeviceGetTotalEccErrors,
            whole,
            library.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
            library.NVML_VOLATILE_ECC,
        )
        drawing = self._ask(library.nvmlDeviceGetGraphicsRunningProcesses, handle) or []
        return DeviceState(
            used_bytes=int(memory.used) - sum(int(one.usedGpuMemory or 0) for one in drawing),
            processes=self._list_processes(device, handle),
            uncorrected_errors=None if errors is None else int(errors),
            defect=self._find_defect(whole),
        )

    def watch_faults(self, device: Device) -> FaultEvents | None:
        """The driver's reports on a device from now on; None where it makes none.

        Raises:
            DeviceLostError: it doesn't answer.
        """
        library = self._library
        handle = self._handle(device.parent)
        events = self._ask(library.nvmlEventSetCreate)
        if events is None:
            return None
        try:
            library.nvmlDeviceRegisterEvents(handle, library.nvmlEventTypeXidCriticalError, events)
        except library.NVMLError as error:
            FaultEvents(library, events).close()
            if _code(error) in _MISSING_FACT:
                return None
            raise DeviceLostError(_say(error)) from error
        return FaultEvents(library, events)

    def _list_parts(self, index: int) -> Iterator[Device]:
        """One processor, or its slices."""
        library = self._library
        handle = self._need(library.nvmlDeviceGetHandleByIndex, index)
        uuid = _text(self._need(library.nvmlDeviceGetUUID, handle))
        minor = int(self._need(library.nvmlDeviceGetMinorNumber, handle))
        name = _text(self._need(library.nvmlDeviceGetName, handle))
        mode = self._ask(library.nvmlDeviceGetMigMode, handle)
        if mode is None or not mode[0]:
            memory = int(self._need(library.nvmlDeviceGetMemoryInfo, handle).total)
            prohibited = self._ask(library.nvmlDeviceGetComputeMode, handle) == _PROHIBITED
            trouble = "its compute mode is 'prohibited' (nvidia-smi -c 0 allows it again)" if prohibited else None
            yield Device(
                uuid=uuid, name=name, index=index, minor=minor, memory_bytes=memory, parent=uuid, trouble=trouble
            )
            return
        for number in range(int(self._ask(library.nvmlDeviceGetMaxMigDeviceCount, handle) or 0)):
            part = self._ask(library.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
            if part is not None:
                yield self._describe_slice(part, index=index, minor=minor, parent=uuid, of=name)

    def _describe_slice(self, part: Any, *, index: int, minor: int, parent: str, of: str) -> Device:
        library = self._library
        memory = int(self._need(library.nvmlDeviceGetMemoryInfo, part).total)
        name = self._ask(library.nvmlDeviceGetName, part)
        return Device(
            uuid=_text(self._need(library.nvmlDeviceGetUUID, part)),
            name=_text(name) if name is not None else f"{of} (slice)",
            index=index,
            minor=minor,
            memory_bytes=memory,
            parent=parent,
            instance=(
                int(self._need(library.nvmlDeviceGetGpuInstanceId, part)),
                int(self._need(library.nvmlDeviceGetComputeInstanceId, part)),
            ),
        )

    def _list_processes(self, device: Device, handle: Any) -> tuple[GpuProcess, ...]:
        """The processes that compute on it: on a slice those that NVML tells of it."""
        found = self._ask(self._library.nvmlDeviceGetComputeRunningProcesses, handle) or []
        return tuple(
            GpuProcess(int(one.pid), None if one.usedGpuMemory is None else int(one.usedGpuMemory))
            for one in found
            if _belongs(one, device)
        )

    def _find_defect(self, handle: Any) -> str | None:
        rows = self._ask(self._library.nvmlDeviceGetRemappedRows, handle)
        if rows is not None and rows[3]:
            return "its memory has rows that can't be replaced any more (remapping failed)"
        return None

    def _handle(self, uuid: str) -> Any:
        return self._need(self._library.nvmlDeviceGetHandleByUUID, uuid)

    def _need(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What every device that is there can answer."""
        try:
            return function(*arguments)
        except self._library.NVMLError as error:
            raise DeviceLostError(_say(error)) from error

    def _ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What some devices can answer; None for the others."""
        try:
            return function(*arguments)
        except self._library.NVMLError as error:
            if _code(error) in _MISSING_FACT:
                return None
            raise DeviceLostError(_say(error)) from error


def _belongs(process: Any, device: Device) -> bool:
    """Whether a listed process is on this device: a slice's list may be that of all slices, with their numbers."""
    if device.instance is None:
        return True
    gpu_instance = getattr(process, "gpuInstanceId", None)
    return gpu_instance is None or gpu_instance >= 0xFFFF or int(gpu_instance) == device.instance[0]


def _import_library() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ImportError as error:
        raise NvmlMissingError(
            "the package nvidia-ml-py isn't installed", command="pip install 'grader[gpu]'", installed=False
        ) from error


def _missing(error: Exception) -> NvmlMissingError:
    code = _code(error)
    if code == _LIBRARY_NOT_FOUND:
        return NvmlMissingError("no NVIDIA driver is installed (libnvidia-ml.so.1 isn't there)")
    if code == _DRIVER_NOT_LOADED:
        return NvmlMissingError("the NVIDIA driver isn't loaded", command="modprobe nvidia")
    return NvmlMissingError(f"the NVIDIA driver doesn't answer: {_say(error)}", command="nvidia-smi")


def _code(error: Exception) -> int:
    return int(getattr(error, "value", -1))


def _say(error: Exception) -> str:
    return f"{error} (NVML {_code(error)})"


def _text(value: Any) -> str:
    """NVML's names are bytes in old versions of the package."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
