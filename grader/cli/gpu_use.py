"""What the graphics processors of this machine do while a batch runs: a few words for its board, every two seconds."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from grader.limits import GIB
from grader.sandbox.gpu.nvml import Device, DeviceLostError, Nvml, NvmlMissingError

__all__ = ["describe_use", "follow_use"]

EVERY_SECONDS = 2.0


@contextmanager
def follow_use(tell: Callable[[str], None], *, open_nvml: Callable[[], Nvml] = Nvml) -> Iterator[None]:
    """Tell what they do until the block ends. Where no driver answers, nothing is told."""
    try:
        nvml = open_nvml()
    except NvmlMissingError:
        yield
        return
    over = threading.Event()

    def follow() -> None:
        with contextlib.suppress(NvmlMissingError):
            while not over.is_set():
                tell(describe_use(nvml))
                over.wait(EVERY_SECONDS)

    thread = threading.Thread(target=follow, name="gpu-use", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(EVERY_SECONDS)
        nvml.close()


def describe_use(nvml: Nvml) -> str:
    """Each device's memory and how many processes compute on it: "0: 11 of 80 GiB, 2 processes".

    Raises:
        NvmlMissingError: the driver doesn't answer any more.
    """
    return " · ".join(describe_device(nvml, device) for device in nvml.list_devices()) or "–"


def describe_device(nvml: Nvml, device: Device) -> str:
    """One device."""
    try:
        state = nvml.read_state(device)
    except DeviceLostError:
        return f"{device.index}: lost"
    count = len(state.processes)
    who = "idle" if not count else "1 process" if count == 1 else f"{count} processes"
    return f"{device.index}: {state.used_bytes / GIB:.0f} of {device.memory_bytes / GIB:.0f} GiB, {who}"
