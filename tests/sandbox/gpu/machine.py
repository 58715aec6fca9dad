"""A machine with graphics processors that aren't there: device files, the driver's list of rights, and NVML.

`FakeLibrary` stands where the module `pynvml` stands; a test holds its functions to the real module's. Nothing here
computes: what it says of memory and processes is what a test told it to say.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from grader.limits import GIB, MIB
from grader.sandbox.gpu.nvml import Nvml
from grader.sandbox.gpu.pool import GpuPool

__all__ = ["FakeGpu", "FakeLibrary", "FakeMachine", "FakeSlice", "NvmlError"]

IDLE_BYTES = 450 * MIB
NOT_SUPPORTED, NOT_FOUND, DRIVER_NOT_LOADED, TIMEOUT, GPU_IS_LOST = 3, 6, 9, 10, 15


class NvmlError(Exception):
    """As `pynvml.NVMLError`: the code is its `value`."""

    def __init__(self, value: int) -> None:
        super().__init__(f"NVML said {value}")
        self.value = value


@dataclass
class FakeSlice:
    """A slice of a processor."""

    uuid: str
    instance: tuple[int, int]
    memory_bytes: int = 10 * GIB
    used_bytes: int = 20 * MIB


@dataclass
class FakeGpu:
    """A processor as it says that it is now."""

    uuid: str
    minor: int
    name: str = "NVIDIA Fake 80GB"
    memory_bytes: int = 80 * GIB
    used_bytes: int = IDLE_BYTES
    processes: dict[int, int | None] = field(default_factory=dict)  # pid -> bytes
    drawing: dict[int, int | None] = field(default_factory=dict)
    slices: list[FakeSlice] = field(default_factory=list)
    uncorrected: int | None = 0
    remapping_failed: bool = False
    compute_mode: int = 0
    lost: int | None = None  # the code with which everything ends
    reports: list[int] = field(default_factory=list)  # Xids that nobody has taken yet
    reports_at_all: bool = True


class FakeLibrary:
    """What of `pynvml` is used."""

    NVMLError = NvmlError
    NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1
    NVML_VOLATILE_ECC = 0
    nvmlEventTypeXidCriticalError = 8  # noqa: N815

    def __init__(self, gpus: list[FakeGpu]) -> None:
        self.gpus = gpus
        self.broken: int | None = None
        self.opened = 0
        self.lock = threading.Lock()

    def _gpu(self, handle: Any) -> FakeGpu:
        gpu: FakeGpu = handle[0]
        if gpu.lost is not None:
            raise NvmlError(gpu.lost)
        return gpu

    def nvmlInit(self) -> None:  # noqa: N802
        if self.broken is not None:
            raise NvmlError(self.broken)
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> str:  # noqa: N802
        return "999.11"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Any:  # noqa: N802
        self._gpu((self.gpus[index],))
        return (self.gpus[index], None)

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Any:  # noqa: N802
        for gpu in self.gpus:
            for part in (None, *gpu.slices):
                if uuid == (gpu.uuid if part is None else part.uuid):
                    self._gpu((gpu,))
                    return (gpu, part)
        raise NvmlError(NOT_FOUND)

    def nvmlDeviceGetUUID(self, handle: Any) -> str:  # noqa: N802
        gpu, part = self._gpu(handle), handle[1]
        return gpu.uuid if part is None else str(part.uuid)

    def nvmlDeviceGetName(self, handle: Any) -> str:  # noqa: N802
        return self._gpu(handle).name

    def nvmlDeviceGetMinorNumber(self, handle: Any) -> int:  # noqa: N802
        return self._gpu(handle).minor

    def nvmlDeviceGetMemoryInfo(self, handle: Any, version: Any = None) -> Any:  # noqa: N802
        of = handle[1] or self._gpu(handle)
        self._gpu(handle)
        return SimpleNamespace(total=of.memory_bytes, used=of.used_bytes, free=of.memory_bytes - of.used_bytes)

    def nvmlDeviceGetMigMode(self, device: Any) -> list[int]:  # noqa: N802
        if not self._gpu(device).slices:
            raise NvmlError(NOT_SUPPORTED)
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, device: Any) -> int:  # noqa: N802
        self._gpu(device)
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, device: Any, index: int) -> Any:  # noqa: N802
        gpu = self._gpu(device)
        if index >= len(gpu.slices):
            raise NvmlError(NOT_FOUND)
        return (gpu, gpu.slices[index])

    def nvmlDeviceGetGpuInstanceId(self, device: Any) -> int:  # noqa: N802
        return int(device[1].instance[0])

    def nvmlDeviceGetComputeInstanceId(self, device: Any) -> int:  # noqa: N802
        return int(device[1].instance[1])

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any) -> list[Any]:  # noqa: N802
        gpu = self._gpu(handle)
        instance = handle[1].instance[0] if handle[1] is not None else 0xFFFFFFFF
        return [
            SimpleNamespace(pid=pid, usedGpuMemory=used, gpuInstanceId=instance, computeInstanceId=instance)
            for pid, used in list(gpu.processes.items())
        ]

    def nvmlDeviceGetGraphicsRunningProcesses(self, handle: Any) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in self._gpu(handle).drawing.items()]

    def nvmlDeviceGetComputeMode(self, handle: Any) -> int:  # noqa: N802
        return self._gpu(handle).compute_mode

    def nvmlDeviceGetTotalEccErrors(self, handle: Any, errorType: int, counterType: int) -> int:  # noqa: N802, N803
        uncorrected = self._gpu(handle).uncorrected
        if uncorrected is None:
            raise NvmlError(NOT_SUPPORTED)
        return uncorrected

    def nvmlDeviceGetRemappedRows(self, device: Any) -> tuple[int, int, int, int]:  # noqa: N802
        return (0, 0, 0, int(self._gpu(device).remapping_failed))

    def nvmlEventSetCreate(self) -> list[FakeGpu]:  # noqa: N802
        return []

    def nvmlDeviceRegisterEvents(self, handle: Any, eventTypes: int, eventSet: list[FakeGpu]) -> None:  # noqa: N802, N803
        gpu = self._gpu(handle)
        if not gpu.reports_at_all:
            raise NvmlError(NOT_SUPPORTED)
        gpu.reports.clear()
        eventSet.append(gpu)

    def nvmlEventSetWait_v2(self, eventSet: list[FakeGpu], timeoutms: int) -> Any:  # noqa: N802, N803
        end = time.monotonic() + timeoutms / 1000
        while True:
            for gpu in eventSet:
                if gpu.reports:
                    return SimpleNamespace(eventType=8, eventData=gpu.reports.pop(0))
            if time.monotonic() >= end:
                raise NvmlError(TIMEOUT)
            time.sleep(0.01)

    def nvmlEventSetFree(self, eventSet: list[FakeGpu]) -> None:  # noqa: N802, N803
        eventSet.clear()


class FakeMachine:
    """Device files, the driver's folder in /proc, and NVML, below a folder."""

    def __init__(self, folder: Path, *gpus: FakeGpu) -> None:
        self.dev, self.proc, self.leases = folder / "dev", folder / "proc", folder / "leases"
        self.gpus = list(gpus)
        self.library = FakeLibrary(self.gpus)
        (self.dev / "nvidia-caps").mkdir(parents=True)
        for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", *(f"nvidia{gpu.minor}" for gpu in gpus)):
            (self.dev / name).symlink_to("/dev/zero")  # a device file that anyone may open, and tell from none
        for gpu in gpus:
            for number, part in enumerate(gpu.slices):
                self._add_rights(gpu, part, 10 * gpu.minor + 2 * number + 3)

    def _add_rights(self, gpu: FakeGpu, part: FakeSlice, first: int) -> None:
        folder = self.proc / f"driver/nvidia/capabilities/gpu{gpu.minor}/mig/gi{part.instance[0]}"
        for minor, access in ((first, folder / "access"), (first + 1, folder / f"ci{part.instance[1]}" / "access")):
            access.parent.mkdir(parents=True, exist_ok=True)
            access.write_text(f"DeviceFileMinor: {minor}\nDeviceFileMode: 292\n")
            (self.dev / "nvidia-caps" / f"nvidia-cap{minor}").symlink_to("/dev/zero")

    def open_nvml(self) -> Nvml:
        """NVML on this machine."""
        return Nvml(self.library)

    def make_pool(
        self, *, settle_seconds: float = 5.0, wait_seconds: float = 30.0, only: Sequence[str] | None = None
    ) -> GpuPool:
        """A pool as one grader has it; several share the folder of leases."""
        return GpuPool(
            open_nvml=self.open_nvml,
            folder=self.leases,
            only=only,
            settle_seconds=settle_seconds,
            wait_seconds=wait_seconds,
            dev=self.dev,
            proc=self.proc,
        )
