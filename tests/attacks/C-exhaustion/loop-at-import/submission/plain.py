"""Never loads. What it defines before and after is graded nevertheless, and the report says so."""

import itertools


def double(number):
    return 2 * number


for _ in itertools.count():
    pass


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
