"""A container's configuration, as data: a policy in the words of the Docker daemon. Starts nothing.

Everything is said, nothing is left to the daemon's own defaults, for these differ by version and can be changed by
whoever runs the daemon. Docker's mounts of /sys and /dev/mqueue are replaced by empty folders that can't be written to;
/dev/shm and /tmp are in memory, of the policy's sizes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.limits import Limits
from grader.sandbox.docker.control import CONTROL_FOLDER
from grader.sandbox.docker.leftovers import owner_labels
from grader.sandbox.policy import Bind, Policy
from grader.sandbox.seccomp import STRICT, Profile, docker_profile

__all__ = ["Place", "container_configuration"]

MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
)
"""What Docker covers by itself; a policy's own list is added."""

READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

_SPARE_PROCESSES = 4  # the guest, and the program that starts it
_RUNTIME_PROCESSES = 512  # of a runtime that is a kernel by itself: its own threads are counted with the run's
_OPEN_FILES = 1024
_ZYGOTE_OPEN_FILES = 16384  # more than any run's, see `guest.forks`
_EMPTY = "ro,nosuid,nodev,noexec,size=4k,nr_inodes=1,mode=0555"
_EMPTY_FOLDERS = ("/sys", "/dev/mqueue")
_FOREIGN = ("HOSTNAME", "OLDPWD")  # variables that no policy gave, of Docker's and the shell's
_START = 'mkdir -m 0700 "$HOME" "$1" && cd "$1" && unset $2 && shift 2 && exec "$@"'
"""Docker can't make a folder that belongs to the user in a fresh /tmp, and gives variables that nobody asked for."""


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """What is particular to a container of an image that has everything in it."""

    foreign: tuple[str, ...]  # variables that the image's base brought along
    closed: tuple[str, ...]  # folders that are covered by empty ones
    volumes: tuple[Mapping[str, Any], ...] = ()  # with a remote daemon, what else would be bound


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a container gets beside its policy."""

    image: str  # an id, never a name that may come to mean another
    user: int
    name: str
    cpus_there: int
    profile: Profile = STRICT  # the filter of system calls
    control: Path | None = None  # the folder of the control socket, on this machine
    forks: bool = False  # whether runs are forked in it: each has a /proc of its own, which a covered one forbids
    packaged: "Packaged | None" = None
    runtime: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)  # of HostConfig: devices


def container_configuration(policy: Policy, limits: Limits, place: Place, *, command: Sequence[str]) -> dict[str, Any]:
    """What `POST /containers/create` is sent. `command` becomes the container's first process."""
    brought = place.packaged.foreign if place.packaged is not None else ()
    foreign = " ".join([*_FOREIGN, *(name for name in brought if name not in policy.environment)])
    return {
        "Image": place.image,
        "Hostname": policy.host_name,
        "Domainname": "",
        "User": f"{place.user}:{place.user}",
        "AttachStdin": place.control is None,
        "AttachStdout": True,
        "AttachStderr": True,
        "OpenStdin": place.control is None,
        "StdinOnce": True,  # when the grader's connection ends, so does the guest's standard input
        "Tty": False,
        "Env": [f"{name}={value}" for name, value in policy.environment.items()],
        "Entrypoint": ["/bin/sh", "-c", _START, "sh", policy.work, foreign],
        "Cmd": list(command),
        "WorkingDir": "/",
        "Labels": owner_labels(place.name),
        "Healthcheck": {"Test": ["NONE"]},
        "NetworkDisabled": False,  # True leaves the container without a loopback of its own
        "HostConfig": _host_configuration(policy, limits, place),
    }


def _host_configuration(policy: Policy, limits: Limits, place: Place) -> dict[str, Any]:
    return {
        "NetworkMode": "none",
        "Dns": ["127.0.0.1"],  # where nobody is; else the machine's own servers are named in /etc/resolv.conf
        "DnsSearch": ["."],
        "IpcMode": "none",  # a namespace of its own, and no /dev/shm of Docker's
        "PidMode": "",
        "UTSMode": "",
        "CgroupnsMode": "private",
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true", f"seccomp={json.dumps(docker_profile(place.profile))}"],
        "Privileged": False,
        "ReadonlyRootfs": True,
        "MaskedPaths": [] if place.forks else sorted({*MASKED, *policy.covered}),
        "ReadonlyPaths": [] if place.forks else list(READ_ONLY),
        "Mounts": _list_mounts(policy, place),
        "Tmpfs": _memory_folders(policy, place),
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,  # of both together: no swap
        "PidsLimit": limits.processes + (_RUNTIME_PROCESSES if place.runtime else _SPARE_PROCESSES),
        "NanoCpus": min(limits.cpus, place.cpus_there) * 1_000_000_000,
        "Ulimits": [{"Name": name, "Soft": value, "Hard": value} for name, value in _list_ulimits(place).items()],
        "LogConfig": {"Type": "none", "Config": {}},
        "Init": False,
        "AutoRemove": False,  # how it ended is asked for afterwards
        "RestartPolicy": {"Name": "no"},
        **({"Runtime": place.runtime} if place.runtime else {}),
        **place.extra,
    }


def _list_ulimits(place: Place) -> dict[str, int]:
    """Limits of each process. Runs that are forked set their own, below these."""
    open_files = _ZYGOTE_OPEN_FILES if place.forks else _OPEN_FILES
    return {"core": 0, "nofile": open_files, "memlock": 0, "rtprio": 0, "nice": 0}


def _list_mounts(policy: Policy, place: Place) -> list[Mapping[str, Any]]:
    control = (Bind(place.control, CONTROL_FOLDER),) if place.control is not None else ()
    volumes = place.packaged.volumes if place.packaged is not None else ()
    return [*(_bind_mount(bind) for bind in (*policy.binds, *control)), *volumes]


def _bind_mount(bind: Bind) -> dict[str, Any]:
    """Without what is mounted below the source: Docker would leave that writable."""
    return {
        "Type": "bind",
        "Source": str(bind.source),
        "Target": bind.target,
        "ReadOnly": True,
        "BindOptions": {"Propagation": "rprivate", "NonRecursive": True},
    }


def _memory_folders(policy: Policy, place: Place) -> dict[str, str]:
    closed = place.packaged.closed if place.packaged is not None else ()
    folders = dict.fromkeys((*_EMPTY_FOLDERS, *closed), _EMPTY)
    for tmpfs in policy.tmpfs:
        options = f"rw,nosuid,nodev,exec,size={tmpfs.size_bytes},mode=0700,uid={place.user},gid={place.user}"
        folders[tmpfs.target] = options
    return folders
