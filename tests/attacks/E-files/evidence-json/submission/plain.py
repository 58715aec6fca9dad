"""Keys twice, numbers that are none, half characters: each question another."""

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
    send(pack(RECORD, b'{"kind": "answers", "name": "doubles", "value": [0], "value": [1]}'))
    return 2 * number


def classify(rows):
    send(pack(RECORD, b'{"kind": "answers", "name": "x", "value": [NaN, -Infinity, 1e999, 99999999999999999999]}'))
    return [row.index(max(row)) for row in rows]


def greet(name):
    send(pack(RECORD, b'{"kind": "text", "name": "x", "value": "\\ud800"}'))
    return f"Hello, {name}!"
