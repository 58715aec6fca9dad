"""What NVML says becomes values; what a device doesn't know is missing, and a device that doesn't answer is lost."""

import importlib
import inspect
import sys
from pathlib import Path

import pytest

from grader.limits import GIB, MIB
from grader.sandbox.gpu.nvml import DeviceLostError, GpuProcess, Nvml, NvmlMissingError
from tests.sandbox.gpu.machine import (
    DRIVER_NOT_LOADED,
    GPU_IS_LOST,
    IDLE_BYTES,
    FakeGpu,
    FakeLibrary,
    FakeMachine,
    FakeSlice,
)


def test_the_fake_is_like_the_library() -> None:
    """Every function and constant of the fake is one of nvidia-ml-py's, and takes the same arguments."""
    real = importlib.import_module("pynvml")
    names = [name for name in dir(FakeLibrary) if name.lower().startswith("nvml")]

    assert len(names) > 20
    for name in names:
        theirs = getattr(real, name)
        if name.startswith("nvmlEventType") or name.startswith("NVML_"):
            assert theirs == getattr(FakeLibrary, name)
        elif name != "NVMLError":
            ours = list(inspect.signature(getattr(FakeLibrary, name)).parameters)[1:]
            assert ours == list(inspect.signature(theirs).parameters), name


def test_the_librarys_errors_carry_their_code() -> None:
    """The real library's exceptions have their number as `value`, and numbers mean what they mean here."""
    real = importlib.import_module("pynvml")
    numbers = {
        real.NVML_ERROR_NOT_SUPPORTED: 3,
        real.NVML_ERROR_NO_PERMISSION: 4,
        real.NVML_ERROR_NOT_FOUND: 6,
        real.NVML_ERROR_DRIVER_NOT_LOADED: 9,
        real.NVML_ERROR_TIMEOUT: 10,
        real.NVML_ERROR_LIBRARY_NOT_FOUND: 12,
        real.NVML_ERROR_FUNCTION_NOT_FOUND: 13,
        real.NVML_ERROR_GPU_IS_LOST: 15,
        real.NVML_COMPUTEMODE_PROHIBITED: 2,
    }

    assert all(code == meant for code, meant in numbers.items())
    assert real.NVMLError(real.NVML_ERROR_GPU_IS_LOST).value == GPU_IS_LOST


def test_devices(tmp_path: Path) -> None:
    """Each processor by its uuid, with the number of its device file."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 3, memory_bytes=24 * GIB, compute_mode=2))

    first, second = machine.open_nvml().list_devices()

    assert (first.uuid, first.minor, first.memory_bytes, first.trouble) == ("GPU-a", 0, 80 * GIB, None)
    assert (second.uuid, second.minor) == ("GPU-b", 3)
    assert "prohibited" in str(second.trouble)


def test_slices(tmp_path: Path) -> None:
    """A processor that is cut into slices is given slice by slice."""
    slices = [FakeSlice("MIG-1", (1, 0)), FakeSlice("MIG-2", (2, 0), memory_bytes=20 * GIB)]
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, slices=slices))

    devices = machine.open_nvml().list_devices()

    assert [device.uuid for device in devices] == ["MIG-1", "MIG-2"]
    assert [device.memory_bytes for device in devices] == [10 * GIB, 20 * GIB]
    assert {device.parent for device in devices} == {"GPU-a"}
    assert devices[1].instance == (2, 0)


def test_a_state(tmp_path: Path) -> None:
    """Memory in use without what draws on a screen, who computes, and errors of its memory."""
    gpu = FakeGpu("GPU-a", 0, used_bytes=5 * GIB, processes={11: 3 * GIB, 12: None}, drawing={9: GIB}, uncorrected=2)
    nvml = FakeMachine(tmp_path, gpu).open_nvml()

    state = nvml.read_state(nvml.list_devices()[0])

    assert state.used_bytes == 4 * GIB
    assert state.processes == (GpuProcess(11, 3 * GIB), GpuProcess(12, None))
    assert (state.uncorrected_errors, state.defect) == (2, None)


def test_what_a_device_does_not_know(tmp_path: Path) -> None:
    """A device without error correction and without reports is no worse for it."""
    nvml = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, uncorrected=None, reports_at_all=False)).open_nvml()
    device = nvml.list_devices()[0]

    assert nvml.read_state(device).uncorrected_errors is None
    assert nvml.read_state(device).used_bytes == IDLE_BYTES
    assert nvml.watch_faults(device) is None


def test_a_lost_device(tmp_path: Path) -> None:
    """One that doesn't answer is lost, with NVML's own words; the others are still there."""
    gpu = FakeGpu("GPU-a", 0)
    nvml = FakeMachine(tmp_path, gpu, FakeGpu("GPU-b", 1)).open_nvml()
    device = nvml.list_devices()[0]
    gpu.lost = GPU_IS_LOST

    with pytest.raises(DeviceLostError, match="15"):
        nvml.read_state(device)
    with pytest.raises(DeviceLostError, match="15"):
        nvml.watch_faults(device)
    assert [device.uuid for device in nvml.list_devices()] == ["GPU-b"]


def test_reports(tmp_path: Path) -> None:
    """The driver's reports are taken once each."""
    gpu = FakeGpu("GPU-a", 0)
    nvml = FakeMachine(tmp_path, gpu).open_nvml()
    events = nvml.watch_faults(nvml.list_devices()[0])
    assert events is not None
    gpu.reports += [13, 79]

    assert events.take() == [13, 79]
    assert events.take(seconds=0.05) == []


def test_no_driver() -> None:
    """Without a driver it says so, and what mends it, where something does."""
    library = FakeLibrary([])
    library.broken = DRIVER_NOT_LOADED

    with pytest.raises(NvmlMissingError, match="isn't loaded") as raised:
        Nvml(library)
    assert raised.value.command == "modprobe nvidia"


def test_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nvidia-ml-py it says what to install."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    with pytest.raises(NvmlMissingError, match="nvidia-ml-py isn't installed") as raised:
        Nvml()
    assert "grader[gpu]" in str(raised.value.command)


def test_memory_of_a_slice(tmp_path: Path) -> None:
    """A slice's memory is its own, its health its processor's."""
    gpu = FakeGpu("GPU-a", 0, slices=[FakeSlice("MIG-1", (1, 0), used_bytes=70 * MIB)], remapping_failed=True)
    nvml = FakeMachine(tmp_path, gpu).open_nvml()

    state = nvml.read_state(nvml.list_devices()[0])

    assert state.used_bytes == 70 * MIB
    assert "remapping failed" in str(state.defect)
