"""Reads what only this machine's users should."""

import errno
import os

PLACES = [
    "@HOME_FILE@",
    "@HOME_FOLDER@",
    "@TEMPORARY_FILE@",
    "@GRADER_HOME@/secret",
    "/etc/shadow",
    "/root",
    "/home",
    "/var/log",
    "/boot",
    "/proc/1/root@HOME_FILE@",
    "/proc/self/root@TEMPORARY_FILE@",
]


def double(number):
    for path in PLACES:
        try:
            seen = os.listdir(path) if os.path.isdir(path) else open(path).read()
        except OSError as error:
            print("HELD", path, errno.errorcode.get(error.errno))
        else:
            print("BREACH", path, repr(seen)[:200])
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
