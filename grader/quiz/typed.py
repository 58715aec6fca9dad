"""What a person typed as a question's answer, in the form in which it is stored."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.checks.quiz import read_number, read_shape
from grader.quiz.order import label_options
from grader.spec.model import Question

__all__ = ["Misread", "read_typed"]

MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Misread:
    """What was typed is no answer; `right` says what would be."""

    right: str


def read_typed(question: Question, text: str, options: Sequence[str]) -> Any:
    """The answer as TOML and the checks take it; `Misread` where it is none. `options` are as they were shown.

    Of a `match` one term is asked at a time: `text` is the label of its partner.
    """
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        return Misread(f"at most {MOST_CHARACTERS:,} characters")
    if question.kind in ("choice", "match"):
        return read_label(text, options)
    return READERS[question.kind](text, options)


def read_label(text: str, options: Sequence[str]) -> Any:
    """The option with this label, or of just this text."""
    labels = label_options(len(options))
    label = text.lower().rstrip(".)")
    if label in labels:
        return options[labels.index(label)]
    return text if text in options else Misread(f"a letter from {labels[0]} to {labels[-1]}")


def read_labels(text: str, options: Sequence[str]) -> Any:
    """Several options, each once, by their labels: "a c", "a, c" or "ac"."""
    words = re.split(r"[\s,;]+", text)
    if len(words) == 1 and len(options) <= 26 and words[0].isalpha():
        words = list(words[0])
    found = [read_label(word, options) for word in words if word]
    if not found or any(isinstance(item, Misread) for item in found):
        return Misread('letters, such as "a c"')
    return list(dict.fromkeys(found))


def read_count(text: str, options: Sequence[str]) -> Any:
    """A number."""
    number = read_number(text)
    return Misread("a number, such as 42") if number is None else make_whole(number)


def make_whole(number: float) -> float:
    """42, not 42.0."""
    return int(number) if float(number).is_integer() else number


def read_dimensions(text: str, options: Sequence[str]) -> Any:
    """A shape, as text where a dimension is left open: TOML has no None."""
    shape = read_shape(text)
    if shape is None:
        return Misread("a shape, such as (8, 3)")
    return shape if None not in shape else f"({', '.join(map(str, shape))})"


def read_prose(text: str, options: Sequence[str]) -> Any:
    """A text."""
    return text


READERS = {"choices": read_labels, "number": read_count, "shape": read_dimensions, "text": read_prose}
