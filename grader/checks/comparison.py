"""Two encoded answers, value by value, by exact type: True is no 1, and 5130.0 is no 5130.

An answer crosses as JSON. What JSON can't hold crosses as a marker, an object with the key "$" (the recorder's
`encode_answer`).
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Difference", "find_difference", "is_unreadable", "name_type", "unwrap"]

Difference = dict[str, Any]
MARKER = "$"
LARGEST_SHOWN = 2**53
LARGEST = 10**300  # beyond it Python won't compare an integer with a float
DIGITS = re.compile(r"-?\d{1,400}")
FLOATS: Mapping[str, Any] = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
# Two right ways to compute a float differ in its last digits, in float32 too.
RELATIVE, ABSOLUTE = 1e-5, 1e-8


def find_difference(expected: Any, actual: Any) -> Difference | None:
    """The first difference between two encoded answers: its `reason` and the facts of it; None if there is none."""
    expected, actual = unwrap(expected), unwrap(actual)
    if is_unreadable(actual):
        return {"reason": "unreadable", "actual_type": name_type(actual), "actual": None}
    if actual is None and expected is not None:
        return {"reason": "nothing", "expected_type": name_type(expected), "actual": None}
    if isinstance(expected, (bool, int, float, str)) or expected is None:
        return compare_plain(expected, actual)
    if name_type(expected) != name_type(actual):
        return differ("type", expected, actual)
    if isinstance(expected, list):
        return compare_lists(expected, actual)
    return compare_tables(list_fields(expected), list_fields(actual))


def unwrap(value: Any) -> Any:
    """What a marker stands for, where that is a number or a sequence: tuples and lists are told apart by nobody."""
    if not isinstance(value, dict) or not isinstance(value.get(MARKER), str):
        return value
    kind = value[MARKER]
    if kind == "int" and isinstance(value.get("digits"), str) and DIGITS.fullmatch(value["digits"]):
        return int(value["digits"])
    if kind == "tuple" and isinstance(value.get("items"), list):
        return value["items"]
    return FLOATS.get(kind, value)


def is_unreadable(value: Any) -> bool:
    """Whether an answer is a marker for something that can't be compared."""
    value = unwrap(value)
    return isinstance(value, dict) and MARKER in value and read_pairs(value) is None and not is_array(value)


def is_array(value: Any) -> bool:
    """Whether an answer is a small array, with its numbers."""
    return isinstance(value, dict) and value.get(MARKER) == "array" and isinstance(value.get("items"), list)


def read_pairs(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of a table whose keys aren't all text; None if it is no such table."""
    items = value.get("items")
    if value.get(MARKER) != "dict" or not isinstance(items, list):
        return None
    if not all(isinstance(item, list) and len(item) == 2 for item in items):
        return None
    return {json.dumps(key, sort_keys=True): field for key, field in items}


def list_fields(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table's fields, whatever its keys; an array's shape and numbers."""
    if is_array(value):
        return {"shape": value.get("shape"), "items": value["items"]}
    pairs = read_pairs(value)
    return value if pairs is None else pairs


def name_type(value: Any) -> str:
    """The name of an answer's type, as a student knows it."""
    value = unwrap(value)
    if isinstance(value, dict) and MARKER in value:
        return str(value.get("type") or value[MARKER])[:100]
    return "None" if value is None else type(value).__name__


def differ(reason: str, expected: Any, actual: Any) -> Difference:
    """A difference of types."""
    return {
        "reason": reason,
        "expected_type": name_type(expected),
        "actual_type": name_type(actual),
        "actual": shorten(actual),
    }


def compare_plain(expected: Any, actual: Any) -> Difference | None:
    """Numbers, truth values, text, None."""
    if isinstance(actual, bool) != isinstance(expected, bool):
        return differ("boolean" if isinstance(actual, bool) else "type", expected, actual)
    if isinstance(actual, float) and not math.isfinite(actual) and isinstance(expected, (int, float)):
        same = isinstance(expected, float) and (actual == expected or (math.isnan(expected) and math.isnan(actual)))
        return None if same else {"reason": "not_finite", "actual": str(actual)}
    if isinstance(expected, float) and isinstance(actual, (int, float)):
        near = abs(actual) <= LARGEST and math.isclose(actual, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
        return None if near else {"reason": "value", "actual": shorten(actual)}
    if isinstance(expected, int) and isinstance(actual, float) and not isinstance(expected, bool):
        reason = "integral_float" if actual.is_integer() else "type"
        return differ(reason, expected, actual)
    if type(expected) is not type(actual):
        return differ("type", expected, actual)
    if expected == actual:
        return None
    spelt = isinstance(expected, str) and spell(expected) == spell(actual)
    return {"reason": "spelling" if spelt else "value", "actual": shorten(actual)}


def spell(text: str) -> str:
    """Text without what is easily written otherwise: letter case, spaces, punctuation."""
    return "".join(character for character in text.casefold() if character.isalnum())


def compare_lists(expected: list[Any], actual: list[Any]) -> Difference | None:
    """Lists, in order."""
    if len(expected) != len(actual):
        return {
            "reason": "length",
            "expected_length": len(expected),
            "actual_length": len(actual),
            "actual": shorten(actual),
        }
    differences = (find_difference(one, other) for one, other in zip(expected, actual, strict=True))
    return next((difference for difference in differences if difference is not None), None)


def compare_tables(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> Difference | None:
    """Tables, key by key."""
    if expected.keys() != actual.keys():
        missing = [key for key in expected if key not in actual]
        extra = [shorten(key) for key in actual if key not in expected]
        return {"reason": "keys", "missing": missing[:10], "extra": extra[:10], "actual": None}
    differences = (find_difference(value, actual[key]) for key, value in expected.items())
    return next((difference for difference in differences if difference is not None), None)


def shorten(value: Any) -> Any:
    """An answer short enough to show: numbers as they are, text cut, the rest by its type and length."""
    value = unwrap(value)
    if type(value) is int and abs(value) > LARGEST_SHOWN:
        return str(value)[:40] + "…"
    if isinstance(value, str):
        return value if len(value) <= 200 else value[:200] + "…"
    if isinstance(value, dict) and MARKER in value:
        return name_type(value)
    if isinstance(value, (list, dict)):
        return value if len(str(value)) <= 200 else f"{name_type(value)} of {len(value)}"
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
