"""What a batch's board says of graphics processors."""

import threading

from grader.cli.gpu_use import describe_use, follow_use
from grader.limits import GIB
from grader.sandbox.gpu.nvml import Nvml, NvmlMissingError
from tests.sandbox.gpu.machine import FakeGpu, FakeLibrary


def make_nvml(*gpus: FakeGpu) -> Nvml:
    """NVML on a machine with these."""
    return Nvml(FakeLibrary(list(gpus)))


def test_each_device_s_memory_and_processes() -> None:
    """By its number, in whole GiB."""
    busy = FakeGpu("GPU-a", 0, used_bytes=11 * GIB, processes={7: GIB, 8: None})
    nvml = make_nvml(busy, FakeGpu("GPU-b", 1))

    assert describe_use(nvml) == "0: 11 of 80 GiB, 2 processes · 1: 0 of 80 GiB, idle"


def test_it_is_told_while_the_batch_runs() -> None:
    """At once, and no more once it is over."""
    told: list[str] = []
    heard = threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        heard.set()

    with follow_use(tell, open_nvml=lambda: make_nvml(FakeGpu("GPU-a", 0))):
        assert heard.wait(10)

    assert told[0] == "0: 0 of 80 GiB, idle"
    assert not any(thread.name == "gpu-use" for thread in threading.enumerate())


def test_without_a_driver_nothing_is_told() -> None:
    """A batch of an assignment that needs one fails elsewhere, with the reason."""

    def open_nothing() -> Nvml:
        raise NvmlMissingError("no driver")

    told: list[str] = []
    with follow_use(told.append, open_nvml=open_nothing):
        pass

    assert told == []
