"""A container's configuration, as the daemon is sent it."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.limits import GIB, MIB, Limits
from grader.sandbox import Interpreter, Launch
from grader.sandbox.docker.configuration import Packaged, Place, container_configuration
from grader.sandbox.interpreters import read_layout
from grader.sandbox.policy import Policy, make_policy
from grader.sandbox.running import GUEST_FOLDER
from grader.sandbox.seccomp import STRICT, ZYGOTE, docker_profile

LIMITS = Limits(memory_bytes=GIB, disk_bytes=64 * MIB, cpus=2, processes=32)
PLACE = Place(image="sha256:1", user=64123, name="grader.1.2.3.4", cpus_there=8)


@pytest.fixture
def policy() -> Policy:
    """This interpreter's."""
    executable = Path(sys.executable)
    launch = Launch(interpreter=Interpreter(framework="none", executable=executable), limits=LIMITS)
    return make_policy(launch, layout=read_layout(executable), guest=GUEST_FOLDER)


def configure(policy: Policy, place: Place = PLACE) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole, and the part about the host."""
    whole = container_configuration(policy, LIMITS, place, command=("guest",))
    return whole, whole["HostConfig"]


def test_nothing_is_left_to_the_daemon(policy: Policy) -> None:
    """No network, no capability, no privilege, no log, and every limit said."""
    whole, host = configure(policy)

    assert whole["User"] == "64123:64123"
    assert host["NetworkMode"] == "none"
    assert host["CapDrop"] == ["ALL"]
    assert "CapAdd" not in host
    assert host["SecurityOpt"][0] == "no-new-privileges:true"
    assert json.loads(host["SecurityOpt"][1].removeprefix("seccomp=")) == docker_profile(STRICT)
    assert (host["Privileged"], host["ReadonlyRootfs"], host["Init"]) == (False, True, False)
    assert host["Memory"] == host["MemorySwap"] == GIB
    assert host["PidsLimit"] == 32 + 4
    assert host["NanoCpus"] == 2_000_000_000
    assert host["LogConfig"]["Type"] == "none"
    limits = {limit["Name"]: limit["Hard"] for limit in host["Ulimits"]}
    assert limits == {"core": 0, "nofile": 1024, "memlock": 0, "rtprio": 0, "nice": 0}


def test_everything_that_is_bound_is_read_only(policy: Policy) -> None:
    """And only the folders in memory can be written, each of its size."""
    _, host = configure(policy)

    assert all(mount["ReadOnly"] for mount in host["Mounts"])
    assert {mount["BindOptions"]["Propagation"] for mount in host["Mounts"]} == {"rprivate"}
    writable = {path for path, options in host["Tmpfs"].items() if options.startswith("rw")}
    assert writable == {"/tmp", "/dev/shm"}
    assert f"size={64 * MIB}" in host["Tmpfs"]["/tmp"]


def test_no_more_processors_than_there_are(policy: Policy) -> None:
    """A daemon refuses a container that is given more."""
    assert configure(policy, replace(PLACE, cpus_there=1))[1]["NanoCpus"] == 1_000_000_000


def test_what_is_covered(policy: Policy) -> None:
    """A cold run's /proc is covered as Docker does it, and as the policy says; a zygote's can't be, each fork's is."""
    _, cold = configure(policy)
    _, warm = configure(policy, replace(PLACE, forks=True, profile=ZYGOTE))

    assert {"/proc/kcore", *policy.covered} <= set(cold["MaskedPaths"])
    assert "/proc/sys" in cold["ReadonlyPaths"]
    assert warm["MaskedPaths"] == warm["ReadonlyPaths"] == []
    assert json.loads(warm["SecurityOpt"][1].removeprefix("seccomp=")) == docker_profile(ZYGOTE)


def test_control_socket_takes_the_place_of_input(policy: Policy, tmp_path: Path) -> None:
    """With a control folder, standard input is closed, and the folder is bound read-only."""
    whole, host = configure(policy, replace(PLACE, control=tmp_path))

    assert not whole["OpenStdin"]
    bound = [mount for mount in host["Mounts"] if mount["Target"] == "/ctl"]
    assert [(mount["Source"], mount["ReadOnly"]) for mount in bound] == [(str(tmp_path), True)]
    assert configure(policy)[0]["OpenStdin"]


def test_an_image_s_own_variables_and_folders(policy: Policy) -> None:
    """What an image's base brought along is unset, unless the policy gives it, and folders are covered."""
    packaged = Packaged(foreign=("GPG_KEY", "PATH"), closed=("/var",))
    whole, host = configure(policy, replace(PLACE, packaged=packaged))

    assert whole["Entrypoint"][-1] == "HOSTNAME OLDPWD GPG_KEY"
    assert host["Tmpfs"]["/var"].startswith("ro,")
