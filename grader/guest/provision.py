"""Provisioning: say what is in a checkpoint, or make a stand-in for one. No student code is there."""

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .arrays import pack_arrays
from .framework_choice import choose_framework
from .models import Framework, escape_names
from .protocol import Kind

__all__ = ["run_provision"]

Emit = Callable[[Kind, bytes], None]

PIECE_BYTES = 48 * 1024 * 1024  # of a stand-in's file in one frame


def run_provision(job: Mapping[str, Any], emit: Emit) -> None:
    """Do what the job's `values["provision"]` asks for.

    The digests of a checkpoint's tensors leave as the record "checkpoint" of the kind "model"; the file of a stand-in
    leaves as the array "file" besides, a large one in pieces.

    Raises:
        ValueError: another task, or a stand-in that can't be made.
        OSError: the checkpoint can't be read.
    """
    asked = job["values"]["provision"]
    framework = choose_framework(str(job["framework"]))
    if asked["task"] == "digest":
        describe_checkpoint(framework, asked["path"], emit)
    elif asked["task"] == "standin":
        file = make_standin(framework, asked["name"])
        emit_file(file, emit)
        describe_checkpoint(framework, io.BytesIO(file), emit)
    else:
        raise ValueError(f"unknown provisioning task {asked['task']!r}; 'digest' and 'standin' are known")


def emit_file(file: bytes, emit: Emit) -> None:
    """A file as the array "file"; what doesn't fit into one frame follows as "file.1", "file.2", …"""
    for number, start in enumerate(range(0, len(file), PIECE_BYTES)):
        name = f"file.{number}" if number else "file"
        emit(Kind.ARRAYS, pack_arrays({name: np.frombuffer(file[start : start + PIECE_BYTES], np.uint8)}))
        emit(Kind.RECORD, json.dumps({"kind": "array", "name": name}).encode())


def make_standin(framework: Framework, name: str) -> bytes:
    """The file of a stand-in. The modules are imported here: each needs its own framework."""
    if framework.name == "torch":
        from .torch_standin import make_torch_standin

        return make_torch_standin(name)
    from .keras_standin import make_keras_standin

    return make_keras_standin(name)


def describe_checkpoint(framework: Framework, file: Any, emit: Emit) -> None:
    """The record of a checkpoint's tensors."""
    tensors = framework.load_checkpoint(file)
    described = [
        {
            "name": name,
            "shape": list(exact.shape),
            "dtype": exact.dtype,
            "trainable": None,
            "digest": exact.digest,
            "same_as": None,
        }
        for name, exact in zip(escape_names(tensors), map(framework.read_exact, tensors.values()), strict=True)
    ]
    record = {"kind": "model", "name": "checkpoint", "tensors": described, "modules": []}
    emit(Kind.RECORD, json.dumps(record, separators=(",", ":")).encode())
