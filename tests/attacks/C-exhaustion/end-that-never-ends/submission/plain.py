"""Everything that Python does at its end, each of it endless. It is never done: the process is ended without it."""

import atexit
import gc
import signal
import threading
import time
import weakref


def never():
    while True:
        time.sleep(3600)


class Undying:
    def __del__(self):
        never()


KEPT = Undying()
weakref.finalize(KEPT, never)
atexit.register(never)
threading.Thread(target=never).start()
signal.signal(signal.SIGTERM, lambda *_: never())
gc.callbacks.append(lambda phase, info: never() if phase == "never" else None)


def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
