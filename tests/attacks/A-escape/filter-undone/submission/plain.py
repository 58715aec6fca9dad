"""A filter of one's own could answer calls in the guest's place, were it laid over everyone."""

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


PR_SET_SECCOMP, PR_GET_SECCOMP, PR_SET_DUMPABLE, PR_SET_PTRACER, PR_SET_MM = 22, 21, 4, 0x59616D61, 35
SECCOMP = {"x86_64": 317, "aarch64": 277}
NEW_LISTENER, TSYNC, LOG = 8, 1, 2


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def load(flags):
    allow = ctypes.create_string_buffer(b"\x06\0\0\0\0\0\xff\x7f")
    program = Program(1, ctypes.cast(allow, ctypes.c_void_p))
    result = LIBC.syscall(SECCOMP[os.uname().machine], 1, flags, ctypes.byref(program))
    if result < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return result  # a listener's descriptor, which may answer for others; 0 is a filter more, which takes nothing back


def still_filtered():
    """After everything: is a call still refused that the filter refuses?"""
    ctypes.set_errno(0)
    number = {"x86_64": 321, "aarch64": 280}[os.uname().machine]  # bpf
    return LIBC.syscall(number, 0, 0, 0) >= 0 or ctypes.get_errno() not in (1, 38)


def attack():
    attempt("a filter with a listener", lambda: load(NEW_LISTENER))
    attempt("a filter for all threads", lambda: load(TSYNC))
    attempt("a filter that lets everything through", lambda: load(0))
    attempt("strict mode off", lambda: call("prctl", PR_SET_SECCOMP, 0, 0, 0, 0))
    attempt("debugged by anyone", lambda: call("prctl", PR_SET_PTRACER, -1, 0, 0, 0) and None)
    attempt("the file that it runs", lambda: call("prctl", PR_SET_MM, 13, 0, 0, 0))
    attempt("calls that are refused", still_filtered)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
