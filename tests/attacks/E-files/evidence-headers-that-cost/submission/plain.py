"""As long as is allowed: a hundred thousand dimensions, names of escapes, spaces, brackets."""

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

def arrays(header):
    """A frame of arrays with that header."""
    return pack(ARRAYS, struct.pack("<Q", len(header)) + header)


def double(number):
    ones = ",".join(["1"] * 400_000)
    send(arrays(b'{"a":{"dtype":"U8","shape":[%s],"data_offsets":[0,0]}}' % ones.encode()))
    return 2 * number


def classify(rows):
    names = ",".join(f'"{name * 10}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for name in ["\\u0061"] * 9_000)
    send(arrays(b"{" + names.encode() + b"}"))
    return [row.index(max(row)) for row in rows]


def greet(name):
    send(arrays(b'{"a":' + b"[" * 300_000 + b"]" * 300_000 + b"}"))
    return f"Hello, {name}!"
