"""It calls itself what the zygote is called, and waits to be taken for it."""

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


def wait_under_a_name():
    with open("/proc/self/comm", "w") as file:
        file.write("left-behind")
    time.sleep(60)


def attack():
    for _ in range(3):
        leave(wait_under_a_name)
    print("TRIED three daemons")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
