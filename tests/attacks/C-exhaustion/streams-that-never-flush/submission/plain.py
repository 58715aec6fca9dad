"""The guest flushes what was printed; here that goes on for ever."""

import sys


class Stream:
    def write(self, text):
        return len(text)

    def flush(self):
        while True:
            pass


def double(number):
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Stream()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
