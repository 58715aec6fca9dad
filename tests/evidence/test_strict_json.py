"""JSON is read by rules that no hostile document gets around, in bounded time and memory."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import EvidenceError
from grader.evidence.strict_json import parse_json

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab[]{}"\\', max_size=4), inner, max_size=4),
    max_leaves=12,
)


def parse(content: bytes) -> Any:
    return parse_json(content, most_bytes=262_144, most_depth=16)


@given(VALUES, st.booleans())
def test_reads_what_json_holds(value: Any, ascii_only: bool) -> None:
    """A document within the rules comes back as it was, types and all."""
    content = json.dumps(value, ensure_ascii=ascii_only).encode()

    assert repr(parse(content)) == repr(value)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_or_refused(content: bytes) -> None:
    """Any bytes give a value or our refusal, and nothing else."""
    try:
        value = parse(content)
    except EvidenceError:
        return

    assert json.dumps(value, allow_nan=False, ensure_ascii=False).encode()


@given(st.text(alphabet='[]{}",:\\0aeE+-.u ', max_size=60))
def test_texts_like_json_are_read_or_refused(text: str) -> None:
    """Text made of JSON's own characters gives a value or our refusal, and nothing else."""
    try:
        value = parse(text.encode())
    except EvidenceError:
        return

    assert value == json.loads(text)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "json_syntax"),
        (b"{", "json_syntax"),
        (b"]", "json_syntax"),
        (b"[] []", "json_syntax"),
        (b'{"a": 1, "a": 1}', "json_duplicate"),
        (b'{"a": 1, "\\u0061": 2}', "json_duplicate"),
        (b"[NaN]", "json_number"),
        (b"[Infinity]", "json_number"),
        (b"[-Infinity]", "json_number"),
        (b"1e999", "json_number"),
        (b"9007199254740993", "json_number"),
        (b"-9007199254740993", "json_number"),
        (b"1" * 200_000, "json_number"),
        (b'"\\ud800"', "json_text"),
        (b'{"\\udfff": 1}', "json_text"),
        (b'"\xff"', "json_text"),
        (b"\xef\xbb\xbf[]", "json_syntax"),
        (b'"a\nb"', "json_syntax"),
        (b"[" * 17 + b"]" * 17, "json_depth"),
        (b"[" * 200_000, "json_depth"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, "json_depth"),
        (b'"' + b" " * 262_144, "json_size"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else value,
)
def test_refuses(content: bytes, code: str) -> None:
    """Each rule has a code of its own."""
    with pytest.raises(EvidenceError) as refusal:
        parse(content)

    assert refusal.value.code == code


def test_depth_counts_no_brackets_in_text() -> None:
    """Brackets in text nest nothing, escaped quotes before them or not."""
    value = ["[" * 500, "\\", '"{{{{{{{{{{{{{{{{{{{{"', "[" * 20]

    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("unit", [b'"', b'\\"', b'"\\', b'"["', b"\\"], ids=repr)
def test_looks_at_quotes_once(unit: bytes) -> None:
    """A document of nothing but quotes and backslashes is refused after one look, not after one for each quote."""
    with pytest.raises(EvidenceError):
        parse(unit * (262_144 // len(unit)))


def test_keeps_whole_numbers_and_floats_apart() -> None:
    """5130 and 5130.0 come out as what they are, and so does -0.0."""
    whole, number, zero = parse(b"[5130, 5130.0, -0.0]")

    assert type(whole) is int
    assert type(number) is float
    assert math.copysign(1, zero) == -1
