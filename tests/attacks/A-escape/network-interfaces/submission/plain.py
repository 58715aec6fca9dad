"""Looks for interfaces, routes, neighbours and other people's connections; nothing is sent anywhere."""

import errno
import pathlib
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


def find_interfaces():
    return [name for _, name in socket.if_nameindex() if name != "lo"]


def read_lines(path, skip=1):
    return pathlib.Path(path).read_text().splitlines()[skip:]


def find_devices():
    return [line.split(":")[0].strip() for line in read_lines("/proc/net/dev", 2) if not line.strip().startswith("lo:")]


def find_addresses():
    lines = read_lines("/proc/net/fib_trie", 0)
    return sorted({line.split()[-1] for line in lines if "|--" in line} - {"0.0.0.0", "127.0.0.0", "127.0.0.1", "127.255.255.255"})


def find_abstract():
    return [line.split()[-1] for line in read_lines("/proc/net/unix") if line.split()[-1].startswith("@")]


def attack():
    attempt("interfaces by name", find_interfaces)
    attempt("interfaces by /proc", find_devices)
    attempt("routes", lambda: read_lines("/proc/net/route"))
    attempt("routes of IPv6", lambda: [line for line in read_lines("/proc/net/ipv6_route", 0) if not line.endswith(" lo")])
    attempt("neighbours", lambda: read_lines("/proc/net/arp"))
    attempt("addresses", find_addresses)
    attempt("connections", lambda: read_lines("/proc/net/tcp"))
    attempt("abstract sockets", find_abstract)
    attempt("/sys/class/net", lambda: [name.name for name in pathlib.Path("/sys/class/net").iterdir() if name.name != "lo"])


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
