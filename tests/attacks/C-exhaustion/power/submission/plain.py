"""One operation, inside which no signal handler of Python runs and no thread gets its turn."""


def double(number):
    return 10 ** 10 ** 8 % (abs(number) + 1) + len(str(7 ** 10 ** 8))


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
