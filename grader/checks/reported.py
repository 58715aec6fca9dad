"""Numbers that a student's function returned, one or one for each epoch, read with care."""

import math
from typing import Any

from grader.checks.comparison import name_type, unwrap
from grader.checks.records import Stop
from grader.checks.result import fail, mismatch

__all__ = ["check_length", "read_number", "read_series"]


def read_number(value: Any, position: int = 1) -> float:
    """A finite number; True is none.

    Raises:
        Stop: it is none, or not finite. `position` counts from 1.
    """
    value = unwrap(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Stop(fail("not_a_number", position=position, actual=name_type(value)))
    try:
        number = float(value)
    except OverflowError:  # an integer of hundreds of digits: no float holds it
        number = math.inf
    if not math.isfinite(number):
        raise Stop(fail("number_not_finite", position=position))
    return number


def read_series(value: Any, key: str = "") -> list[float]:
    """A list of finite numbers; with `key`, the numbers under that key in a list of tables.

    Raises:
        Stop: it isn't one.
    """
    value = unwrap(value)
    if not isinstance(value, list):
        raise Stop(fail("not_a_list", actual=name_type(value)))
    return [read_number(pick(item, key, position), position) for position, item in enumerate(value, 1)]


def pick(item: Any, key: str, position: int) -> Any:
    """The value under a key, or the item itself where no key is asked for."""
    if not key:
        return item
    if not isinstance(item, dict) or key not in item:
        extra = sorted(map(str, item))[:10] if isinstance(item, dict) else [name_type(item)]
        raise Stop(fail("keys_differ", position=position, missing=[key], extra=extra))
    return item[key]


def check_length(expected: int, actual: int) -> None:
    """As many items as there were epochs.

    Raises:
        Stop: more or fewer.
    """
    if actual != expected:
        raise Stop(mismatch("length_differs", expected=expected, actual=actual))
