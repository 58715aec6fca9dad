"""Safetensors as hostile bytes: a strict look at the header, then arrays made of the plain bytes behind it.

The format is safe from running code, but not from using up memory and time: a legal header can hold 97 MB, a rank of
100,000 and a dimension of 2^63, and readers take duplicate keys. Nothing here calls a library for it.

Layout (huggingface/safetensors, README): 8 bytes little-endian length, a JSON object `name -> {dtype, shape,
data_offsets}`, the tensors' bytes. The offsets must cover those bytes exactly, without gap or overlap.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.errors import EvidenceError
from grader.evidence.model import Array
from grader.evidence.strict_json import parse_json
from grader.guest.protocol import NAME
from grader.limits import EvidenceLimits

__all__ = ["TensorEntry", "read_header", "read_tensors"]

LENGTH_BYTES = 8
HEADER_DEPTH = 3
MOST_ELEMENTS = 2**40
DTYPES: Mapping[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("u1"),
}


@dataclass(frozen=True, kw_only=True)
class TensorEntry:
    """One line of the header; `begin` and `end` count from the first byte of the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def read_tensors(content: bytes, *, limits: EvidenceLimits) -> dict[str, Array]:
    """The arrays of a safetensors file by name: copies, native byte order.

    Raises:
        EvidenceError: it breaks one of the rules; `code` says which.
    """
    return {entry.name: read_array(content, entry) for entry in read_header(content, limits=limits)}


def read_header(content: bytes, *, limits: EvidenceLimits) -> tuple[TensorEntry, ...]:
    """The entries of a safetensors file in the order of their bytes, all of them sound.

    Raises:
        EvidenceError: it breaks one of the rules; `code` says which.
    """
    text = cut_header(content, limits)
    table = parse_json(text, most_bytes=limits.header_bytes, most_depth=HEADER_DEPTH)
    if not isinstance(table, dict):
        raise EvidenceError("the header isn't an object", code="header")
    check_metadata(table.pop("__metadata__", {}))
    if len(table) > limits.tensors:
        raise EvidenceError(f"{len(table)} tensors; at most {limits.tensors} are read", code="header_tensors")
    start = LENGTH_BYTES + len(text)
    entries = [read_entry(name, line, start=start, limits=limits) for name, line in table.items()]
    entries.sort(key=lambda entry: (entry.begin, entry.end))
    check_coverage(entries, start=start, end=len(content))
    return tuple(entries)


def cut_header(content: bytes, limits: EvidenceLimits) -> bytes:
    """The header's bytes: plain ASCII without escapes, so that a name is what it looks like."""
    if len(content) < LENGTH_BYTES:
        raise EvidenceError(f"{len(content)} bytes can't hold a header", code="header_length")
    length = int.from_bytes(content[:LENGTH_BYTES], "little")
    if length > limits.header_bytes or length > len(content) - LENGTH_BYTES:
        raise EvidenceError(f"a header of {length} bytes in {len(content)}", code="header_length")
    text = content[LENGTH_BYTES : LENGTH_BYTES + length]
    if not text.isascii() or b"\\" in text:
        raise EvidenceError("a header with escapes or beyond ASCII", code="header_text")
    return text


def check_metadata(metadata: Any) -> None:
    """Metadata is ignored, but must be what the format says: text by text."""
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise EvidenceError("metadata that isn't a table of text", code="header_metadata")


def read_entry(name: str, line: Any, *, start: int, limits: EvidenceLimits) -> TensorEntry:
    """One tensor's entry."""
    if NAME.fullmatch(name) is None:
        raise EvidenceError(f"a tensor with the name {name[:200]!r}", code="header_name")
    if not isinstance(line, dict) or line.keys() != {"dtype", "shape", "data_offsets"}:
        raise EvidenceError(f"tensor {name!r} without exactly dtype, shape and data_offsets", code="header_entry")
    dtype, shape, offsets = line["dtype"], line["shape"], line["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise EvidenceError(f"tensor {name!r} of the type {str(dtype)[:50]!r}", code="header_dtype")
    if not is_counts(shape) or len(shape) > limits.rank:
        raise EvidenceError(f"tensor {name!r} with a shape that none has", code="header_shape")
    if not is_counts(offsets) or len(offsets) != 2:
        raise EvidenceError(f"tensor {name!r} with offsets that aren't two counts", code="header_offsets")
    # Without the zeros: a tensor of no elements mustn't bring in dimensions that numpy can't hold.
    if math.prod(size for size in shape if size) > MOST_ELEMENTS:
        raise EvidenceError(f"tensor {name!r} with too many elements", code="header_shape")
    if offsets[1] - offsets[0] != math.prod(shape) * DTYPES[dtype].itemsize:
        raise EvidenceError(f"tensor {name!r} whose bytes don't fit its shape", code="header_offsets")
    return TensorEntry(name=name, dtype=dtype, shape=tuple(shape), begin=start + offsets[0], end=start + offsets[1])


def is_counts(value: Any) -> bool:
    """Whether it is a list of integers, none negative; True is no integer here."""
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def check_coverage(entries: list[TensorEntry], *, start: int, end: int) -> None:
    """No byte belongs to two tensors or to none."""
    for entry in entries:
        if entry.begin != start:
            raise EvidenceError(f"a gap or an overlap before tensor {entry.name!r}", code="header_coverage")
        start = entry.end
    if start != end:
        raise EvidenceError("bytes behind the last tensor, or too few of them", code="header_coverage")


def read_array(content: bytes, entry: TensorEntry) -> Array:
    """One tensor as an array of its own."""
    dtype = DTYPES[entry.dtype]
    count = (entry.end - entry.begin) // dtype.itemsize
    flat = np.frombuffer(content, dtype, count, entry.begin)
    if entry.dtype == "BOOL" and flat.size and flat.max() > 1:
        raise EvidenceError(f"tensor {entry.name!r} with a truth value that is neither 0 nor 1", code="bool")
    native = np.dtype(bool) if entry.dtype == "BOOL" else dtype.newbyteorder("=")
    return flat.astype(native, copy=True).reshape(entry.shape)
