"""Headers of safetensors that libraries take: names twice, sizes beyond any, bytes that two arrays share."""

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

def arrays(header, content=b""):
    """A frame of arrays with that header."""
    return pack(ARRAYS, struct.pack("<Q", len(header)) + header + content)


def double(number):
    send(arrays(b'{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}', b"1234"))
    return 2 * number


def classify(rows):
    send(arrays(b'{"a":{"dtype":"F64","shape":[9223372036854775807,0,9223372036854775807],"data_offsets":[0,0]}}'))
    return [row.index(max(row)) for row in rows]


def greet(name):
    send(arrays(b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}', b"123456"))
    return f"Hello, {name}!"
