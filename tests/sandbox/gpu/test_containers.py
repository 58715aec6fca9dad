"""A container gets the leased devices by uuid, in the words of Docker's API."""

from docker.types import DeviceRequest

from grader.sandbox.gpu.containers import docker_device_requests, has_devices_by_name
from grader.sandbox.request import LeasedGpu

GPUS = tuple(LeasedGpu(uuid=uuid, name="Fake", memory_bytes=1, nodes=()) for uuid in ("GPU-a", "GPU-b"))


def test_by_the_toolkit() -> None:
    """One request for both; the same keys as the client's own."""
    requests = docker_device_requests(GPUS)

    assert requests == [
        {"Driver": "nvidia", "DeviceIDs": ["GPU-a", "GPU-b"], "Capabilities": [["gpu", "compute", "utility"]]}
    ]
    assert set(requests[0]) <= set(DeviceRequest(driver="nvidia"))


def test_by_name() -> None:
    """Where the daemon has found them by name, by those names."""
    assert docker_device_requests(GPUS, by_name=True) == [
        {"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=GPU-a", "nvidia.com/gpu=GPU-b"]}
    ]


def test_none() -> None:
    """A container without processors asks for nothing."""
    assert docker_device_requests(()) == []


def test_what_a_daemon_says_of_itself() -> None:
    """Names are used only where the daemon lists them: folders of descriptions may be empty."""
    assert has_devices_by_name({"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]})
    assert not has_devices_by_name({"CDISpecDirs": ["/etc/cdi"], "DiscoveredDevices": []})
    assert not has_devices_by_name({})
