"""How a container is given graphics processors: by the container toolkit of NVIDIA, never by what an image says.

What Docker passes on is a function of the lease alone. Nothing of a student gets near an image, its variables or its
layers, which is where the toolkit's known faults begin.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from grader.sandbox.request import LeasedGpu

__all__ = ["docker_device_requests", "has_devices_by_name"]

_RIGHTS = [["gpu", "compute", "utility"]]  # no graphics, no video, no display


def docker_device_requests(gpus: Sequence[LeasedGpu], *, by_name: bool = False) -> list[dict[str, Any]]:
    """The `DeviceRequests` of a container's HostConfig, in the API's words; none without processors.

    With `by_name` the daemon looks the devices up in the container device interface (CDI), else it asks the toolkit.
    """
    uuids = [gpu.uuid for gpu in gpus]
    if not uuids:
        return []
    if by_name:
        return [{"Driver": "cdi", "DeviceIDs": [f"nvidia.com/gpu={uuid}" for uuid in uuids]}]
    return [{"Driver": "nvidia", "DeviceIDs": uuids, "Capabilities": _RIGHTS}]


def has_devices_by_name(info: Mapping[str, Any]) -> bool:
    """Whether a daemon, by what it says of itself, knows NVIDIA's devices by their CDI names."""
    discovered = info.get("DiscoveredDevices") or ()
    return any(str(device.get("ID", "")).startswith("nvidia.com/gpu=") for device in discovered)
