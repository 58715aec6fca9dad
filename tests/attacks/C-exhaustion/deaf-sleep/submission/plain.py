"""Sleeps, and hears nobody: neither SIGTERM nor an alarm ends it."""

import contextlib
import signal
import time


def double(number):
    for which in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(which, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        time.sleep(3600)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
