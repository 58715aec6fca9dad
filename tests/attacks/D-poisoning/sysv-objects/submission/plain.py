"""Objects of System V live until somebody removes them, whatever becomes of their maker."""

import ctypes
import errno

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


KEYS = range(0x6C656674, 0x6C656678)
IPC_CREAT = 0o1000


def attack():
    LIBC.shmat.restype = ctypes.c_void_p
    for key in KEYS:
        attempt(f"shmget {key:#x}", lambda: call("shmget", key, 4096, IPC_CREAT | 0o666) and None)
        attempt(f"semget {key:#x}", lambda: call("semget", key, 4, IPC_CREAT | 0o666) and None)
        attempt(f"msgget {key:#x}", lambda: call("msgget", key, IPC_CREAT | 0o666) and None)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
