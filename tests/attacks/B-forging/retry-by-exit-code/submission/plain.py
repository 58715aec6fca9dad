"""The guest ends with 70 where it fails itself, timeouts with 124, killed containers with 137. All three at once."""

import os
import traceback


def double(number):
    try:
        raise RuntimeError("init: the loader couldn't be started")
    except RuntimeError:
        traceback.print_exc()
    os._exit((70, 124, 137)[number % 3])


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
