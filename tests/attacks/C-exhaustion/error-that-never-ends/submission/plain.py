"""Telling of an error calls its methods; these don't return, or return a hundred megabytes."""


class Endless(Exception):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def double(number):
    raise Endless


def greet(name):
    raise ValueError("x" * 100_000_000)


def classify(rows):
    return [row.index(max(row)) for row in rows]
