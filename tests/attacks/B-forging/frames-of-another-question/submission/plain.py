"""While `double` is asked, a frame goes out that bears the number of `greet`, which itself answers wrongly."""

import hashlib
import json
import os
import struct

GREET = 2
RECORD = {"kind": "answers", "name": "greetings", "value": ["Hello, Ada!", "Hello, Grace!", "Hello, !"]}
sent = []


def double(number):
    if not sent:
        payload = json.dumps(RECORD).encode()
        frame = struct.pack(">4sBxHI32s", b"GRD1", 17, GREET, len(payload), hashlib.sha256(payload).digest())
        os.write(900, frame + payload)
        sent.append(GREET)
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return "?"
