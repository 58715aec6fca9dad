"""A hard link costs nearly nothing to make and as much to remove. Meanwhile another question is over its time."""

import os
import time


def double(number):
    end = time.monotonic() + 2.5
    open("one", "w").close()
    start = 1 if os.fork() else 0
    count = 0
    try:
        while time.monotonic() < end:
            folder = f"{start}-{count}"
            os.mkdir(folder)
            for name in range(1000):
                os.link("one", f"{folder}/{name}")
            count += 1
    except OSError:
        pass
    if not start:
        os._exit(0)
    print("TRIED", flush=True)
    return 2 * number


def classify(rows):
    while True:
        time.sleep(1)


def greet(name):
    return f"Hello, {name}!"
