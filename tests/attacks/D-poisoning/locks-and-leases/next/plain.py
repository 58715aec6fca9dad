"""Another student's honest work, which looks for what the attack before it left."""

import fcntl
import os

for path in ("/opt/guest/loader.py", "/opt/guest/zygote.py", "/etc/passwd"):
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        print("BREACH", path, "is still locked:", error.strerror)
    else:
        print(path, "isn't locked")


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
