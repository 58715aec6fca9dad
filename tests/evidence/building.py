"""Frames and tensor files made by hand, right ones and wrong ones."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.evidence.model import Array
from grader.guest.protocol import NO_QUESTION, Frame, Kind

ENDED: dict[str, Any] = {
    "exit": "finished",
    "code": 0,
    "signal": None,
    "load_seconds": 0.25,
    "seconds": 1.5,
    "peak_bytes": 1000,
    "output_bytes": 5,
    "definitions_only": False,
}
PROBLEM: dict[str, Any] = {
    "code": "exception",
    "where": "question",
    "type": "NameError",
    "message": "name 'image' is not defined",
    "help": "Did you mean: 'images'?",
    "frames": [
        {
            "file": "hw1.py",
            "cell": None,
            "cells": None,
            "cell_begins": None,
            "line": 48,
            "function": "fine_tune",
            "code": [[47, "for images, labels in loader:"], [48, "    model(image)"]],
            "caret": [10, 15],
        }
    ],
    "function": None,
    "signature": None,
    "near": [["fine_tune", 40]],
}
READY = {"python": "3.12.8", "packages": {"torch": "2.13.0"}, "device": "cpu"}
DIGEST = "ab" * 32
RECORDS: dict[str, dict[str, Any]] = {
    "answers": {"kind": "answers", "name": "counts", "value": [1, 2.5, None, {"a": True}]},
    "text": {"kind": "text", "name": "said", "value": "hello"},
    "array": {"kind": "array", "name": "logits"},
    "model": {
        "kind": "model",
        "name": "backbone",
        "tensors": [
            {"name": "w", "shape": [2, 3], "dtype": "F32", "trainable": True, "digest": DIGEST, "same_as": None},
            {"name": "n", "shape": [], "dtype": "I64", "trainable": None, "digest": DIGEST, "same_as": "w"},
        ],
        "modules": [["", "Linear"]],
    },
    "step": {"kind": "step", "name": "steps", "case": 0, "tensors": ["w"], "groups": {"w": 1}},
    "stages": {
        "kind": "stages",
        "name": "epochs",
        "start": {"w": DIGEST, "b": DIGEST},
        "trainable": ["w"],
        "buffers": ["b"],
        "values": "whole",
        "stages": [
            {"label": "start", "epoch": None, "changed": [], "omitted": []},
            {"label": "epoch", "epoch": 1, "changed": ["w"], "omitted": ["b"]},
            {"label": "end", "epoch": None, "changed": ["w"], "omitted": []},
        ],
    },
    "gradients": {"kind": "gradients", "name": "batches", "batches": 2, "stepped": [False, True]},
    "raises": {"kind": "raises", "name": "refuses", "type": "ValueError", "message": "no"},
    "unusable": {"kind": "unusable", "name": "other", "wanted": "model", "type": "NoneType", "message": "no model"},
}


def encode(value: Any) -> bytes:
    """JSON as Python writes it: NaN and all."""
    return json.dumps(value).encode()


def frame(kind: Kind, value: Any, question: int = 0) -> Frame:
    """A frame that holds JSON, or bytes as they are."""
    return Frame(kind, value if isinstance(value, bytes) else encode(value), question)


def ready() -> Frame:
    """What a run begins with."""
    return frame(Kind.READY, READY, NO_QUESTION)


def done() -> Frame:
    """What a run ends with."""
    return frame(Kind.DONE, b"", NO_QUESTION)


def ended(question: int = 0, **fields: Any) -> Frame:
    """The end of a question."""
    return frame(Kind.ENDED, {**ENDED, **fields}, question)


def whole_run() -> list[Frame]:
    """A run of two questions that leave one of everything."""
    arrays = pack_arrays({"logits": np.ones((2, 3), np.float32), "flags": np.array([True, False])})
    return [
        ready(),
        *(frame(Kind.RECORD, record) for record in RECORDS.values()),
        frame(Kind.ARRAYS, arrays),
        frame(Kind.OUTPUT, b"hello"),
        ended(),
        frame(Kind.PROBLEM, PROBLEM, 1),
        ended(1, exit="crashed", code=1),
        done(),
    ]


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """A right tensor file."""
    words = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8"}
    header, data = {}, b""
    for name, array in arrays.items():
        content = array.tobytes()
        header[name] = {
            "dtype": words.get(array.dtype.name, "BOOL"),
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    return pack_header(header, data)


def pack_header(header: Any, data: bytes = b"") -> bytes:
    """A tensor file with any header, JSON or bytes."""
    text = header if isinstance(header, bytes) else encode(header)
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    """One line of a header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}
