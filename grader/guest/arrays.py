"""Arrays as bytes: safetensors written by hand, digests of single tensors, samples. numpy only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .protocol import tensor_digest

__all__ = [
    "Array",
    "Exact",
    "export_array",
    "make_exact",
    "pack_arrays",
    "read_numbers",
    "sample_evenly",
    "shape_bytes",
]

Array = npt.NDArray[Any]

WORDS = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "int64": "I64",
    "int32": "I32",
    "int16": "I16",
    "int8": "I8",
    "uint64": "U64",
    "uint32": "U32",
    "uint16": "U16",
    "uint8": "U8",
    "bool": "BOOL",
    "complex64": "C64",
    "complex128": "C128",
}
EXPORTED = ("float64", "float32", "float16", "int64", "int32", "uint8", "bool")
WIDENED = {"int8": "int32", "int16": "int32", "uint16": "int32", "uint32": "int64"}
MOST_AXES = 8


@dataclass(frozen=True)
class Exact:
    """One tensor, byte for byte: safetensors' word for its type, its shape, its bytes, little-endian and contiguous."""

    dtype: str
    shape: tuple[int, ...]
    content: memoryview

    @property
    def digest(self) -> str:
        """Its name by content."""
        return tensor_digest(self.dtype, self.shape, self.content)


def make_exact(array: Array, *, dtype: str | None = None) -> Exact:
    """An array as exact bytes. `dtype` overrides the word where numpy has no such type (bfloat16 comes as uint16).

    Raises:
        TypeError: safetensors has no word for the array's type.
    """
    if dtype is None and array.dtype.name not in WORDS:
        raise TypeError(f"an array of {array.dtype} can't be told byte for byte")
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    flat = np.ascontiguousarray(little).reshape(-1)
    return Exact(dtype or WORDS[array.dtype.name], array.shape, flat.view(np.uint8).data)


def export_array(array: Array) -> Array | None:
    """The array in a type that may leave, values unchanged; None where there is none, or it has too many axes."""
    if array.ndim > MOST_AXES:
        return None
    name = array.dtype.name
    if name == "uint64":
        return array.astype(np.int64) if not array.size or array.max() <= np.iinfo(np.int64).max else None
    if name not in EXPORTED and array.dtype.kind == "f":
        return array.astype(np.float64)
    name = WIDENED.get(name, name)
    if name not in EXPORTED:
        return None
    return np.ascontiguousarray(array, dtype=np.dtype(name).newbyteorder("<")).reshape(array.shape)


def read_numbers(value: Any) -> Array | None:
    """An array of numbers or truth values, from numpy or Python, lists of them too; or None."""
    if not isinstance(value, (np.ndarray, np.generic, bool, int, float, list, tuple)):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return None
    return array if array.dtype.kind in "biuf" else None


def pack_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Arrays as safetensors, in the order given.

    Each has a type of `EXPORTED`: arrays that come from `export_array` do.
    """
    header: dict[str, Any] = {}
    parts: list[bytes | memoryview] = []
    end = 0
    for name, array in arrays.items():
        exact = make_exact(array)
        begin, end = end, end + len(exact.content)
        header[name] = {"dtype": exact.dtype, "shape": list(exact.shape), "data_offsets": [begin, end]}
        parts.append(exact.content)
    written = json.dumps(header, separators=(",", ":")).encode()
    written += b" " * (-len(written) % 8)
    return b"".join([len(written).to_bytes(8, "little"), written, *parts])


def shape_bytes(array: Array) -> int:
    """What an array costs in a frame, its part of the header included, roughly."""
    return int(array.nbytes) + 256


def sample_evenly(array: Array, most: int) -> Array:
    """At most `most` elements of an array as float32 [k], evenly spread, the first and the last among them."""
    flat = array.reshape(-1)
    chosen = np.unique(np.linspace(0, max(0, flat.size - 1), num=min(most, flat.size)).round().astype(np.int64))
    return flat[chosen].astype(np.float32)
