"""Values as bytes, between the batch's own machine and the nodes: no pickle, and nothing but what the type names.

A value is a dataclass of plain values: text, numbers, bytes, dates, enums, tuples, mappings with text for keys, and
further dataclasses. Packed it is four bytes (the length of what follows), JSON, and after that the byte strings one
after the other. In the JSON a list is a list, a mapping `{"map": [[key, value], …]}` and a byte string
`{"bytes": length}`: so a student's text can't be taken for any of these. Reading checks every field against its type.

    Ray pickles what it sends. It is given these bytes, so of what a student wrote or computed nothing is ever an
    object in a pickle.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from grader.errors import SandboxError
from grader.limits import MIB

__all__ = ["pack_value", "unpack_value"]

ValueT = TypeVar("ValueT")

_LENGTH = struct.Struct(">I")
_MOST_HEADER_BYTES = 256 * MIB
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def pack_value(value: object) -> bytes:
    """The bytes of a dataclass of plain values.

    Raises:
        TypeError: there is something else in it.
    """
    blobs: list[bytes] = []
    plain = flatten(find_adapter(type(value)).dump_python(value), blobs)
    header = json.dumps(plain, separators=(",", ":"), allow_nan=False).encode("ascii")
    return b"".join((_LENGTH.pack(len(header)), header, *blobs))


def unpack_value(kind: type[ValueT], packed: bytes) -> ValueT:
    """The value.

    Raises:
        SandboxError: these bytes aren't one of this type: what sent them isn't this version of the grader.
    """
    try:
        (length,) = _LENGTH.unpack_from(packed)
        if length > min(_MOST_HEADER_BYTES, len(packed) - _LENGTH.size):
            raise ValueError("it is cut short")
        body = memoryview(packed)[_LENGTH.size :]
        blobs = Blobs(body[length:])
        value = rebuild(json.loads(bytes(body[:length])), blobs)
        blobs.check_end()
        checked: ValueT = find_adapter(kind).validate_python(value)
        return checked
    except (ValueError, TypeError, KeyError, struct.error, RecursionError) as error:
        found = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise SandboxError(f"bytes from another machine are no {kind.__name__}", details=(found[:200],)) from error


def find_adapter(kind: Any) -> TypeAdapter[Any]:
    """What takes a type's values apart and checks them: made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def flatten(value: object, blobs: list[bytes]) -> Any:
    """A value as JSON; its byte strings are added to `blobs`."""
    match value:
        case Enum():
            return flatten(value.value, blobs)
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            blobs.append(value)
            return {"bytes": len(value)}
        case datetime() | date():
            return value.isoformat()
        case Decimal() | PurePath():
            return str(value)
        case Mapping():
            return {"map": [[check_key(key), flatten(item, blobs)] for key, item in value.items()]}
        case tuple() | list() | set() | frozenset():
            return [flatten(item, blobs) for item in value]
    raise TypeError(f"a {type(value).__name__} can't be sent to another machine")


def check_key(key: object) -> str:
    """A mapping's key."""
    if not isinstance(key, str):
        raise TypeError(f"a mapping's key must be text, not {type(key).__name__}")
    return key


class Blobs:
    """The byte strings behind the JSON, in order."""

    def __init__(self, view: memoryview) -> None:
        self._view = view

    def take(self, length: int) -> bytes:
        """The next one."""
        if not isinstance(length, int) or not 0 <= length <= len(self._view):
            raise ValueError("it is cut short")
        taken, self._view = bytes(self._view[:length]), self._view[length:]
        return taken

    def check_end(self) -> None:
        """There is no more than was named."""
        if len(self._view):
            raise ValueError("it is longer than it says")


def rebuild(plain: Any, blobs: Blobs) -> Any:
    """The opposite of `flatten`, without the types."""
    if isinstance(plain, list):
        return [rebuild(item, blobs) for item in plain]
    if not isinstance(plain, dict):
        return plain
    [(form, inner)] = plain.items()
    if form == "bytes":
        return blobs.take(inner)
    if form != "map":
        raise ValueError(f"unknown form {form!r}")
    return dict(read_pairs(inner, blobs))


def read_pairs(pairs: Any, blobs: Blobs) -> Iterator[tuple[str, Any]]:
    """The keys and values of a mapping."""
    for key, item in pairs:
        yield check_key(key), rebuild(item, blobs)
