"""The answers of a quiz against the key, which is the reference's: what was meant counts, not how it was typed."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from grader.checks.comparison import is_unreadable, shorten, unwrap
from grader.checks.records import Stop, check, find_record, find_reference_record, refuse_reference
from grader.checks.result import CheckResult, Kept, Verdict, fail, succeed
from grader.evidence.model import QuestionEvidence

__all__ = ["choice", "choices", "match", "number", "read_number", "read_shape", "shape"]

Reader = Callable[[Any], Any]
NUMBER = re.compile(r"[+-]?(\d+(_\d+)*|\d{1,3}(,\d{3})+)?(\.\d+)?([eE][+-]?\d{1,3})?")
SIZE = r"(?:0|[1-9]\d{0,14}|None)"  # no zero before another digit: "1,000" is a number, and no shape
SHAPE = re.compile(rf"[\[(]?\s*{SIZE}(?:\s*[,x×]\s*{SIZE})*\s*,?\s*[\])]?")
LARGEST = 2**53


@check
def choice(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    options: Sequence[str] = (),
) -> CheckResult:
    """The option chosen is the key's."""

    def read(value: Any) -> str | None:
        return read_option(value, options)

    expected, actual = read_both(student, reference, of, "choice", read, lambda key: are_offered([key], options))
    if actual == expected:
        return with_solution(succeed(), expected)
    return with_solution(wrong_answer(student, of, shown=actual, offered=not options or actual in options), expected)


@check
def choices(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    options: Sequence[str] = (),
) -> CheckResult:
    """The options chosen are the key's, in any order: all of them, and no other."""

    def read(value: Any) -> list[str] | None:
        return read_list(value, options)

    expected, actual = read_both(student, reference, of, "choices", read, lambda key: are_offered(key, options))
    if set(actual) == set(expected):
        return with_solution(succeed(), expected)
    right, of_all = len(set(actual) & set(expected)), len(set(expected))
    return with_solution(wrong_answer(student, of, shown=actual, right=right, of_all=of_all), expected)


@check
def number(
    student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str, tolerance: float = 0.0
) -> CheckResult:
    """A number within `tolerance` of the key's."""
    expected, actual = read_both(student, reference, of, "number", read_number)
    result = succeed() if abs(actual - expected) <= tolerance else wrong_answer(student, of)
    return with_solution(result, expected)


@check
def shape(student: QuestionEvidence, reference: QuestionEvidence, kept: Kept, *, of: str) -> CheckResult:
    """A shape is the key's, dimension by dimension."""
    expected, actual = read_both(student, reference, of, "shape", read_shape)
    return with_solution(succeed() if actual == expected else wrong_answer(student, of), expected)


@check
def match(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    kept: Kept,
    *,
    of: str,
    terms: Sequence[str] = (),
    options: Sequence[str] = (),
    proportional: bool = False,
) -> CheckResult:
    """Every term stands with what the key gives it; with `proportional` each pair earns its part."""

    def read(value: Any) -> dict[str, str] | None:
        return read_pairs(value, terms, options)

    def offered(key: dict[str, str]) -> bool:
        return (not terms or set(key) == set(terms)) and are_offered(key.values(), options)

    expected, actual = read_both(student, reference, of, "match", read, offered)
    if actual == expected:
        return with_solution(succeed(), expected)
    right = sum(actual.get(term) == meaning for term, meaning in expected.items())
    result = wrong_answer(student, of, shown=actual, right=right, of_all=len(expected))
    share = Decimal(right) / len(expected) if proportional else None
    return with_solution(replace(result, share=share), expected)


def are_offered(texts: Iterable[str], options: Sequence[str]) -> bool:
    """Whether these are all among the options, where there are any."""
    return not options or all(text in options for text in texts)


def read_both(
    student: QuestionEvidence,
    reference: QuestionEvidence,
    of: str,
    wanted: str,
    read: Reader,
    offered: Callable[[Any], bool] = lambda key: True,
) -> tuple[Any, Any]:
    """The key and the answer, understood. `offered` says whether the key is among what can be answered.

    Raises:
        Stop: there is no answer, or one of the two can't be understood as `wanted`.
    """
    expected = read(unwrap(find_reference_record(reference, of, "answers")["value"]))
    if expected is None:
        raise refuse_reference(of, f"not a {wanted}")
    if not offered(expected):
        raise refuse_reference(of, "none of the options")
    if of not in student.records:
        raise Stop(with_solution(fail("not_answered"), expected))
    record = find_record(student, of, "answers")
    answer = unwrap(record["value"])
    if answer is None or answer == "" or answer == [] or answer == {}:
        raise Stop(with_solution(fail("not_answered"), expected))
    actual = None if is_unreadable(answer) else read(answer)
    if actual is None:
        result = fail("not_understood", actual=shorten(answer), wanted=wanted, line=record.get("line"))
        raise Stop(with_solution(result, expected))
    return expected, actual


def with_solution(result: CheckResult, expected: Any) -> CheckResult:
    """The result with the right answer beside it: whether it is shown isn't the check's to say."""
    return replace(result, solution=expected)


def wrong_answer(
    student: QuestionEvidence,
    of: str,
    *,
    shown: Any = None,
    right: int | None = None,
    of_all: int | None = None,
    offered: bool = True,
) -> CheckResult:
    """The answer isn't the key's; the key stays hidden. `shown` is the answer as it was understood."""
    record = student.records[of]
    actual = shorten(record["value"] if shown is None else shown)
    if not offered:
        return fail("no_option", actual=actual, line=record.get("line"))
    facts = {"actual": actual, "right": right, "of": of_all}
    return CheckResult(verdict=Verdict.FAILED, code="wrong_answer", actual=actual, facts=facts)


def read_option(value: Any, options: Sequence[str]) -> str | None:
    """The option that is meant; the words as they are where it is none."""
    words = read_words(value)
    return words if words is None else find_option(words, options) or words


def find_option(words: str, options: Sequence[str]) -> str | None:
    """The option of that text, or of that number from 1; letter case and a full stop at the end count only where
    another option differs by nothing else.
    """
    spelt = {read_words(option): option for option in options}
    if words in spelt:
        return spelt[words]
    if words.isascii() and words.isdecimal() and len(words) < 4 and 1 <= int(words) <= len(options):
        return options[int(words) - 1]
    alike = [option for option in options if loosen(option) == loosen(words)]
    return alike[0] if len(alike) == 1 else None


def loosen(text: str) -> str:
    """Text without what is easily written otherwise."""
    return " ".join(text.split()).rstrip(".").casefold()


def read_words(value: Any) -> str | None:
    """An option by its text or its number; spaces don't count."""
    if type(value) is int:
        return str(value)
    return " ".join(value.split()) if isinstance(value, str) and value.strip() else None


def read_list(value: Any, options: Sequence[str] = ()) -> list[str] | None:
    """Several options; one alone may stand without its list."""
    items = [read_option(item, options) for item in (value if isinstance(value, list) else [value])]
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


def read_pairs(value: Any, terms: Sequence[str] = (), options: Sequence[str] = ()) -> dict[str, str] | None:
    """Terms and what belongs to them."""
    if not isinstance(value, dict):
        return None
    # Where terms are numbers it crosses as a marker; read as it stands, every such table would be like every other.
    items = value["items"] if "$" in value else value.items()
    pairs = {read_option(term, terms): read_option(meaning, options) for term, meaning in items}
    return {term: meaning for term, meaning in pairs.items() if term is not None and meaning is not None} or None
