"""Points as otter-grader shares them out among a question's tests, as exact decimals with at most two places."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

__all__ = ["share_points"]

CENT = Decimal("0.01")


def share_points(question: Any, tests: Sequence[Any]) -> tuple[Decimal, list[Decimal]]:
    """A question's points, and those of each of its tests, which add up to them.

    `question` is a number, a list (one a test), a table {"each": number}, or None; a test's points a number or None.
    What a test doesn't say it gets from the question's, in equal parts; where the question says nothing either, a
    question without any points is worth 1, and in one with some the others are worth nothing.
    """
    if isinstance(question, list):
        wanted = [read_number(value) for value in [*question, *([None] * len(tests))][: len(tests)]]
    elif isinstance(question, dict):
        wanted = [read_number(question.get("each"))] * len(tests)
    else:
        wanted = [read_number(value) for value in tests]
    total = read_number(question)
    if not tests:
        return (total if total is not None else Decimal(1)), []
    known = sum((points for points in wanted if points is not None), Decimal(0))
    silent = sum(points is None for points in wanted)
    if total is None:
        total = known if silent < len(wanted) else Decimal(1)
    left = max(total - known, Decimal(0))
    parts = split_evenly(left, silent)
    each = [points if points is not None else parts.pop(0) for points in wanted]
    return sum(each, Decimal(0)), each


def split_evenly(whole: Decimal, parts: int) -> list[Decimal]:
    """So many parts that add up to the whole: equal but for cents, which the last ones have."""
    if not parts:
        return []
    each = (whole / parts).quantize(CENT, rounding=ROUND_DOWN)
    over = int((whole - each * parts) / CENT)
    return [each + (CENT if number >= parts - over else 0) for number in range(parts)]


def read_number(value: Any) -> Decimal | None:
    """A number of points, with at most two places."""
    if value is None or isinstance(value, bool | list | dict):
        return None
    try:
        points = Decimal(str(value))
    except InvalidOperation:
        return None
    return points.quantize(CENT) if points.is_finite() and points >= 0 else None
