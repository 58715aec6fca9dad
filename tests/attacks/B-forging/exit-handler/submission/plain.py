"""Answers wrongly; when the interpreter ends, `atexit` and a finaliser send the right answers instead."""

import atexit
import os
import sys

asked = []


def send_right_answers():
    from grader_guest.loader import make_emit
    from grader_guest.protocol import Kind

    emit = make_emit(900)
    answers = ",".join(str(2 * number) for number in asked).encode()
    emit(Kind.RECORD, b'{"kind":"answers","name":"doubles","value":[' + answers + b"]}")
    os._exit(0)


class Late:
    def __del__(self):
        send_right_answers()


atexit.register(send_right_answers)
sys.modules["late"] = Late()


def double(number):
    asked.append(number)
    return 0


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
