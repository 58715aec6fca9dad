"""A quarter of a megabyte each: depth, digits, keys, unended strings."""

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
    send(pack(RECORD, b'{"kind": "answers", "name": "x", "value": ' + b"[" * 120_000 + b"]" * 120_000 + b"}"))
    return 2 * number


def classify(rows):
    send(pack(RECORD, b'{"kind": "answers", "name": "x", "value": ' + b"9" * 260_000 + b"}"))
    return [row.index(max(row)) for row in rows]


def greet(name):
    send(pack(RECORD, b'"' + b'\\"' * 130_000))
    return f"Hello, {name}!"
