"""A class body runs when a class is defined, so this file doesn't load in either way."""


class Endless:
    while True:
        pass


def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
