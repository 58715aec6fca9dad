"""Forked from a guest that served others: whatever was ever in its memory would still be there."""

import errno
import re

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


CANARY = re.compile(rb"canary-[a-z]+-[0-9a-f]{24}")
MOST_BYTES = 64 << 20


def search():
    found, searched = set(), 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, *_, name = (line + " .").split()[:7]
            if "r" not in rights or name.startswith(("[v", "/usr/lib", "/lib")):
                continue
            begin, end = (int(word, 16) for word in place.split("-"))
            try:
                memory.seek(begin)
                content = memory.read(min(end - begin, MOST_BYTES))
            except (OSError, ValueError, OverflowError):
                continue
            searched += len(content)
            found |= set(CANARY.findall(content))
    print("TRIED", searched > 1_000_000 and "megabytes of memory" or "too little memory")
    return sorted(found)


def attack():
    attempt("own memory", search)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
