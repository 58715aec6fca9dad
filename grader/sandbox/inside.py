"""The probe with which a sandbox is proved: runs inside, as an assignment's probe does, and says what it sees.

Never imported outside: `proof.py` sends its text with the job. Standard library only, and no filter, namespace or limit
is taken for granted: whatever a call says is written down and judged outside.
"""

import contextlib
import ctypes
import errno
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

__all__ = ["eat", "look", "multiply", "prove"]

_NEW_USER = 0x10000000
_PAGE = 4096
_CREATE = 0o1600  # IPC_CREAT, for the owner alone
_REMOVE = 0  # IPC_RMID
_FAMILIES = {"AF_VSOCK": 40, "AF_ALG": 38, "AF_PACKET": 17}
_CALLS: dict[str, dict[str, tuple[int, ...]]] = {
    "x86_64": {
        "unshare": (272, _NEW_USER),
        "clone": (56, _NEW_USER | signal.SIGCHLD, 0, 0, 0, 0),
        "mount": (165, 0, 0, 0, 0, 0),
        "io_uring_setup": (425, 1, 0),
        "ptrace": (101, 0, 0, 0, 0),
        "keyctl": (250, 0, -2 & 0xFFFFFFFFFFFFFFFF, 0),
        "userfaultfd": (323, 1),
    },
    "aarch64": {
        "unshare": (97, _NEW_USER),
        "clone": (220, _NEW_USER | signal.SIGCHLD, 0, 0, 0, 0),
        "mount": (40, 0, 0, 0, 0, 0),
        "io_uring_setup": (425, 1, 0),
        "ptrace": (117, 0, 0, 0, 0),
        "keyctl": (219, 0, -2 & 0xFFFFFFFFFFFFFFFF, 0),
        "userfaultfd": (282, 1),
    },
}
"""Calls that no run needs, with arguments that do nothing much where they are let through."""


def prove(student: Any, given: Any, record: Any) -> None:
    """Say what is seen and what works; then leave something of every kind behind, for the next run to look for."""
    status = read_status()
    seen = {
        "user": os.getuid(),
        "rights": {name: status.get(name) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")},
        "no_new_privileges": status.get("NoNewPrivs"),
        "filter": status.get("Seccomp"),
        "calls": dict(try_calls()) | {name: try_family(number) for name, number in _FAMILIES.items()},
        "files": [path for path in given["files"] if os.path.exists(path)],  # noqa: PTH110
        "places": [path for path, identity in given["places"].items() if identify(path) == identity],
        "sockets": [path for path in given["sockets"] if os.path.exists(path)],  # noqa: PTH110
        "covered": [path for path in given["covered"] if has_content(path)],
        "writable": [path for path in given["folders"] if can_write(path, given["canary"])],
        "own_folder": can_write(".", given["canary"]),
        "interfaces": read_interfaces(),
        "service": can_reach(given["port"]),
        "variables": read_variables(),
        "foreign_processes": sum(given["canary"] in line or given["grader"] == line for line in read_processes()),
    }
    if given["leave"]:
        seen["left"] = [name for name, leave, _ in TRACES if leave(given["canary"])]
    record.text("seen", json.dumps(seen))


def look(student: Any, given: Any, record: Any) -> None:
    """Look for what the run before has left."""
    found = [name for name, _, find in TRACES if find(given["canary"])]
    record.text("found", json.dumps(found))


def multiply(student: Any, given: Any, record: Any) -> None:
    """Start more processes than allowed; say how many there were."""
    children, refusal = [], None
    for _ in range(given["processes"]):
        try:
            child = os.fork()
        except OSError as error:
            refusal = name_error(error.errno)
            break
        if child == 0:
            signal.pause()
            os._exit(0)
        children.append(child)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    record.text("multiplied", json.dumps([len(children), refusal]))


def eat(student: Any, given: Any, record: Any) -> None:
    """Take more memory than allowed; say so where it was had."""
    taken = bytearray(given["bytes"])
    taken[::_PAGE] = b"x" * len(taken[::_PAGE])
    record.text("eaten", json.dumps(len(taken)))


# ── what is seen ──


def identify(path: str) -> list[int] | None:
    """Which folder this is to the kernel: another one of the same name isn't this machine's."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return [found.st_dev, found.st_ino]


def has_content(path: str) -> bool:
    """Whether anything can be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return bool(file.read(1))
    except OSError:
        return False


def can_write(folder: str, name: str) -> bool:
    """Whether a file can be made there."""
    path = os.path.join(folder, name)  # noqa: PTH118
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except OSError:
        return False
    os.unlink(path)  # noqa: PTH108
    return True


def can_reach(port: int) -> bool:
    """Whether a service on the machine's loopback answers."""
    with socket.socket(socket.AF_INET) as client:
        client.settimeout(5)
        try:
            client.connect(("127.0.0.1", port))
        except OSError:
            return False
    return True


def read_processes() -> Iterator[str]:
    """The command lines of all processes."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/cmdline") as file:  # noqa: PTH123
                yield file.read()


def read_variables() -> list[str]:
    """The names of the variables that the guest was started with."""
    with open("/proc/self/environ") as file:  # noqa: PTH123
        return sorted(line.split("=")[0] for line in file.read().split("\0") if line)


def read_interfaces() -> list[str]:
    """The network's interfaces; from /proc, for the call that lists them needs a kind of socket that is denied."""
    with open("/proc/net/dev") as file:  # noqa: PTH123
        return [line.partition(":")[0].strip() for line in file if ":" in line]


def read_status() -> dict[str, str]:
    """What the kernel says of this process."""
    with open("/proc/self/status") as file:  # noqa: PTH123
        return {name: value.strip() for name, _, value in (line.partition(":") for line in file)}


# ── calls that must be denied ──


def try_calls() -> Iterator[tuple[str, str | None]]:
    """Each call, and the name of the error that it gave; None where it was let through."""
    for name, (number, *arguments) in _CALLS.get(os.uname().machine, {}).items():
        yield name, in_child(partial(call, number, arguments))


def call(number: int, arguments: list[int]) -> int:
    """A system call: 0, or its error's number."""
    library = ctypes.CDLL(None, use_errno=True)
    before = os.getpid()
    answer = library.syscall(ctypes.c_long(number), *(ctypes.c_ulong(argument) for argument in arguments))
    if os.getpid() != before:  # let through, clone has made a process of its own
        os._exit(0)
    return ctypes.get_errno() if answer == -1 else 0


def try_family(family: int) -> str | None:
    """The name of the error that a socket of a family gives. Only made, never connected."""
    try:
        socket.socket(family, socket.SOCK_RAW if family == _FAMILIES["AF_PACKET"] else socket.SOCK_STREAM).close()
    except OSError as error:
        # A family that the kernel has and a type that the family hasn't: the filter let it through.
        return None if error.errno in (errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT) else name_error(error.errno)
    return None


def in_child(work: Callable[[], int]) -> str | None:
    """Have a process of its own do it; the name of the error that it ended with."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(work())
        finally:
            os._exit(255)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return "killed"
    return name_error(os.WEXITSTATUS(status)) if os.WEXITSTATUS(status) else None


def name_error(number: int | None) -> str:
    """ "EPERM"."""
    return errno.errorcode.get(number or 0, str(number))


# ── what is left for the next run ──


def name_key(canary: str) -> int:
    """A System V key."""
    return int(canary[-7:], 16)


def library_call(name: str, *arguments: int | bytes) -> int:
    """A function of the C library."""
    return int(getattr(ctypes.CDLL(None), name)(*arguments))


def leave_file(folder: str) -> Callable[[str], bool]:
    """A file in a folder."""

    def leave(canary: str) -> bool:
        try:
            os.close(os.open(f"{folder}/{canary}", os.O_CREAT | os.O_WRONLY, 0o644))
        except OSError:
            return False
        return True

    return leave


def find_file(folder: str) -> Callable[[str], bool]:
    """Whether it is there."""
    return lambda canary: os.path.lexists(f"{folder}/{canary}")


def leave_shared_memory(canary: str) -> bool:
    """A segment of System V's."""
    return library_call("shmget", name_key(canary), _PAGE, _CREATE) >= 0


def find_shared_memory(canary: str) -> bool:
    """Whether it is there; then it is removed, for it would stay."""
    found = library_call("shmget", name_key(canary), 0, 0)
    return found >= 0 and library_call("shmctl", found, _REMOVE, 0) >= -1


def leave_queue(canary: str) -> bool:
    """A message queue of System V's."""
    return library_call("msgget", name_key(canary), _CREATE) >= 0


def find_queue(canary: str) -> bool:
    """Whether it is there; then it is removed."""
    found = library_call("msgget", name_key(canary), 0)
    return found >= 0 and library_call("msgctl", found, _REMOVE, 0) >= -1


def leave_posix_queue(canary: str) -> bool:
    """A message queue of POSIX's."""
    return library_call("mq_open", f"/{canary}".encode(), os.O_CREAT | os.O_RDWR, 0o600, 0) >= 0


def find_posix_queue(canary: str) -> bool:
    """Whether it is there; then it is removed."""
    return library_call("mq_unlink", f"/{canary}".encode()) == 0


def leave_process(canary: str) -> bool:
    """A process in a session of its own, with an address that any process of its network can connect to."""
    if os.fork() == 0:
        os.setsid()
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0{canary}")
            server.listen()
            time.sleep(30)
        os._exit(0)
    return True


def find_process(canary: str) -> bool:
    """Whether it is there."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(f"\0{canary}")
        except OSError:
            return False
    return True


TRACES: tuple[tuple[str, Callable[[str], bool], Callable[[str], bool]], ...] = (
    ("a file in /tmp", leave_file("/tmp"), find_file("/tmp")),  # noqa: S108
    ("a file in its home", leave_file("/tmp/home"), find_file("/tmp/home")),  # noqa: S108
    ("a file in /dev/shm", leave_file("/dev/shm"), find_file("/dev/shm")),  # noqa: S108
    ("a file in /dev/mqueue", leave_file("/dev/mqueue"), find_file("/dev/mqueue")),
    ("shared memory", leave_shared_memory, find_shared_memory),
    ("a message queue", leave_queue, find_queue),
    ("a POSIX message queue", leave_posix_queue, find_posix_queue),
    ("a process", leave_process, find_process),
)
"""What a run could leave: its name, how it is left, how the next run finds it."""
