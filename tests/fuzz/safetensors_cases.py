"""Tensor files: sound ones, headers changed as trees, as text and as bytes, and lengths that lie."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors

from grader.errors import EvidenceError
from grader.evidence.model import Array
from grader.evidence.safetensors_header import read_tensors
from grader.guest.protocol import NAME
from grader.limits import EvidenceLimits
from tests.fuzz.dice import NUMBERS, Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import TAKEN, Target, check_words
from tests.fuzz.trees import mutate_json

__all__ = ["SAFETENSORS", "check_arrays", "make_file"]

LIMITS = EvidenceLimits(header_bytes=6_000, tensors=12, rank=4)
ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
WORDS: tuple[Any, ...] = (
    *(
        "dtype",
        "shape",
        "data_offsets",
        "__metadata__",
        "F32",
        "BF16",
        "BOOL",
        "I8",
        "U16",
        "F8_E4M3",
        "C64",
        "f32",
        "w",
    ),
    *(0, 1, 2**40, 2**63, [], [0], [1, 1, 1, 1], [1, 1, 1, 1, 1], [2**53], [2**53, 0], [1.0], [True], [-1], [0, 0], {}),
    *({"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}, {"format": "pt"}, {"a": 1}, [0, 2**53], [8, 0]),
)
NAMES = ("w", "b", "layer.0.weight", "a-b", "A" * 128, "A" * 129, "__metadata__", "", "é", "a b", "a/b")
DTYPES = tuple(ITEM_BYTES)


def make_file(dice: Dice, names: tuple[str, ...] = NAMES) -> bytes:
    """One tensor file."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}} if dice.chance(0.1) else {}
    data = b""
    for number in range(dice.pick((0, 1, 1, 2, 3)) if dice.chance(0.98) else 15):
        dtype = dice.pick(DTYPES)
        shape = [dice.pick((0, 1, 2, 3)) for _ in range(dice.pick((0, 1, 1, 2, 4)))]
        size = math.prod(shape) * ITEM_BYTES[dtype]
        name = dice.pick(names) if dice.chance(0.1) else f"{dice.pick(names[:4])}.{number}"
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        is_odd = dtype == "BOOL" and dice.chance(0.1)
        data += b"\2" * size if is_odd else bytes(size)
    text = mutate_json(dice, header, WORDS, most=dice.pick((0, 1, 1, 2))).encode("utf-8", "surrogatepass")
    text += b" " * (-len(text) % 8 if dice.chance(0.9) else dice.whole(0, 20))
    if dice.chance(0.005):
        text += b" " * 10_000
    length = len(text) if dice.chance(0.95) else dice.pick(NUMBERS) % 2**64
    data = data if dice.chance(0.95) else dice.pick((data[:-1], data + b"\0", b"", data * 2))
    return length.to_bytes(8, "little") + text + data


def make(dice: Dice) -> bytes:
    """One tensor file, or bytes that were one."""
    content = make_file(dice)
    return mutate_bytes(dice, content, (b'"F32"', b"{", b"}", b"\\u0041", b"9" * 17)) if dice.chance(0.25) else content


def check_arrays(arrays: dict[str, Array], size: int) -> None:
    """What every reader of arrays relies on."""
    for name, array in arrays.items():
        assert NAME.fullmatch(name)
        assert type(array) is np.ndarray
        assert array.dtype.isnative
        assert array.dtype.kind in "fiub"
        assert array.flags.owndata or array.base is None or array.base.flags.owndata
        assert array.flags.writeable
    assert sum(array.nbytes for array in arrays.values()) <= size


def read(content: bytes) -> str:
    """Read as evidence; what is taken is what the format's own library sees."""
    try:
        arrays = read_tensors(content, limits=LIMITS)
    except EvidenceError as error:
        return check_words(error)
    check_arrays(arrays, len(content))
    assert len(arrays) <= LIMITS.tensors
    read_library: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize
    theirs = {name: (tuple(entry["shape"]), bytes(entry["data"])) for name, entry in read_library(content)}
    assert theirs == {name: (array.shape, array.tobytes()) for name, array in arrays.items()}
    return TAKEN


REACHES = frozenset(
    (
        *("taken", "bool", "header", "header_coverage", "header_dtype", "header_entry", "header_length"),
        *("header_metadata", "header_name", "header_offsets", "header_shape", "header_tensors", "header_text"),
        *("json_depth", "json_duplicate", "json_number", "json_syntax"),
    )
)
SAFETENSORS = Target(name="safetensors", make=make, read=read, reaches=REACHES)
