"""Tensor files are read by rules that no hostile header gets around."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from grader.errors import EvidenceError
from grader.evidence.safetensors_header import read_header, read_tensors
from grader.limits import EvidenceLimits
from tests.evidence.building import encode, entry, pack_arrays, pack_header

LIMITS = EvidenceLimits()
RIGHT = pack_arrays(
    {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b.weight": np.array([True, False, True]),
        "c_1": np.array(7, np.int64),
        "none": np.zeros((0, 5), np.float64),
    }
)


def refuse(content: bytes) -> str:
    with pytest.raises(EvidenceError) as refusal:
        read_tensors(content, limits=LIMITS)
    return refusal.value.code


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "uint8", "bool"])
def test_reads_what_the_library_writes(dtype: str) -> None:
    """Every type that may cross comes back equal, native, writable and on its own, from the library's own files."""
    arrays = {
        "matrix": np.arange(6).reshape(2, 3).astype(dtype),
        "scalar": np.array(1).astype(dtype),
        "none": np.zeros((3, 0)).astype(dtype),
    }

    read = read_tensors(save(arrays, metadata={"format": "np"}), limits=LIMITS)

    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        assert read[name].shape == array.shape
        assert (read[name] == array).all()
        assert read[name].flags.writeable
        assert not np.may_share_memory(read[name], array)


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_read(content: bytes) -> None:
    """Any bytes give arrays or our refusal, and nothing else."""
    try:
        arrays = read_tensors(content, limits=LIMITS)
    except EvidenceError:
        return

    assert sum(array.nbytes for array in arrays.values()) <= len(content)


@given(st.lists(st.tuples(st.integers(0, len(RIGHT) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_are_refused_or_read(changes: list[tuple[int, int]]) -> None:
    """A right file with some bytes changed gives arrays within its own size, or our refusal."""
    content = bytearray(RIGHT)
    for place, value in changes:
        content[place] = value
    try:
        arrays = read_tensors(bytes(content), limits=LIMITS)
    except EvidenceError:
        return

    assert sum(array.nbytes for array in arrays.values()) <= len(RIGHT)
    assert all(array.ndim <= LIMITS.rank for array in arrays.values())


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.sampled_from(["F32", "U8", "BOOL", "x", ""]) | st.floats(0, 2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"dtype": inner, "shape": inner, "data_offsets": inner})
        | st.dictionaries(st.sampled_from(["a", "b", "__metadata__", "dtype", "é", "a b"]), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(JSONS, st.binary(max_size=24))
def test_any_header_is_refused_or_read(header: Any, data: bytes) -> None:
    """Any JSON for a header gives arrays that cover exactly the bytes behind it, or our refusal."""
    try:
        arrays = read_tensors(pack_header(header, data), limits=LIMITS)
    except EvidenceError:
        return

    assert sum(array.nbytes for array in arrays.values()) == len(data)


ENTRY = encode(entry())
HOSTILE: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "header_length"),
    ("seven bytes", b"\0" * 7, "header_length"),
    ("a length beyond the file", (100).to_bytes(8, "little") + b"{}", "header_length"),
    ("a length of 2^64 - 1", b"\xff" * 8 + b"{}", "header_length"),
    ("a header of 97 MB", pack_header(b"{" + b" " * 97_000_000 + b"}"), "header_length"),
    ("a header of one byte too many", pack_header(b"{" + b" " * (2**20 - 1) + b"}"), "header_length"),
    ("an empty header", pack_header(b""), "json_syntax"),
    ("a list", pack_header([]), "header"),
    ("null", pack_header(None), "header"),
    ("deep", pack_header(b'{"a":' * 200_000), "json_depth"),
    (
        "a name twice",
        pack_header(b'{"a":%b,"a":%b}' % ((ENTRY,) * 2), b"\0" * 8),
        "json_duplicate",
    ),
    ("an escaped name", pack_header(b'{"\\u0061":%b}' % ENTRY, b"\0" * 8), "header_text"),
    ("a name beyond ASCII", pack_header('{"ä":{}}'.encode()), "header_text"),
    ("a name with a slash", pack_header({"../a": entry()}, b"\0" * 8), "header_name"),
    ("a name with a newline", pack_header(b'{"a\n":{}}'), "json_syntax"),
    ("no name", pack_header({"": entry()}, b"\0" * 8), "header_name"),
    ("a long name", pack_header({"a" * 129: entry()}, b"\0" * 8), "header_name"),
    ("no shape", pack_header({"a": {"dtype": "F32", "data_offsets": [0, 0]}}), "header_entry"),
    ("one key more", pack_header({"a": {**entry(), "x": 1}}, b"\0" * 8), "header_entry"),
    ("an entry that is a list", pack_header({"a": [1]}), "header_entry"),
    ("BF16", pack_header({"a": entry("BF16", (4,))}, b"\0" * 8), "header_dtype"),
    ("a type that is a list", pack_header({"a": entry(["F32"])}, b"\0" * 8), "header_dtype"),
    ("a type that is a number", pack_header({"a": entry(4)}, b"\0" * 8), "header_dtype"),
    ("a rank of nine", pack_header({"a": entry("F32", (1,) * 8 + (2,))}, b"\0" * 8), "header_shape"),
    ("a rank of 100,000", pack_header({"a": entry("F32", (1,) * 100_000 + (2,))}, b"\0" * 8), "header_shape"),
    ("a dimension of -1", pack_header({"a": entry("F32", (-1, -2))}, b"\0" * 8), "header_shape"),
    ("a dimension of 2^63", pack_header({"a": entry("F32", (2**63,))}, b"\0" * 8), "json_number"),
    ("a dimension of 2^53", pack_header({"a": entry("F32", (2**53,))}, b"\0" * 8), "header_shape"),
    ("no elements, huge dimensions", pack_header({"a": entry("F32", (0, 2**52, 2**52), (0, 0))}), "header_shape"),
    ("a product that wraps to 2", pack_header({"a": entry("F32", (2**32, 2**32, 2))}, b"\0" * 8), "header_shape"),
    ("a dimension of 2.0", pack_header({"a": entry("F32", (2.0,))}, b"\0" * 8), "header_shape"),
    ("a dimension of true", pack_header({"a": entry("F32", (True, 2))}, b"\0" * 8), "header_shape"),
    ("a shape that is a word", pack_header({"a": {**entry(), "shape": "2"}}, b"\0" * 8), "header_shape"),
    ("three offsets", pack_header({"a": entry(offsets=(0, 8, 8))}, b"\0" * 8), "header_offsets"),
    ("offsets backwards", pack_header({"a": entry(offsets=(8, 0))}, b"\0" * 8), "header_offsets"),
    ("negative offsets", pack_header({"a": entry(offsets=(-8, 0))}, b"\0" * 8), "header_offsets"),
    ("offsets that don't fit", pack_header({"a": entry(offsets=(0, 7))}, b"\0" * 8), "header_offsets"),
    ("offsets beyond the file", pack_header({"a": entry(offsets=(0, 8))}, b"\0" * 7), "header_coverage"),
    ("a gap", pack_header({"a": entry(), "b": entry(offsets=(9, 17))}, b"\0" * 17), "header_coverage"),
    ("an overlap", pack_header({"a": entry(), "b": entry(offsets=(4, 12))}, b"\0" * 12), "header_coverage"),
    ("two tensors of one place", pack_header({"a": entry(), "b": entry()}, b"\0" * 8), "header_coverage"),
    ("bytes at the end", pack_header({"a": entry()}, b"\0" * 9), "header_coverage"),
    ("bytes and no tensor", pack_header({}, b"\0"), "header_coverage"),
    ("metadata that nests", pack_header({"__metadata__": {"a": {}}}), "header_metadata"),
    ("metadata that is a list", pack_header({"__metadata__": []}), "header_metadata"),
    ("a truth value of 2", pack_header({"a": entry("BOOL", (1,), (0, 1))}, b"\2"), "bool"),
    ("a truth value of 255", pack_header({"a": entry("BOOL", (2,), (0, 2))}, b"\1\xff"), "bool"),
    ("4,097 tensors", pack_header({f"t{n}": entry("U8", (0,), (0, 0)) for n in range(4_097)}), "header_tensors"),
]


@pytest.mark.parametrize(("content", "code"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_refuses(content: bytes, code: str) -> None:
    """Each hostile file is refused by the rule that it breaks."""
    assert refuse(content) == code


def test_the_caps_themselves_are_taken() -> None:
    """4,096 tensors, rank eight and a name of 128 characters are within the rules."""
    header = {f"t{number}": entry("U8", (0,), (0, 0)) for number in range(4_095)}
    header["n" * 128] = entry("U8", (1,) * 8, (0, 1))

    entries = read_header(pack_header(header, b"\7"), limits=LIMITS)

    assert len(entries) == 4_096
    assert max(len(item.shape) for item in entries) == 8


def test_nan_crosses() -> None:
    """NaN and infinity are values like others here; what they are worth is for the checks."""
    array = np.array([np.nan, np.inf, 1], np.float32)

    assert np.isnan(read_tensors(pack_arrays({"a": array}), limits=LIMITS)["a"][0])
