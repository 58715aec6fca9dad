"""A number that grows from run to run tells how many came before; a name that stays tells that it is the same guest."""

import errno
import os
import re

tried = []


def attempt(what, action):
    """One attempt, and what came of it: an action that returns something true has worked."""
    try:
        got = action()
    except OSError as error:
        print("HELD", what, errno.errorcode.get(error.errno, error.errno))
    except Exception as error:
        print("HELD", what, type(error).__name__, str(error)[:60])
    else:
        print("BREACH" if got else "TRIED", what, repr(got)[:200] if got else "")


COUNTED = re.compile(r"(?:run|slot|student|attempt)[-_]?\d+$")


def read(path):
    with open(path) as file:
        return file.read()


def attack():
    attempt("own group", lambda: [line for line in read("/proc/self/cgroup").splitlines() if COUNTED.search(line)])
    attempt("a group of the next run's name", lambda: os.makedirs("/sys/fs/cgroup/memory/left-behind"))
    attempt("own number", lambda: os.getpid() > 1000)
    attempt("own folder's name", lambda: COUNTED.search(os.path.dirname(os.getcwd())) is not None)
    attempt("names in the list of mounts", lambda: [line for line in read("/proc/self/mountinfo").splitlines() if "another" in line])
    for kind in ("user", "pid", "ipc", "uts", "net", "mnt"):
        attempt(f"namespace {kind}", lambda: None if os.readlink(f"/proc/self/ns/{kind}") else None)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
