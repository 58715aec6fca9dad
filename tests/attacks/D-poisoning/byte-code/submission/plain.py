"""__pycache__ beside the guest, the standard library, the packages, the submission and in a cache of our own."""

import errno
import importlib.util
import marshal
import os
import sys

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


BAD = "print('BREACH byte code of another student was run')"


def write_code(source):
    """Compiled code for a source file, with the source's own time and size, so that it is taken for it."""
    path = importlib.util.cache_from_source(source)
    about = os.stat(source)
    header = importlib.util.MAGIC_NUMBER + bytes(4) + int(about.st_mtime).to_bytes(4, "little")
    header += (about.st_size & 0xFFFFFFFF).to_bytes(4, "little")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(header + marshal.dumps(compile(BAD, source, "exec")))


def attack():
    import json
    import random

    import numpy

    for source in (json.__file__, random.__file__, numpy.__file__, "/opt/guest/loader.py", "/opt/guest/record.py"):
        attempt(source, lambda: write_code(source))
    attempt("the working folder", lambda: write_code(os.path.join(os.getcwd(), "plain.py")))
    sys.pycache_prefix = "/tmp/cache"
    attempt("a cache of its own", lambda: write_code(json.__file__))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
