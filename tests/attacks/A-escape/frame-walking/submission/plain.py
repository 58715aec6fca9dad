"""The probe that calls us has locals, and the collector knows every object: neither may know what is expected."""

import errno
import gc
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


def walk_frames():
    frame, found = sys._getframe(), []
    while frame is not None:
        for name, value in {**frame.f_globals, **frame.f_locals}.items():
            text = f"{name}={value!r}"[:100_000]
            if "canary-" + "solution" in text or "canary-" + "labels" in text or name in ("labels", "expected", "kept"):
                found.append(name)
        frame = frame.f_back
    return found


def search_objects():
    found = []
    for thing in gc.get_objects():
        if isinstance(thing, dict) and ({"labels", "canary"} & {key for key in thing if isinstance(key, str)}):
            found.append(sorted(map(str, thing))[:5])
        if type(thing).__name__ in ("Kept", "Draw", "Workshop", "Assignment"):
            found.append(type(thing).__name__)
    return found


def list_modules():
    """Modules of the part of the grader that stays outside."""
    outside = ("grader.checks", "grader.reference", "grader.pipeline", "grader.draws", "grader.marking")
    return [name for name in sys.modules if name.startswith(outside)]


def attack():
    attempt("frames", walk_frames)
    attempt("objects", search_objects)
    attempt("modules", list_modules)
    attempt("threads' frames", lambda: [f for f in sys._current_frames().values() if "labels" in f.f_locals])


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
