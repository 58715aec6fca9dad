"""In a run that were no more than a fork of the last one, all of this would stay."""

import decimal
import errno
import gc
import locale
import os
import random
import resource
import signal
import sys
import warnings

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


def attack():
    os.umask(0)
    os.environ.clear()
    os.environ["LEFT"] = "behind"
    os.chdir("/")
    os.nice(5)
    for name in ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_STACK", "RLIMIT_CPU"):
        which = getattr(resource, name)
        attempt(name, lambda: resource.setrlimit(which, (1_000_000 if name != "RLIMIT_NOFILE" else 64,) * 2))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGINT})
    signal.setitimer(signal.ITIMER_VIRTUAL, 1000)
    decimal.getcontext().prec = 1
    warnings.simplefilter("error")
    sys.setrecursionlimit(100_000)
    sys.path.insert(0, "/tmp")
    sys.setswitchinterval(1)
    gc.disable()
    random.seed(0)
    locale.setlocale(locale.LC_ALL, "C")
    for fd in range(3, 64):
        try:
            os.set_inheritable(fd, True)
        except OSError:
            continue
    print("TRIED a dozen kinds of state")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
