"""As many threads as can be had; the interpreter would wait for them for ever at its end."""

import threading


def double(number):
    started = 0
    try:
        while True:
            threading.Thread(target=threading.Event().wait).start()
            started += 1
    except RuntimeError as error:
        print("HELD", "after", started, error, flush=True)
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
