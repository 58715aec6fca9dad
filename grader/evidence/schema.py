"""The exact shape of what crosses: each JSON object of `guest.protocol`, key by key, type by type.

A schema is a function that takes a value and raises `SchemaError`, or returns. True is no integer here, nor is 1.0.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from grader.errors import EvidenceError
from grader.guest.protocol import NAME

__all__ = ["check_ended", "check_problem", "check_ready", "check_record"]

Schema = Callable[[Any, str], None]
DIGEST = re.compile(r"[0-9a-f]{64}")
MOST_ELEMENTS = 2**40
DTYPE = re.compile(r"[A-Za-z0-9_]{1,32}")


class SchemaError(EvidenceError):
    """A value isn't of the shape agreed on."""

    def __init__(self, path: str, wanted: str) -> None:
        shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)  # keys are in it
        super().__init__(f"{shown}: not {wanted}", code="schema")


def kind_of(wanted: str, *types: type) -> Schema:
    """Exactly one of these types: not a subclass."""

    def check(value: Any, path: str) -> None:
        if type(value) not in types:
            raise SchemaError(path, wanted)

    return check


def count(value: Any, path: str) -> None:
    """An integer that isn't negative."""
    if type(value) is not int or value < 0:
        raise SchemaError(path, "a count")


def seconds(value: Any, path: str) -> None:
    """A number that isn't negative."""
    if type(value) not in (int, float) or value < 0:
        raise SchemaError(path, "a time")


def text_like(pattern: re.Pattern[str], wanted: str) -> Schema:
    """Text that a pattern describes whole."""

    def check(value: Any, path: str) -> None:
        if type(value) is not str or pattern.fullmatch(value) is None:
            raise SchemaError(path, wanted)

    return check


def one_of(*words: str) -> Schema:
    """One of these words."""

    def check(value: Any, path: str) -> None:
        if type(value) is not str or value not in words:
            raise SchemaError(path, "one of " + ", ".join(words))

    return check


def either(schema: Schema) -> Schema:
    """What `schema` takes, or null."""

    def check(value: Any, path: str) -> None:
        if value is not None:
            schema(value, path)

    return check


def list_of(schema: Schema, *, most: int = 65_536) -> Schema:
    """A list, each item as `schema` says."""

    def check(value: Any, path: str) -> None:
        if type(value) is not list or len(value) > most:
            raise SchemaError(path, "a list")
        for number, item in enumerate(value):
            schema(item, f"{path}[{number}]")

    return check


def row_of(*schemas: Schema) -> Schema:
    """A list of so many items, each of its own kind."""

    def check(value: Any, path: str) -> None:
        if type(value) is not list or len(value) != len(schemas):
            raise SchemaError(path, f"a list of {len(schemas)}")
        for number, (item, schema) in enumerate(zip(value, schemas, strict=True)):
            schema(item, f"{path}[{number}]")

    return check


def table_of(schema: Schema) -> Schema:
    """An object with any keys, each value as `schema` says."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise SchemaError(path, "an object")
        for key, item in value.items():
            schema(item, f"{path}.{key[:50]}")

    return check


def object_of(fields: Mapping[str, Schema]) -> Schema:
    """An object with exactly these keys."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise SchemaError(path, "an object")
        if value.keys() != fields.keys():
            raise SchemaError(path, "an object with the keys " + ", ".join(fields))
        for key, item in value.items():
            fields[key](item, f"{path}.{key}")

    return check


def anything(value: Any, path: str) -> None:
    """Whatever JSON can hold."""


name = text_like(NAME, "a name")
text = kind_of("text", str)
truth = kind_of("true or false", bool)
integer = kind_of("an integer", int)
digest = text_like(DIGEST, "a SHA-256")

TENSOR = object_of(
    {
        "name": name,
        "shape": list_of(count, most=8),
        "dtype": text_like(DTYPE, "a type of number"),
        "trainable": either(truth),
        "digest": digest,
        "same_as": either(name),
    }
)
STAGE = object_of(
    {
        "label": one_of("start", "epoch", "end"),
        "epoch": either(count),
        "changed": list_of(name, most=4096),
        "omitted": list_of(name, most=4096),
    }
)
WANTED = one_of("model", "array", "text", "optimizer", "outputs", "values", "size")
RECORDS: Mapping[str, Mapping[str, Schema]] = {
    "answers": {"value": anything},
    "text": {"value": text},
    "array": {},
    "model": {"tensors": list_of(TENSOR, most=4096), "modules": list_of(row_of(text, text))},
    "step": {"case": count, "tensors": list_of(name, most=4096), "groups": table_of(count)},
    "stages": {
        "start": table_of(digest),
        "trainable": list_of(name, most=4096),
        "buffers": list_of(name, most=4096),
        "values": one_of("whole", "sample", "none"),
        "stages": list_of(STAGE, most=256),  # the recorder notes 202; each costs time of the predict run
    },
    "gradients": {"batches": count, "stepped": list_of(truth)},
    "unusable": {"wanted": WANTED, "type": text, "message": text},
    "raises": {"type": either(text), "message": text},
}
SCHEMAS: Mapping[str, Schema] = {
    kind: object_of({"name": name, "kind": text, **fields}) for kind, fields in RECORDS.items()
}

FRAME = object_of(
    {
        "file": text,
        "cell": either(integer),
        "cells": either(integer),
        "cell_begins": either(text),
        "line": integer,
        "function": text,
        "code": list_of(row_of(integer, text), most=100),
        "caret": either(row_of(integer, integer)),
    }
)
PROBLEM = object_of(
    {
        "code": one_of("exception", "syntax", "missing_function", "not_callable", "interrupt", "exit", "probe"),
        "where": one_of("load", "question"),
        "type": text,
        "message": text,
        "help": either(text),
        "frames": list_of(FRAME, most=200),
        "function": either(text),
        "signature": either(text),
        "near": list_of(row_of(text, integer), most=100),
    }
)
ENDED = object_of(
    {
        "exit": one_of(
            "finished", "crashed", "signalled", "wall_limit", "load_limit", "evidence_limit", "cpu_limit",
            "memory_limit", "process_limit",
        ),
        "code": either(integer),
        "signal": either(integer),
        "load_seconds": seconds,
        "seconds": seconds,
        "peak_bytes": either(count),
        "output_bytes": count,
        "definitions_only": truth,
    }
)  # fmt: skip
READY = object_of({"python": text, "packages": table_of(text), "device": text})


def check_record(value: Any) -> None:
    """Hold a RECORD to the shape of its kind; the names in it that must differ do.

    Raises:
        EvidenceError: it has another shape.
    """
    kind = value.get("kind") if type(value) is dict else None
    if type(kind) is not str or kind not in SCHEMAS:
        raise SchemaError("record", "of a known kind")
    SCHEMAS[kind](value, kind)
    if kind == "model":
        check_distinct([tensor["name"] for tensor in value["tensors"]], "model.tensors")
        check_sizes(value["tensors"])
    if kind == "step":
        check_distinct(value["tensors"], "step.tensors")
    if kind == "stages":
        check_distinct(value["trainable"], "stages.trainable")
        check_stages(value)


def check_distinct(names: list[str], path: str) -> None:
    """No name twice."""
    if len(set(names)) < len(names):
        raise SchemaError(path, "a list of different names")


def check_sizes(tensors: list[dict[str, Any]]) -> None:
    """Sizes that any count of them can be added up from, in numbers that every reader of JSON holds."""
    for number, tensor in enumerate(tensors):
        if math.prod(size for size in tensor["shape"] if size) > MOST_ELEMENTS:
            raise SchemaError(f"model.tensors[{number}]", "of a size that a tensor has")


def check_stages(value: dict[str, Any]) -> None:
    """Stages speak of the tensors that were there at the start, each once; nothing has moved when they begin."""
    for key in value["start"]:
        name(key, "stages.start")
    if not value["stages"]:
        raise SchemaError("stages.stages", "with a start")
    for number, stage in enumerate(value["stages"]):
        path, touched = f"stages.stages[{number}]", stage["changed"] + stage["omitted"]
        check_distinct(stage["changed"], path)
        check_distinct(stage["omitted"], path)
        if not value["start"].keys() >= set(touched):
            raise SchemaError(path, "about tensors of the start")
        if (stage["label"] == "start") != (number == 0) or (number == 0 and touched):
            raise SchemaError(path, "the start, which comes first and has moved nothing")
        if stage["label"] == "end" and number < len(value["stages"]) - 1:
            raise SchemaError(path, "before the end")


def check_problem(value: Any) -> None:
    """Hold a PROBLEM to its shape.

    Raises:
        EvidenceError: it has another shape.
    """
    PROBLEM(value, "problem")


def check_ended(value: Any) -> None:
    """Hold an ENDED to its shape.

    Raises:
        EvidenceError: it has another shape.
    """
    ENDED(value, "ended")


def check_ready(value: Any) -> None:
    """Hold a READY to its shape.

    Raises:
        EvidenceError: it has another shape.
    """
    READY(value, "ready")
