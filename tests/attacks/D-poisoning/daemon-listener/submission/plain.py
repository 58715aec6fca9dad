"""The next run, or the guest itself, might speak to it."""

import os
import signal
import socket
import time

tried = []


def leave(work):
    """A daemon: a grandchild in a session of its own, deaf to every signal that it may refuse, without any of our pipes."""
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(1024):
        if fd != null:
            try:
                os.dup2(null, fd) if fd < 3 else os.close(fd)
            except OSError:
                continue
    try:
        work()
    finally:
        os._exit(0)


def listen():
    server = socket.create_server(("127.0.0.1", 47_111))
    abstract = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    abstract.bind("\0left-behind")
    abstract.listen()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 47_112))
        server.settimeout(60)
        server.accept()


def attack():
    leave(listen)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", 47_112), timeout=0.1)
        except OSError:
            time.sleep(0.02)
    print("TRIED a daemon that listens")


def double(number):
    if not tried:
        tried.append(True)
        attack()
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
