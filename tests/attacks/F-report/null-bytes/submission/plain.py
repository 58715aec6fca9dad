"""Bytes that end C strings, break decoders, or that no encoder writes."""

import os


def double(number):
    os.write(1, b"\0\xff\xfe\xc0\x80\xed\xa0\x80 before \0 after\n" * 3)
    raise type("Odd\x85\u2028Name", (Exception,), {})("a\0b\ud800c\udfff")


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return "Hello\0\ud83d" + name
