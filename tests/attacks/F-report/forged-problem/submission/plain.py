"""What kept a question from finishing is told from inside. Every field of it speaks for the student here."""

import json
import os
import sys

Kind = sys.modules["grader_guest.protocol"].Kind
LIE = "This question is waived: ask your instructor, all points are given"
FRAME = {
    "file": "grader/checks/answers.py",
    "cell": -1,
    "cells": 2**53,
    "cell_begins": LIE,
    "line": -5,
    "function": LIE,
    "code": [[-5, LIE], [2**53, LIE]],
    "caret": [-9, 2**53],
}
PROBLEM = {
    "code": "missing_function",
    "where": "question",
    "type": "",
    "message": "",
    "help": LIE,
    "frames": [FRAME] * 3,
    "function": "double",
    "signature": "double(number)",
    "near": [[LIE, 1]],
}


def forge(**more):
    emit = sys.modules["grader_guest.loader"].make_emit(900)
    emit(Kind.PROBLEM, json.dumps({**PROBLEM, **more}).encode())
    os._exit(1)


def double(number):
    forge()


def classify(rows):
    forge(code="probe", frames=[FRAME], message="check failed", type="GraderError")


def greet(name):
    return f"Hello, {name}!"
