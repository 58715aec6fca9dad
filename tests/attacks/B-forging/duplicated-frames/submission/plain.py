"""Sends `doubles` itself, then lets the probe send it again: a reader that keeps the last, or the best, is fooled."""

import json
import sys

seen = []


def double(number):
    seen.append(2 * number)
    if len(seen) == 5:
        emit = sys.modules["grader_guest.loader"].make_emit(900)
        Kind = sys.modules["grader_guest.protocol"].Kind
        emit(Kind.RECORD, json.dumps({"kind": "answers", "name": "doubles", "value": seen}).encode())
    return 0


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
