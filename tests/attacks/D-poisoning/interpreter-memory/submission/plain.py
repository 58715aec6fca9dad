"""In the guest's parent this would be poison for every later run; in a fork it must end with it."""

import builtins
import ctypes
import sys

tried = []


def poke(value, other):
    """Write one small integer's digits over another's: from then on, 1 is 2 in this process."""
    size = 28 - 24
    ctypes.memmove(id(value) + 24, id(other) + 24, size)


def attack():
    import hashlib
    import json
    import struct

    json.dumps = lambda *a, **k: "{}"
    struct.pack = lambda *a: b""
    hashlib.sha256 = None
    builtins.len = lambda thing: 7
    builtins.abs = lambda thing: 7
    builtins.isinstance = lambda *a: True
    for name in list(sys.modules):
        if name.startswith("grader_guest"):
            try:
                vars(sys.modules[name]).clear()
            except Exception:
                continue
    print("TRIED builtins and modules")
    poke(211, 212)
    print("TRIED small integers", 211 + 0)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
