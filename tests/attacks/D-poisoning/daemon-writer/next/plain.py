"""Another student's honest work, which looks for what the attack before it left."""

import os
import time

time.sleep(0.3)
for path in ("/dev/shm/left-behind", "/tmp/left-behind"):
    if os.path.exists(path):
        print("BREACH", path)
with open(__file__ if "__file__" in globals() else "plain.py") as file:
    print("BREACH the source has changed" if "return 0" in file.read().replace('"return 0"', "") else "the source is as it was")


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
