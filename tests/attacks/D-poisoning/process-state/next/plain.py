"""Another student's honest work, which looks for what the attack before it left."""

import decimal
import gc
import locale
import os
import resource
import signal
import sys
import warnings

print("mask", oct(os.umask(0o22)), "nice", os.nice(0), "folder", os.getcwd().startswith("/tmp/work"))
print("limits", [resource.getrlimit(getattr(resource, name)) for name in ("RLIMIT_NOFILE", "RLIMIT_STACK", "RLIMIT_CPU")])
print("signals", sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())), signal.getsignal(signal.SIGTERM), signal.getitimer(1))
print("decimal", decimal.getcontext().prec, "warnings", len(warnings.filters), "recursion", sys.getrecursionlimit())
print("switch", sys.getswitchinterval(), "collector", gc.isenabled(), "locale", locale.setlocale(locale.LC_ALL))
print("BREACH" if "LEFT" in os.environ or "/tmp" in sys.path else "variables", sorted(os.environ))


def double(number):
    return number * 2


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
