"""A list that holds another many times, which holds another: ten to the fortieth when each is written."""


def double(number):
    value = [number] * 10_000
    for _ in range(9):
        value = [value] * 10_000
    return value


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
