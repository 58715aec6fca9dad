"""Loading has its own limit. GO is sent for each second anew, so that a careless supervisor begins to count again."""

import sys
import time

Kind = sys.modules["grader_guest.protocol"].Kind
emit = sys.modules["grader_guest.loader"].make_emit(900)

for _ in range(40):
    emit(Kind.GO, b"again")
    time.sleep(0.25)


def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
