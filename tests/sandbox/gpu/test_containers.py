"""A container gets the leased devices by uuid, in the words of Docker's API."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from docker.types import DeviceRequest

from grader.errors import SandboxError
from grader.limits import GIB, Limits
from grader.sandbox import DockerSandbox
from grader.sandbox.docker.daemon import find_docker_trouble
from grader.sandbox.gpu.containers import docker_device_requests, has_devices_by_name
from grader.sandbox.request import Interpreter, Launch, LeasedGpu

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


def test_a_daemon_that_has_none() -> None:
    """The request reaches a real daemon; one that knows no such device refuses, which is no student's fault."""
    if (trouble := find_docker_trouble()) is not None:
        pytest.skip(trouble.message)
    launch = Launch(
        interpreter=Interpreter(framework="none", executable=Path(sys.executable)),
        limits=Limits(memory_bytes=GIB, gpus=1),
        device="cuda",
        gpus=(replace(GPUS[0], uuid="GPU-that-is-nowhere"),),
    )

    with pytest.raises(SandboxError) as raised, DockerSandbox().prepare(launch):
        pass
    assert "nvidia" in f"{raised.value.message} {raised.value.details}" or "GPU-that-is-nowhere" in raised.value.message
