"""What `grade doctor` says of this machine's graphics processors. Starts nothing on them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from grader.errors import SandboxError
from grader.limits import GIB
from grader.sandbox.findings import Finding, Standing
from grader.sandbox.gpu.holds import Status
from grader.sandbox.gpu.nvml import Device, Nvml, NvmlMissingError
from grader.sandbox.gpu.passthrough import find_libraries, find_missing_nodes, find_nodes
from grader.sandbox.gpu.pool import GpuPool

__all__ = ["examine_gpus"]

_NAME = "graphics processors"
_DRIVER = Path("/proc/driver/nvidia/version")


def examine_gpus(
    pool: GpuPool | None = None,
    *,
    open_nvml: Callable[[], Nvml] = Nvml,
    dev: Path = Path("/dev"),
    driver: Path = _DRIVER,
    read_cache: Callable[[], str] | None = None,
) -> Finding:
    """The processors, and why one can't be used. Their absence is as it should be: few assignments need one."""
    try:
        open_nvml().close()
    except NvmlMissingError as error:
        if not driver.exists():
            return _say(Standing.PASS, f"none can be used here ({error}); only assignments with `limits.gpus` need one")
        return _say(Standing.CAUTION, f"there is a driver, but {error}", error.command)
    try:
        devices = (pool or GpuPool(open_nvml=open_nvml)).list_devices()
    except SandboxError as error:
        return _say(Standing.CAUTION, error.message, error.command)
    if not devices:
        return _say(Standing.CAUTION, "the driver works, and no processor answers", "nvidia-smi")
    missing = find_missing_nodes([node for device, *_ in devices for node in find_nodes(device, dev=dev)], dev=dev)
    if missing:
        return _say(Standing.CAUTION, f"{', '.join(missing)} isn't there", "nvidia-modprobe -u -c 0")
    if "libcuda.so.1" not in find_libraries(read_cache=read_cache):
        return _say(Standing.CAUTION, "the driver's libcuda.so.1 isn't among this machine's libraries", "ldconfig")
    return _describe(pool or GpuPool(open_nvml=open_nvml), devices)


def _describe(pool: GpuPool, devices: Sequence[tuple[Device, Status, int]]) -> Finding:
    """How each of them stands."""
    lines, command = [], None
    for device, status, runs in devices:
        fault = device.trouble or status.fault
        line = f"{device.name} ({device.memory_bytes / GIB:.0f} GiB, {device.uuid})"
        if fault is not None:
            line += f": out of service: {fault}"
        elif runs:
            line += f": {runs} run{'s' * (runs > 1)} on it"
        if status.fault is not None and not status.heals:
            command = command or f"rm {pool.status_file(device)}"
        lines.append(line)
    well = all(status.fault is None and device.trouble is None for device, status, _ in devices)
    text = f"driver {pool.nvml.driver}; " + "; ".join(lines)
    if command is not None:
        text += "; once it is mended:"
    return _say(Standing.PASS if well else Standing.CAUTION, text, command)


def _say(standing: Standing, text: str, command: str | None = None) -> Finding:
    return Finding(name=_NAME, standing=standing, text=text, command=command)
