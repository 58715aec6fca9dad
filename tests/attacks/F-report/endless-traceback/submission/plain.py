"""Fifty megabytes of message, a deep recursion, and a chain of causes that closes in a ring."""


def dig(depth):
    if depth == 0:
        error = ValueError("5 / 5 points\n" * 4_000_000)
        error.__cause__ = error.__context__ = RuntimeError("and again")
        error.__cause__.__cause__ = error
        for number in range(1000):
            error.add_note("note " * 1000)
        raise error
    dig(depth - 1)


def double(number):
    dig(900)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
