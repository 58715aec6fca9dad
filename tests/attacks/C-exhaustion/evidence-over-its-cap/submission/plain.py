"""One array that is the cap and one byte."""

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

def array(size):
    """One array of so many bytes, in the form in which arrays leave."""
    header = b'{"big":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (size, size)
    return struct.pack("<Q", len(header)) + header + bytes(size)



def double(number):
    whole = array(1 << 20)
    send(pack(ARRAYS, array((2 << 20) - len(whole) + 1)))
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
