"""JSON as hostile bytes: small, shallow, no duplicate keys, no NaN, integers that any reader holds exactly, whole text.

A document is looked at before it is parsed, so that no parser sees one that is too large or too deep.
"""

import json
import math
import re
from typing import Any

from grader.errors import EvidenceError

__all__ = ["parse_json"]

LARGEST_INTEGER = 2**53
MOST_DIGITS = 16
# What can hold a bracket that doesn't nest: a string. One that never ends is taken to the end, so that no two searches
# go over the same bytes: the whole look stays linear, whatever the quotes.
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
NOT_A_BRACKET = re.compile(rb"[^\[\]{}]+")


def parse_json(content: bytes, *, most_bytes: int, most_depth: int) -> Any:
    """The value of a JSON document.

    Raises:
        EvidenceError: it breaks one of the rules; `code` says which.
    """
    if len(content) > most_bytes:
        raise EvidenceError(f"JSON of {len(content)} bytes; at most {most_bytes} are read", code="json_size")
    check_depth(content, most_depth)
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=read_object,
            parse_constant=refuse_constant,
            parse_int=read_integer,
            parse_float=read_float,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # an escaped lone surrogate parses, but is no text
    except UnicodeError as error:
        raise EvidenceError("JSON that isn't UTF-8 text", code="json_text") from error
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"not JSON: {str(error)[:200]}", code="json_syntax") from error
    return value


def check_depth(content: bytes, most_depth: int) -> None:
    """Count brackets outside strings, before any parser recurses over them."""
    depth = 0
    for bracket in NOT_A_BRACKET.sub(b"", STRING.sub(b"", content)):
        depth += 1 if bracket in b"[{" else -1
        if depth < 0:
            raise EvidenceError("not JSON: a bracket closed that was never opened", code="json_syntax")
        if depth > most_depth:
            raise EvidenceError(f"JSON nested deeper than {most_depth}", code="json_depth")


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object none of whose keys occurs twice."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise EvidenceError("a JSON object with a key twice", code="json_duplicate")
    return value


def refuse_constant(name: str) -> Any:
    """NaN and the infinities are Python's idea, not JSON's."""
    raise EvidenceError(f"{name} in JSON", code="json_number")


def read_integer(digits: str) -> int:
    """An integer within 2^53: what lies beyond is another number to many readers, and so is a zero with a sign."""
    if digits == "-0":
        raise EvidenceError("a zero with a sign in JSON", code="json_number")
    if len(digits.lstrip("-")) > MOST_DIGITS or abs(int(digits)) > LARGEST_INTEGER:
        raise EvidenceError("an integer beyond 2^53 in JSON", code="json_number")
    return int(digits)


def read_float(digits: str) -> float:
    """A finite number: 1e999 would be infinity."""
    value = float(digits)
    if not math.isfinite(value):
        raise EvidenceError("a number too large in JSON", code="json_number")
    return value
