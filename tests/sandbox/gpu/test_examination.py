"""What the doctor says of graphics processors."""

import sys
from pathlib import Path

import pytest

from grader.limits import Limits
from grader.sandbox.findings import Finding, Standing
from grader.sandbox.gpu.examination import examine_gpus
from tests.sandbox.gpu.machine import DRIVER_NOT_LOADED, FakeGpu, FakeMachine


def examine(machine: FakeMachine) -> Finding:
    """The finding on a machine whose driver is complete."""
    library = machine.dev / "libcuda.so.1"
    library.touch()
    return examine_gpus(
        machine.make_pool(),
        open_nvml=machine.open_nvml,
        dev=machine.dev,
        driver=machine.dev,
        read_cache=lambda: f"\tlibcuda.so.1 (libc6,x86-64) => {library}",
    )


def test_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any is as it should be; it says so even without NVIDIA's package."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    finding = examine_gpus(driver=tmp_path / "none")

    assert finding.standing is Standing.PASS
    assert "none can be used here" in finding.text


def test_a_driver_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A driver that nobody can ask is a caution, with what to install."""
    monkeypatch.setitem(sys.modules, "pynvml", None)

    finding = examine_gpus(driver=tmp_path)

    assert finding.standing is Standing.CAUTION
    assert "grader[gpu]" in str(finding.command)


def test_a_driver_that_is_not_loaded(tmp_path: Path) -> None:
    """What mends it is said."""
    machine = FakeMachine(tmp_path)
    machine.library.broken = DRIVER_NOT_LOADED

    assert examine(machine).command == "modprobe nvidia"


def test_well(tmp_path: Path) -> None:
    """Each by name, with the runs that are on it."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    lease = machine.make_pool().lease(Limits(gpus=1))

    finding = examine(machine)

    assert finding.standing is Standing.PASS
    assert "driver 999.11" in finding.text
    assert "GPU-a): 1 run on it" in finding.text and "GPU-b" in finding.text
    lease.give_back()


def test_out_of_service(tmp_path: Path) -> None:
    """One with a fault, why, and what brings it back once it is mended."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    pool = machine.make_pool()
    device = pool.list_devices()[0][0]
    pool.retire(device, "Xid 79: it has fallen off the bus")

    finding = examine(machine)

    assert finding.standing is Standing.CAUTION
    assert "GPU-a): out of service: Xid 79" in finding.text
    assert finding.command == f"rm {pool.status_file(device)}"


def test_no_device_file(tmp_path: Path) -> None:
    """A device file that is made when CUDA is first used is named, with the command that makes it."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    (machine.dev / "nvidia-uvm").unlink()

    finding = examine(machine)

    assert finding.standing is Standing.CAUTION
    assert "nvidia-uvm" in finding.text
    assert finding.command == "nvidia-modprobe -u -c 0"
