"""Answers too long to leave become a marker; if a missing answer counted for nothing, length would be a way out."""


def double(number):
    return "x" * 300_000


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
