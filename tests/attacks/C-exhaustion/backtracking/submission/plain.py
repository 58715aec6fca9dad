"""Catastrophic backtracking: holds the interpreter's lock and can't be interrupted from inside."""

import re


def double(number):
    return re.fullmatch(r"(a|aa|a+)+b", "a" * 200)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
