"""What a run gets of a processor: its own device files, the driver's libraries as real files, variables; no more."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.limits import Limits
from grader.sandbox.gpu.passthrough import LIBRARIES, find_libraries, make_passthrough, make_variables
from grader.sandbox.request import Interpreter, Launch, LeasedGpu
from tests.sandbox.gpu.machine import FakeGpu, FakeMachine, FakeSlice

DRIVER = (
    "libcuda.so.1",
    "libnvidia-ml.so.1",
    "libnvidia-ptxjitcompiler.so.1",
    "libnvidia-gpucomp.so.999.11",
    "libnvidia-nvvm.so.4",
    "libGLX_nvidia.so.0",
    "libnvidia-encode.so.1",
)


def launch_with(*gpus: LeasedGpu, wanted: int | None = None) -> Launch:
    """A launch that has these."""
    return Launch(
        interpreter=Interpreter(framework="none", executable=Path("/usr/bin/python3")),
        limits=Limits(gpus=len(gpus) if wanted is None else wanted),
        device="cuda",
        gpus=gpus,
    )


def lease_all(machine: FakeMachine, count: int) -> tuple[LeasedGpu, ...]:
    """What the pool makes of a machine's processors."""
    return machine.make_pool().lease(Limits(gpus=count)).gpus


@pytest.fixture
def read_cache(tmp_path: Path) -> Callable[[], str]:
    """The linker's cache with a driver in it, whose libraries are links to files of that version."""
    folder = tmp_path / "driver"
    folder.mkdir()
    lines = ["585 libs found in cache `/etc/ld.so.cache'"]
    for name in DRIVER:
        (folder / f"{name}.real").write_bytes(name.encode())
        (folder / name).symlink_to(f"{name}.real")
        lines.append(f"\t{name} (libc6,x86-64) => {folder / name}")
        lines.append(f"\t{name} (libc6) => {folder / 'of32bits'}")
    return lambda: "\n".join(lines)


def test_libraries_are_found_as_real_files(read_cache: Callable[[], str], tmp_path: Path) -> None:
    """Of the driver what computing needs, resolved; neither what draws, nor 32-bit ones, nor other libraries."""
    found = find_libraries(read_cache=read_cache, folders=())

    assert set(found) == set(DRIVER) - {"libGLX_nvidia.so.0", "libnvidia-encode.so.1"}
    assert all(path == tmp_path / "driver" / f"{name}.real" for name, path in found.items())


def test_libraries_outside_of_the_cache(tmp_path: Path) -> None:
    """Where the linker doesn't know the driver, the folders in which container hosts keep it are looked through."""
    (tmp_path / "libcuda.so.1").write_bytes(b"")

    assert find_libraries(read_cache=lambda: "", folders=(str(tmp_path),)) == {
        "libcuda.so.1": tmp_path / "libcuda.so.1"
    }


def test_only_the_leased_devices_files(read_cache: Callable[[], str], tmp_path: Path) -> None:
    """Of two processors the other one's file isn't there, nor anything else of /dev."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    (machine.dev / "sda").symlink_to("/dev/zero")

    passthrough = make_passthrough(launch_with(*lease_all(machine, 1)), dev=machine.dev, read_cache=read_cache)

    shared = {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"}
    assert set(passthrough.nodes) == {*shared, "/dev/nvidia0"}
    assert passthrough.nodes["/dev/nvidia0"] == machine.dev / "nvidia0"
    assert passthrough.libraries[f"{LIBRARIES}/libcuda.so.1"].name == "libcuda.so.1.real"


def test_the_rights_to_a_slice(read_cache: Callable[[], str], tmp_path: Path) -> None:
    """A slice comes with its processor's file and its own two rights, and not with those of the next slice."""
    slices = [FakeSlice("MIG-1", (1, 0)), FakeSlice("MIG-2", (2, 0))]
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, slices=slices))

    passthrough = make_passthrough(launch_with(*lease_all(machine, 1)), dev=machine.dev, read_cache=read_cache)

    own = {name for name in passthrough.nodes if name.startswith(("/dev/nvidia0", "/dev/nvidia-caps"))}
    assert own == {"/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap3", "/dev/nvidia-caps/nvidia-cap4"}


def test_a_device_file_that_is_not_there(read_cache: Callable[[], str], tmp_path: Path) -> None:
    """It is named, with the command that makes it."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    gpus = lease_all(machine, 1)
    (machine.dev / "nvidia-uvm").unlink()

    with pytest.raises(SandboxError, match="nvidia-uvm isn't there") as raised:
        make_passthrough(launch_with(*gpus), dev=machine.dev, read_cache=read_cache)
    assert "nvidia-modprobe" in str(raised.value.command)


def test_no_driver_library(tmp_path: Path) -> None:
    """Device files without the driver's libraries are of no use."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))

    with pytest.raises(SandboxError, match=r"libcuda\.so\.1"):
        make_passthrough(launch_with(*lease_all(machine, 1)), dev=machine.dev, read_cache=lambda: "")


def test_variables(tmp_path: Path) -> None:
    """A run sees its processors by uuid, and computes the same way each time; a run without any has no variable."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))

    variables = make_variables(launch_with(*lease_all(machine, 2)))

    assert variables["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b"
    assert variables["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
    assert variables["NVIDIA_TF32_OVERRIDE"] == "0"
    assert make_variables(launch_with()) == {}


def test_a_launch_that_was_leased_nothing() -> None:
    """A sandbox that is asked for a processor without one refuses, rather than compute on what it has."""
    with pytest.raises(SandboxError, match="was given 0"):
        make_variables(launch_with(wanted=1))
