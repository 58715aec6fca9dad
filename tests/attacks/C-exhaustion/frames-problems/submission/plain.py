"""Only the first problem is handed on; the others are read, digested and dropped."""

import hashlib
import os
import struct

RECORD, ARRAYS, PROBLEM, GO, END = 17, 18, 19, 4, 21


def pack(kind, payload=b"", length=None):
    """A frame as the guest itself writes it; it may lie about its length."""
    digest = hashlib.sha256(payload).digest()
    return struct.pack(">4sBxHI32s", b"GRD1", kind, 0, len(payload) if length is None else length, digest) + payload


def send(content):
    """Straight into the pipe that leads to init."""
    pipe = next(int(name) for name in os.listdir("/proc/self/fd") if 900 <= int(name) < 1000)
    while content:
        content = content[os.write(pipe, content) :]

def double(number):
    while True:
        send(pack(PROBLEM, b"x" * (256 << 10)))


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
