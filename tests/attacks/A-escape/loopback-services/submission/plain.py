"""Everything that listens on the machine itself; addresses outside it aren't tried."""

import errno
import socket

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


HOSTS = ["127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost"]


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(1)
        client.connect(address)
    return True


def send(address):
    """A datagram that is sent says nothing by itself; the trap outside tells whether it arrived."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"from inside", address)


def attack():
    for host in HOSTS:
        attempt(f"tcp {host}", lambda: connect(socket.AF_INET, (host, int("@TCP_PORT@"))))
        attempt(f"udp {host}", lambda: send((host, int("@UDP_PORT@"))))
    attempt("tcp ::1", lambda: connect(socket.AF_INET6, ("::1", int("@TCP_PORT@"))))
    attempt("tcp ::ffff:127.0.0.1", lambda: connect(socket.AF_INET6, ("::ffff:127.0.0.1", int("@TCP_PORT@"))))
    attempt("unix socket", lambda: connect(socket.AF_UNIX, "@UNIX_SOCKET@"))
    attempt("abstract socket", lambda: connect(socket.AF_UNIX, "\0@ABSTRACT_SOCKET@"))


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
