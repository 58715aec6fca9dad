"""The answers of a quiz against the key, which is the reference's: what was meant counts, not how it was typed."""

import re
from collections.abc import Callable
from typing import Any

from grader.checks.comparison import is_unreadable, shorten, unwrap
from grader.checks.records import Stop, check, find_record, find_reference_record, refuse_reference
from grader.checks.result import CheckResult, Kept, fail, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["choice", "choices", "match", "number", "shape"]

Reader = Callable[[Any], Any]
NUMBER = re.compile(r"[+-]?(\d+(_\d+)*|\d{1,3}(,\d{3})+)?(\.\d+)?([eE][+-]?\d{1,3})?")
SHAPE = re.compile(r"[\[(]?\s*(\d{1,15}|None)(\s*[,x×]\s*(\d{1,15}|None))*\s*,?\s*[\])]?")
LARGEST = 2**53


@check
def choice(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """The option chosen is the key's."""
    expected, actual = read_both(student, reference, of, "choice", read_words)
    return succeed() if actual == expected else wrong_answer(student, of)


@check
def choices(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """The options chosen are the key's, in any order: all of them, and no other."""
    expected, actual = read_both(student, reference, of, "choices", read_list)
    if set(actual) == set(expected):
        return succeed()
    return wrong_answer(student, of, right=len(set(actual) & set(expected)), of_all=len(set(expected)))


@check
def number(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, tolerance: float = 0.0
) -> CheckResult:
    """A number within `tolerance` of the key's."""
    expected, actual = read_both(student, reference, of, "number", read_number)
    return succeed() if abs(actual - expected) <= tolerance else wrong_answer(student, of)


@check
def shape(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """A shape is the key's, dimension by dimension."""
    expected, actual = read_both(student, reference, of, "shape", read_shape)
    return succeed() if actual == expected else wrong_answer(student, of)


@check
def match(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """Every term stands with what the key gives it."""
    expected, actual = read_both(student, reference, of, "match", read_pairs)
    if actual == expected:
        return succeed()
    right = sum(actual.get(term) == meaning for term, meaning in expected.items())
    return wrong_answer(student, of, right=right, of_all=len(expected))


def read_both(
    student: QuestionEvidence, reference: QuestionEvidence, of: str, wanted: str, read: Reader
) -> tuple[Any, Any]:
    """The key and the answer, understood.

    Raises:
        Stop: there is no answer, or one of the two can't be understood as `wanted`.
    """
    expected = read(unwrap(find_reference_record(reference, of, "answers")["value"]))
    if expected is None:
        raise refuse_reference(of, f"not a {wanted}")
    answer = unwrap(find_record(student, of, "answers")["value"])
    if answer is None or answer == "" or answer == [] or answer == {}:
        raise Stop(fail("not_answered"))
    actual = None if is_unreadable(answer) else read(answer)
    if actual is None:
        raise Stop(fail("not_understood", actual=shorten(answer), wanted=wanted))
    return expected, actual


def wrong_answer(
    student: QuestionEvidence, of: str, *, right: int | None = None, of_all: int | None = None
) -> CheckResult:
    """The answer isn't the key's; the key stays hidden."""
    actual = shorten(student.records[of]["value"])
    return CheckResult(
        verdict=fail("wrong_answer").verdict,
        code="wrong_answer",
        actual=actual,
        facts={"actual": actual, "right": right, "of": of_all},
    )


def read_words(value: Any) -> str | None:
    """An option by its text or its number; spaces don't count."""
    if type(value) is int:
        return str(value)
    return " ".join(value.split()) if isinstance(value, str) and value.strip() else None


def read_list(value: Any) -> list[str] | None:
    """Several options; one alone may stand without its list."""
    items = [read_words(item) for item in (value if isinstance(value, list) else [value])]
    texts = [item for item in items if item is not None]
    return texts if texts and len(texts) == len(items) else None


def read_number(value: Any) -> float | int | None:
    """A number, or one that was written as text: "5,130" and "5_130" are 5130."""
    if type(value) in (int, float):
        return value if abs(value) <= LARGEST else None
    if not isinstance(value, str) or not value.strip() or len(value) > 50:
        return None
    text = value.strip()
    if NUMBER.fullmatch(text) is None or not any(character.isdigit() for character in text):
        return None
    result = float(text.replace(",", "").replace("_", ""))
    return result if abs(result) <= LARGEST else None


def read_shape(value: Any) -> list[int | None] | None:
    """A list of dimensions, or text like "(1, 1000)" and "1 x 1000"; None is the dimension that is left open."""
    if isinstance(value, str) and len(value) <= 200 and SHAPE.fullmatch(value.strip()):
        return [None if word == "None" else int(word) for word in re.findall(r"\d+|None", value)]
    if isinstance(value, list) and all(item is None or (type(item) is int and item >= 0) for item in value):
        return value
    return None


def read_pairs(value: Any) -> dict[str, str] | None:
    """Terms and what belongs to them."""
    if not isinstance(value, dict):
        return None
    # Where terms are numbers it crosses as a marker; read as it stands, every such table would be like every other.
    items = value["items"] if "$" in value else value.items()
    pairs = {read_words(term): read_words(meaning) for term, meaning in items}
    return {term: meaning for term, meaning in pairs.items() if term is not None and meaning is not None} or None
