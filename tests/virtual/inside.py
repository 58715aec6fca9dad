"""The first process of the virtual machine: sets the system up, runs tests in control groups as asked, and reports.

Theory of operation
-------------------
The kernel starts this from its first root file system, which can't be exchanged for another (`pivot_root`), as
bubblewrap does for each run. So the root is bound to a folder and entered, and from then on is a mount like any other.
Only cgroup v2 is there. Every scenario gets its control groups made, and its command started in one of them, as a user.
What it says goes to the console, and how it ended stands there in a line of its own, which the host looks for.
"""

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

__all__: list[str] = []

LIBC = ctypes.CDLL(None, use_errno=True)
MS_BIND, MS_REC, MS_MOVE, MS_PRIVATE = 4096, 16384, 8192, 1 << 18
CLONE_NEWNS, CLONE_NEWCGROUP = 0x20000, 0x2000000
MNT_DETACH = 2
POWER_OFF = 0x4321FEDC
GROUPS = Path("/sys/fs/cgroup")
USER = 1000


def main() -> None:
    """Everything."""
    try:
        enter_root()
        mount_system()
        plan = json.loads(Path("/plan.json").read_text())
        os.environ.update(plan["environment"])
        for scenario in plan["scenarios"]:
            run_scenario(scenario)
        print("VIRTUAL done", flush=True)
    finally:
        os.sync()
        LIBC.reboot(POWER_OFF)


def call(result: int) -> None:
    """Raise what a call of the C library failed with."""
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount something."""
    Path(target).mkdir(parents=True, exist_ok=True)
    call(LIBC.mount(source.encode(), target.encode(), kind.encode() or None, flags, data.encode() or None))


def enter_root() -> None:
    """Make the root a mount that can be left."""
    mount("/", "/root-of-all", flags=MS_BIND | MS_REC)
    os.chdir("/root-of-all")
    mount(".", "/", flags=MS_MOVE)
    os.chroot(".")
    os.chdir("/")


def mount_system() -> None:
    """What every system has."""
    mount("proc", "/proc", "proc")
    mount("sysfs", "/sys", "sysfs")
    if not Path("/dev/null").exists():
        mount("devtmpfs", "/dev", "devtmpfs")
    for place in ("/tmp", "/run", "/dev/shm"):
        mount("tmpfs", place, "tmpfs", data="mode=1777")
    mount("cgroup2", str(GROUPS), "cgroup2")
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        os.dup2(os.open("/dev/console", flags | os.O_NOCTTY), descriptor)
    print("VIRTUAL kernel", os.uname().release, (GROUPS / "cgroup.controllers").read_text().strip(), flush=True)


def run_scenario(scenario: dict[str, Any]) -> None:
    """One scenario, from its groups to its end."""
    print("VIRTUAL begin", scenario["name"], flush=True)
    group = make_groups(scenario)
    start = time.monotonic()
    bystander = start_bystander(group) if scenario["bystander"] else 0
    child = os.fork()
    if child == 0:
        try:
            become(scenario, group)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(120)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if bystander:
        os.kill(bystander, signal.SIGKILL)
    left = sorted(path.name for path in GROUPS.rglob("grader.*"))
    said = {"name": scenario["name"], "status": status, "seconds": round(time.monotonic() - start), "left": left}
    print("VIRTUAL end", json.dumps(said), flush=True)


def make_groups(scenario: dict[str, Any]) -> Path:
    """The groups of a scenario: each of `groups` hands down what it says; the last is the one to start in."""
    group = GROUPS
    for name, handed_down, owner, delegated in scenario["groups"]:
        group = GROUPS / name
        group.mkdir(exist_ok=True)
        if handed_down:
            (group / "cgroup.subtree_control").write_text(handed_down)
        for path in (group, *(group / file for file in ("cgroup.procs", "cgroup.subtree_control", "cgroup.threads"))):
            os.chown(path, owner, owner)
        if delegated:
            os.setxattr(group, "user.delegate", b"1")
    return group


def start_bystander(group: Path) -> int:
    """A process in a group that does nothing."""
    child = os.fork()
    if child == 0:
        signal.pause()
    (group / "cgroup.procs").write_text(str(child))
    return child


def become(scenario: dict[str, Any], group: Path) -> None:
    """Join the group, see only it if asked, become the user, and run the command."""
    (group / "cgroup.procs").write_text(str(os.getpid()))
    if scenario["namespace"]:
        call(LIBC.unshare(CLONE_NEWNS | CLONE_NEWCGROUP))
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        call(LIBC.umount2(str(GROUPS).encode(), MNT_DETACH))
        mount("cgroup2", str(GROUPS), "cgroup2")
    if scenario["user"]:
        os.setgroups([])
        os.setgid(scenario["user"])
        os.setuid(scenario["user"])
    os.environ["HOME"] = "/tmp"
    os.chdir(scenario["folder"])
    os.execv(scenario["command"][0], scenario["command"])


if __name__ == "__main__":
    try:
        main()
    except BaseException as error:
        print("VIRTUAL failed", repr(error), flush=True)
        raise
    sys.exit(1)
