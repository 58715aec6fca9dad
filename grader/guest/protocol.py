"""The bytes that cross the boundary: length-framed, digested, one stream a direction. Standard library only.

Theory of operation
-------------------
Two byte streams connect a run with the host: the *job* stream goes in, the *evidence* stream comes out. Both are
sequences of frames: a header of 44 bytes (`HEADER`: magic, kind, a spare zero, question number, payload length, SHA-256
of the payload) and the payload.

Going in, in this order: one JOB (JSON, see below), any number of FILE (`path NUL content`, the submission's files for
the working folder), at most one GIVEN (safetensors: the arrays of the assignment's data that enter), one GO.

Coming out: one READY (JSON) from the zygote, before any byte of the job was read; then, a question in any order, its
RECORD (JSON) and ARRAYS (safetensors) frames, at most one PROBLEM (JSON) and one OUTPUT (UTF-8 text), closed by one
ENDED (JSON), which *init* writes; at last one DONE. `question` in the header is the index in the job's `questions`;
init sets it when it relays, so one question can't write under another's number. NO_QUESTION stands where there is none.
A loader closes its inner stream with END: without it the question hasn't finished, whatever its exit code.

JOB: {"role": "grade" | "predict" | "quick" | "provision", "framework": "none" | "torch" | "tensorflow",
      "program": null | {"path": "hw1.py", "kind": "script", "source": str}
                      | {"path": "hw1.ipynb", "kind": "notebook", "cells": [{"number": int, "source": str}], "of": int},
      "probe": str (source of probe.py, predict.py or quick.py), "load": "each" | "once", "load_seconds": float,
      "questions": [{"id": str, "function": str, "wall_seconds": float}],
                   or, for a quiz's answers, {…, "program": as above, "variables": [names]}: a program of its own, each
                   of whose variables leaves as a record "answers" of its name
      "draw": str (hex; names the hidden inputs), "seed": int (public; every generator is seeded from it),
      "values": {name: JSON} (the data's values that are no arrays), "variant": {name: JSON},
      "weights": {"torchvision/resnet18/IMAGENET1K_V1": "/path/inside/resnet18-f37072fd.pth"},
      "device": "cpu" | "cuda", "gpu_memory_bytes": int | null,
      "threads": int, "parallel": int, "evidence_bytes": int, "output_bytes": int, "fork": bool}

READY: {"python": "3.12.8", "packages": {"torch": "2.13.0"}, "device": "cpu" | "cuda"}

RECORD, by "kind" (all have "name"):
  {"kind": "answers", "value": encoded}                      encoded by `encode_answer` of the recorder, see there
  {"kind": "text", "value": str}
  {"kind": "array"}                                          ARRAYS has `name`
  {"kind": "model", "tensors": [{"name", "shape", "dtype", "trainable": bool | null for a buffer, "digest": hex,
                                 "same_as": name | null}], "modules": [[name, type], …]}
  {"kind": "step", "case": int, "tensors": [names], "groups": {tensor: int}}
                                                             ARRAYS has `name.case.tensor`: how a sample of it changed
                                                             from weights 0 and gradients 1; "groups": how often it is
                                                             in the optimiser's groups; `name` is that of all cases
  {"kind": "stages", "start": {tensor: digest}, "trainable": [names], "buffers": [names],
   "values": "whole" | "sample" | "none",
   "stages": [{"label": "start" | "epoch" | "end", "epoch": int | null, "changed": [names], "omitted": [names]}]}
                                                             ARRAYS has `name.index.tensor`: whole tensors that differ
                                                             from the start ("omitted" differ, too large to leave), or
                                                             float32 samples of every tensor, or nothing
  {"kind": "gradients", "batches": int, "stepped": [bool]}   ARRAYS has `name`: [passes, 2, sample] float32, a weight's
                                                             gradient before and after each backward pass; "stepped":
                                                             whether the weight moved since the pass before
  {"kind": "unusable", "wanted": "model" | "array" | "text" | "optimizer" | "outputs" | "values" | "size",
   "type": str, "message": str}                              in place of any other kind: the student's value isn't that
  {"kind": "raises", "type": str | null, "message": str}

PROBLEM: {"code": "exception" | "syntax" | "missing_function" | "not_callable" | "interrupt" | "exit" | "probe",
          "where": "load" | "question", "type": str, "message": str, "help": str | null,
          "frames": [{"file": str, "cell": int | null, "cells": int | null, "cell_begins": str | null, "line": int,
                      "function": str, "code": [[line, text], …], "caret": [from, to] | null}],
          "function": str | null, "signature": str | null, "near": [[name, line], …]}

ENDED: {"exit": "finished" | "crashed" | "signalled" | "wall_limit" | "load_limit" | "evidence_limit",
        "code": int | null, "signal": int | null, "load_seconds": float, "seconds": float, "peak_bytes": int,
        "output_bytes": int, "definitions_only": bool}

Names of records and tensors match `NAME`. A tensor's digest is `tensor_digest(dtype, shape, bytes)`.
"""

import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "HEADER",
    "MAGIC",
    "NAME",
    "NO_QUESTION",
    "Frame",
    "FrameError",
    "Kind",
    "pack_frame",
    "read_frame",
    "tensor_digest",
]

MAGIC = b"GRD1"
HEADER = struct.Struct(">4sBxHI32s")
SPARE = 5
NO_QUESTION = 0xFFFF
NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class Kind(IntEnum):
    """What a frame carries."""

    JOB = 1
    FILE = 2
    GIVEN = 3
    GO = 4
    READY = 16
    RECORD = 17
    ARRAYS = 18
    PROBLEM = 19
    OUTPUT = 20
    END = 21
    ENDED = 22
    DONE = 23


class FrameError(ValueError):
    """The stream doesn't hold a frame here. What was read before stays usable; nothing after it is."""


@dataclass(frozen=True)
class Frame:
    """One whole frame whose digest was right."""

    kind: Kind
    payload: bytes
    question: int = NO_QUESTION


def pack_frame(kind: Kind, payload: bytes, question: int = NO_QUESTION) -> bytes:
    """The bytes of one frame."""
    return HEADER.pack(MAGIC, kind, question, len(payload), hashlib.sha256(payload).digest()) + payload


def read_frame(read_exactly: Callable[[int], bytes], *, most_bytes: int) -> Frame | None:
    """The next frame of a stream, or None at its orderly end.

    `read_exactly(n)` returns n bytes, fewer only at the end of the stream.

    Raises:
        FrameError: not a frame, one of more than `most_bytes`, one cut short, or one whose digest is wrong.
    """
    header = read_exactly(HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise FrameError(f"the stream ends inside a frame's header, after {len(header)} of {HEADER.size} bytes")
    magic, kind, question, length, digest = HEADER.unpack(header)
    if magic != MAGIC:
        raise FrameError(f"not a frame: it begins with {magic!r}, a frame with {MAGIC!r}")
    if header[SPARE]:
        raise FrameError("not a frame: its spare byte isn't zero")
    if kind not in Kind.__members__.values():
        raise FrameError(f"a frame of the unknown kind {kind}")
    if length > most_bytes:
        raise FrameError(f"a frame of {length} bytes; at most {most_bytes} are taken")
    payload = read_exactly(length)
    if len(payload) < length:
        raise FrameError(f"the stream ends inside a frame, after {len(payload)} of {length} bytes")
    if hashlib.sha256(payload).digest() != digest:
        raise FrameError("a frame whose digest is wrong")
    return Frame(Kind(kind), payload, question)


def tensor_digest(dtype: str, shape: tuple[int, ...], content: bytes | memoryview) -> str:
    """A tensor's name by content: SHA-256 over dtype (safetensors' word, "F32"), shape and little-endian bytes."""
    digest = hashlib.sha256(f"{dtype}{list(shape)}".encode())
    digest.update(content)
    return digest.hexdigest()
