"""Another student's honest work: whatever the attack before it left would be seen by its census."""

import os
import socket
import sys

CANARY = "@CANARY_STUDENT@"


def double(number):
    """Twice, and a look around."""
    return number + number


def classify(rows):
    """The largest number's column, of each row."""
    return [row.index(max(row)) for row in rows]


def greet(name):
    """A greeting."""
    return "Hello, " + name + "!"


def read(path):
    """A file's text, or why it can't be had."""
    try:
        with open(path) as file:
            return file.read()
    except OSError as error:
        return f"{type(error).__name__}\n"


def list_names(path):
    """What is in a folder, or why that can't be told."""
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        return [type(error).__name__]


def take_census():
    """Everything here that an earlier run could have changed."""
    for folder in ("/", "/dev/shm", "/dev/mqueue", "/opt", "/opt/guest", "/weights", os.path.expanduser("~"), "."):
        print("folder", folder, list_names(folder))
    for kind in ("shm", "sem", "msg"):
        print("ipc", kind, len(read(f"/proc/sysvipc/{kind}").splitlines()))
    print("abstract sockets", [line.split()[-1] for line in read("/proc/net/unix").splitlines() if "@" in line])
    print("variables", sorted(os.environ))
    print("host", socket.gethostname(), "nice", os.nice(0), "mask", oct(os.umask(0o022)), "root", os.getuid() == 0)
    print("path", sys.path[1:3], "modules", len([name for name in sys.modules if "canary" in name]))
    print("doubled", 21 * 2, len("x"), abs(-1), isinstance(1, int))


take_census()
