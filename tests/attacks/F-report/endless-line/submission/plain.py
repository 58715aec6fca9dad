"""A line that a terminal would wrap for minutes, and a report might hold whole."""

import os
import sys


def double(number):
    for _ in range(100):
        sys.stdout.write("W" * 100_000)
    sys.stdout.flush()
    os._exit(1)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
