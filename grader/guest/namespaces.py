"""What a forked run needs of the kernel to be as much by itself as a run in a sandbox of its own. Linux only.

Theory of operation
-------------------
`clone_apart` is one raw clone(2): fork, and six new namespaces, in one call. The child is pid 1 of its own, and has, in
its new user namespace, the rights to make itself a place to live in; it uses them in `settle` and gives them up in
`give_up_rights`. Between the two it waits until the host has put it into its control group.

The zygote isn't dumpable, and of a process that isn't, /proc/self belongs to root. So the child is dumpable for the
moment in which it writes the maps of its user namespace, and never again.
"""

import contextlib
import ctypes
import fcntl
import os
import platform
import signal
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .processes import set_dumpable

__all__ = ["Place", "clone_apart", "give_up_rights", "leave_control_group_view", "settle"]

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
APART = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
CLONE_NUMBERS = {"x86_64": 56, "aarch64": 220}

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAPABILITY_VERSION = 0x20080522
MOST_CAPABILITIES = 64
MOST_TERMINALS = 64  # of a run; the machine has some thousands for everybody
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

LIBRARY = ctypes.CDLL(None, use_errno=True)
LOCKED_LIBRARY = ctypes.PyDLL(None, use_errno=True)  # keeps Python's lock: nothing else of Python runs meanwhile


@dataclass(frozen=True)
class Place:
    """Where a forked run lives. Sizes are in bytes."""

    tmpfs: Sequence[tuple[str, int]]
    folders: Sequence[str]
    covered: Sequence[str]
    work: str
    user_id: int
    group_id: int
    outer_user_id: int  # who the zygote is
    outer_group_id: int


def clone_apart() -> int:
    """Fork into new user, pid, mount, ipc, network and uts namespaces; as fork(2), 0 in the child.

    Raises:
        OSError: the kernel refused; no process, or no namespaces to be had here.
    """
    number = CLONE_NUMBERS[platform.machine()]
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = int(LOCKED_LIBRARY.syscall(number, ctypes.c_ulong(APART | signal.SIGCHLD), None, None, None, None))
    error = ctypes.get_errno()
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(error, f"clone: {os.strerror(error)}")
    return pid


def settle(place: Place) -> None:
    """In the child: users, folders in memory, /proc and loopback of its own.

    Raises:
        OSError: the kernel refused one of them.
    """
    map_users(place)
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    for target, size in place.tmpfs:
        mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=0755,size={size}")
    for folder in place.folders:
        Path(folder).mkdir(parents=True, exist_ok=True)
    if Path("/dev/mqueue").is_dir():  # the container's, not the namespace's: a channel between runs
        mount("tmpfs", "/dev/mqueue", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, "size=4k")
    if Path("/dev/pts").is_dir():  # the zygote's terminals are everybody's
        options = f"newinstance,ptmxmode=0666,mode=620,max={MOST_TERMINALS}"
        mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, options)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in place.covered:
        if Path(path).exists():
            mount("/dev/null", path, None, MS_BIND)
    raise_loopback()
    os.chdir(place.work)
    os.setsid()


def map_users(place: Place) -> None:
    """Be the place's user in the new user namespace, whoever the zygote is."""
    set_dumpable(True)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{place.user_id} {place.outer_user_id} 1")
    Path("/proc/self/gid_map").write_text(f"{place.group_id} {place.outer_group_id} 1")
    set_dumpable(False)


def raise_loopback() -> None:
    """Let 127.0.0.1 be reached: in a new network namespace it is down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack_from("16xH", fcntl.ioctl(control, SIOCGIFFLAGS, request))[0]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def leave_control_group_view() -> None:
    """See the control group that we are in now as the topmost: its name is nobody's business inside."""
    with contextlib.suppress(OSError):  # a kernel without such namespaces
        call("unshare", CLONE_NEWCGROUP)


def give_up_rights() -> None:
    """Have no capability in any set, for good, in this user namespace as in any other.

    Raises:
        OSError: the kernel refused.
    """
    for capability in range(MOST_CAPABILITIES):
        with contextlib.suppress(OSError):  # EINVAL beyond the last that this kernel knows
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    with contextlib.suppress(OSError):
        call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    call("capset", header, bytes(24))
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """mount(2).

    Raises:
        OSError: the kernel refused; the text says what.
    """
    texts = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    try:
        call("mount", texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    except OSError as error:
        raise OSError(error.errno, f"mount {kind or 'at'} {target!r}: {os.strerror(error.errno or 0)}") from error


def call(name: str, *arguments: object) -> None:
    """A function of the C library that returns 0, or fails with an error number."""
    if getattr(LIBRARY, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
