"""Answers cross by exact type."""

import json
from collections import Counter, OrderedDict
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.guest.answers import encode_answer
from grader.guest.torch_models import TorchFramework

READ = TorchFramework().read_array


class Always(int):
    """Is equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Level(IntEnum):
    """An enumeration."""

    LOW = 1


class Masked:
    """Claims to be an integer."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return int


@pytest.mark.parametrize("value", [None, True, 0, -3, 2**53, 0.5, "", "good fit", [], [1, [2.0]], {"a": [None]}])
def test_data_crosses_as_it_is(value: Any) -> None:
    """What JSON has is left alone."""
    encoded = encode_answer(value)

    assert encoded == value
    assert type(encoded) is type(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (np.int64(5130), 5130),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array(7), 7),
        (torch.tensor(7), 7),
        (torch.tensor(0.5, requires_grad=True), 0.5),
        (torch.tensor(True), True),
        (np.str_("good fit"), "good fit"),
    ],
)
def test_scalars_of_libraries_count_as_pythons(value: Any, number: Any) -> None:
    """A count as a numpy integer or a tensor without axes is a right answer."""
    encoded = encode_answer([value], READ)

    assert encoded == [number]
    assert type(encoded[0]) is type(number)


@pytest.mark.parametrize(
    ("value", "marker"),
    [
        (float("nan"), {"$": "nan"}),
        (float("-inf"), {"$": "-inf"}),
        (torch.tensor(float("inf")), {"$": "inf"}),
        ((1, 2), {"$": "tuple", "items": [1, 2]}),
        ({1: "a"}, {"$": "dict", "items": [[1, "a"]]}),
        ({"$": "nan"}, {"$": "dict", "items": [["$", "nan"]]}),
        (2**53 + 1, {"$": "int", "type": "int", "digits": "9007199254740993"}),
        (10**500, {"$": "int", "type": "int", "digits": None}),
        (Always(3), {"$": "subclass", "type": f"{__name__}.Always", "of": "int"}),
        (Level.LOW, {"$": "subclass", "type": f"{__name__}.Level", "of": "int"}),
        (Masked(), {"$": "object", "type": f"{__name__}.Masked"}),
        ({1, 2}, {"$": "object", "type": "set"}),
        (len, {"$": "object", "type": "builtin_function_or_method"}),
        (1j, {"$": "object", "type": "complex"}),
        (torch.ones(2), {"$": "array", "type": "torch.Tensor", "shape": [2], "dtype": "F32", "items": [1.0, 1.0]}),
        (np.zeros(1001), {"$": "array", "type": "numpy.ndarray", "shape": [1001], "dtype": "F64", "items": None}),
        ([0] * 10_001, {"$": "long", "type": "list", "length": 10_001}),
        ("x" * 100_001, {"$": "long", "type": "str", "length": 100_001}),
    ],
)
def test_what_json_has_not_crosses_as_a_marker(value: Any, marker: Any) -> None:
    """Each says what it was; no method of it is called."""
    assert encode_answer(value, READ) == marker


def test_tables_of_the_standard_library_are_dictionaries() -> None:
    """An ordered dictionary or a counter is what it holds."""
    assert encode_answer(OrderedDict(a=1)) == {"a": 1}
    assert encode_answer(Counter("aa")) == {"a": 2}


def test_what_contains_itself_ends() -> None:
    """A list in itself is told; a list that stands twice is not one."""
    loop: list[Any] = [1]
    loop.append(loop)
    twice = [0]

    assert encode_answer(loop) == [1, {"$": "loop", "type": "list"}]
    assert encode_answer([twice, twice]) == [[0], [0]]


def test_the_whole_stays_below_its_limit() -> None:
    """Many long texts become one marker."""
    encoded = encode_answer(["x" * 50_000] * 9)

    assert encoded["$"] == "long"
    assert encoded["type"] == "list"


def test_a_lone_surrogate_is_written_out() -> None:
    """Text that UTF-8 hasn't crosses as text, in a dictionary's keys too."""
    assert encode_answer(["\ud800", {"\ud800": 1}]) == ["\\ud800", {"$": "dict", "items": [["\\ud800", 1]]}]


def measure_depth(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(measure_depth, value), default=0)
    return 1 + max(map(measure_depth, value.values()), default=0) if isinstance(value, dict) else 0


ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sets(st.integers(), max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
    ),
    max_leaves=30,
)


def nest(value: Any, depth: int) -> Any:
    for level in range(depth):
        value = ([value], (value,), {"a": value}, {1: value})[level % 4]
    return value


@given(ANYTHING, st.integers(0, 40))
def test_everything_becomes_json_that_the_host_takes(value: Any, depth: int) -> None:
    """No NaN, no more than 16 levels inside a record, integers that every reader holds."""
    encoded = encode_answer(nest(value, depth))
    written = json.dumps({"value": encoded}, allow_nan=False)

    assert len(written) <= 256 << 10
    assert measure_depth({"value": encoded}) <= 16
    written.encode()
