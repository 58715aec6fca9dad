"""A student's answer as JSON, by exact type. No method of a student's object is called on the way."""

import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .arrays import WORDS, Array

__all__ = ["encode_answer"]

SAFE_INTEGER = 2**53
MOST_DIGITS = 400
MOST_ITEMS = 10_000
MOST_CHARACTERS = 100_000
MOST_ELEMENTS = 1_000
MOST_BYTES = 200 << 10
DEPTH = 13
TABLES = (dict, OrderedDict, defaultdict, Counter)
SHAPES = ("torch.Size",)
"""Tuples by another name, which a shape comes as."""
BUILTINS = (bool, int, float, str, list, tuple, dict)

ReadArray = Callable[[Any], Array | None]


def encode_answer(value: Any, read_array: ReadArray = lambda value: None) -> Any:
    """An answer as a JSON value; what JSON hasn't becomes a marker, an object whose key "$" says what it was.

    As they are: None, True and False, integers within 2^53, finite floats, text, lists, dictionaries whose keys are
    text (none of them "$"). A `torch.Size` counts as a tuple; numpy's scalars, and arrays and tensors without axes, as
    Python's numbers. Markers:

        {"$": "nan"}, {"$": "inf"}, {"$": "-inf"}         a float
        {"$": "tuple", "items": [...]}
        {"$": "dict", "items": [[key, value], ...]}       a dictionary with other keys
        {"$": "int", "type": "int", "digits": "..."}      an integer beyond 2^53, null beyond 400 digits
        {"$": "array", "type", "shape", "dtype", "items": [numbers, flat] or null}   null beyond 1,000 elements
        {"$": "subclass", "type", "of": "int"}            of a subclass of a builtin type, which may say anything
        {"$": "object", "type"}                           anything else
        {"$": "long", "type", "length"}                   more than 10,000 items or 100,000 characters; all over 200 KiB
        {"$": "deep", "type"}                             nested too deep; {"$": "loop", "type"}: contains itself

    `read_array` is the framework's way to read an array.
    """
    encoded = Encoder(read_array).encode(value, DEPTH)
    size = len(json.dumps(encoded, ensure_ascii=True))
    return encoded if size <= MOST_BYTES else {"$": "long", "type": name_type(value), "length": size}


class Encoder:
    """One encoding; remembers which containers it is inside of."""

    def __init__(self, read_array: ReadArray) -> None:
        self.read_array = read_array
        self.inside: set[int] = set()

    def encode(self, value: Any, room: int) -> Any:
        """A value that may take `room` levels of JSON."""
        kind = type(value)  # and never `value.__class__`, which an object can make up
        if issubclass(kind, np.generic) or not issubclass(kind, (*BUILTINS, type(None))):
            return self.encode_foreign(value, room)
        if value is None or kind is bool:
            return value
        if kind in (int, float, str):
            return encode_plain(value)
        if kind in (list, tuple) or kind in TABLES:
            return self.encode_container(value, room)
        if issubclass(kind, tuple) and name_type(value) in SHAPES:
            return self.encode_container(tuple(tuple.__iter__(value)), room)
        of = next(builtin for builtin in BUILTINS if issubclass(kind, builtin))
        return {"$": "subclass", "type": name_type(value), "of": of.__name__}

    def encode_foreign(self, value: Any, room: int) -> Any:
        """numpy's and the framework's numbers and arrays; the rest by name."""
        array = value if type(value) is np.ndarray else self.read_array(value)
        if type(value) is np.str_:
            return encode_plain(str.__str__(value))
        if issubclass(type(value), np.generic):
            array = np.asarray(value)
        if array is None or array.dtype.kind not in "biuf":
            return {"$": "object", "type": name_type(value)}
        if array.ndim == 0:
            return self.encode(array.item(), room)
        return self.encode_array(array, name_type(value)) if room >= 2 else {"$": "deep", "type": name_type(value)}

    def encode_array(self, array: Array, kind: str) -> Any:
        """An array with axes."""
        items = [self.encode(item, 2) for item in array.reshape(-1).tolist()] if array.size <= MOST_ELEMENTS else None
        dtype = WORDS.get(array.dtype.name, array.dtype.name)
        return {"$": "array", "type": kind, "shape": list(array.shape), "dtype": dtype, "items": items}

    def encode_container(self, value: Any, room: int) -> Any:
        """A list, tuple or dictionary."""
        if id(value) in self.inside:
            return {"$": "loop", "type": name_type(value)}
        if len(value) > MOST_ITEMS:
            return {"$": "long", "type": name_type(value), "length": len(value)}
        if room < 4:
            return {"$": "deep", "type": name_type(value)}
        self.inside.add(id(value))
        try:
            if type(value) is list:
                return self.encode_all(value, room - 1)
            if type(value) is tuple:
                return {"$": "tuple", "items": self.encode_all(value, room - 2)}
            return self.encode_table(value, room)
        finally:
            self.inside.discard(id(value))

    def encode_table(self, value: dict[Any, Any], room: int) -> Any:
        """A dictionary."""
        items = list(dict.items(value))
        if all(type(key) is str and key != "$" and is_text(key) for key, _ in items):
            return {key: self.encode(item, room - 1) for key, item in items}
        return {"$": "dict", "items": [self.encode_all(pair, room - 3) for pair in items]}

    def encode_all(self, values: Iterable[Any], room: int) -> list[Any]:
        """Each of several values."""
        return [self.encode(value, room) for value in values]


def encode_plain(value: int | float | str) -> Any:
    """A number or text of exactly the builtin type."""
    if isinstance(value, str):
        if len(value) > MOST_CHARACTERS:
            return {"$": "long", "type": "str", "length": len(value)}
        return value if is_text(value) else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$": "nan" if value != value else "inf" if value > 0 else "-inf"}
    if abs(value) <= SAFE_INTEGER:
        return value
    digits = str(value) if value.bit_length() < 3 * MOST_DIGITS else None
    return {"$": "int", "type": "int", "digits": digits}


def is_text(value: str) -> bool:
    """Whether text can be written as UTF-8: it has no lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def name_type(value: Any) -> str:
    """A type's name with its module, builtin ones without."""
    kind = type(value)
    module, name = (type.__getattribute__(kind, part) for part in ("__module__", "__qualname__"))
    name = name if not isinstance(module, str) or module == "builtins" else f"{module}.{name}"
    return name[:100].encode("utf-8", "replace").decode()
