"""They are files in /dev/mqueue and /dev/shm, of which a container has one for all its runs."""

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


def open_queue():
    LIBC.mq_open.restype = ctypes.c_int
    if LIBC.mq_open(b"/left-behind", os.O_CREAT | os.O_RDWR, 0o666, None) < 0:
        raise OSError(ctypes.get_errno(), "mq_open")


def make_file(path):
    with open(path, "w") as file:
        file.write("left behind")


def share_memory():
    from multiprocessing import resource_tracker, shared_memory

    memory = shared_memory.SharedMemory("left-behind", create=True, size=64)
    resource_tracker.unregister(memory._name, "shared_memory")


def attack():
    attempt("a queue", open_queue)
    attempt("a queue's file", lambda: make_file("/dev/mqueue/left-behind-2"))
    attempt("shared memory", share_memory)
    attempt("shared memory's file", lambda: make_file("/dev/shm/left-behind-2"))
    attempt("a semaphore's file", lambda: make_file("/dev/shm/sem.left-behind"))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
