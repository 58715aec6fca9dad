"""Whose a container is: labels by which one that a killed grader left is found again, and only ours is removed.

A container carries its owner's process (`ownership.own_name`) and the machine and boot on which that runs: several
machines may share one daemon, and a process's number says nothing on another. It is removed when its owner is surely
gone: this boot of this machine has no such process any more, or, with this machine's own daemon, the machine has
started anew since. (Of a remote daemon that isn't believed: copies of a machine may go by one name.)
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.ownership import is_abandoned

__all__ = ["is_left_behind", "owner_labels", "remove_container", "remove_left_behind"]

OWNER = "org.grader.owner"
MACHINE = "org.grader.machine"
BOOT = "org.grader.boot"


def owner_labels(name: str) -> dict[str, str]:
    """The labels of a container whose own name is `name`."""
    return {OWNER: name, MACHINE: _machine(), BOOT: _boot()}


def is_left_behind(labels: Mapping[str, str], *, on_this_machine: bool) -> bool:
    """Whether a container is a grader's of this machine that is surely gone."""
    owner, boot = labels.get(OWNER), labels.get(BOOT)
    if not owner or not boot or labels.get(MACHINE) != _machine():
        return False
    return is_abandoned(owner) if boot == _boot() else on_this_machine


def remove_left_behind(daemon: Daemon) -> int:
    """Remove the containers whose owner is gone. How many there were.

    Raises:
        SandboxError: the daemon doesn't answer.
    """
    with daemon_faults("the Docker daemon's containers can't be listed"):
        found = daemon.api.containers(all=True, filters={"label": OWNER})
    left = [
        container["Id"]
        for container in found
        if container["Id"] in _unremoved
        or is_left_behind(container.get("Labels") or {}, on_this_machine=daemon.is_local)
    ]
    for container in left:
        remove_container(daemon, container)
    return len(left)


def remove_container(daemon: Daemon, container: str) -> None:
    """Kill and remove a container, its anonymous volumes too. Harmless where it is gone; a daemon that doesn't answer
    leaves it to the next start.
    """
    from docker.errors import DockerException, NotFound

    try:
        daemon.api.remove_container(container, force=True, v=True)
    except NotFound:
        _unremoved.discard(container)
    except (DockerException, OSError):
        _unremoved.add(container)
    else:
        _unremoved.discard(container)


_unremoved: set[str] = set()  # of this process, while the daemon didn't answer


def _machine() -> str:
    """This installation, known only to itself."""
    return hashlib.sha256(_read("/etc/machine-id").encode()).hexdigest()[:32]


def _boot() -> str:
    return _read("/proc/sys/kernel/random/boot_id")


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
