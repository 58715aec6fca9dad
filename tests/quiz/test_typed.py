"""What is typed, as it is stored."""

from decimal import Decimal
from typing import Any

import pytest

from grader.quiz import Misread, read_typed
from grader.spec.model import Question

OPTIONS = ("red", "green", "blue")


def question(kind: str) -> Question:
    """A question of a kind."""
    return Question(id="q", title="Q", points=Decimal(1), kind=kind, content={"options": OPTIONS})


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        ("choice", "b", "green"),
        ("choice", " B) ", "green"),
        ("choice", "blue", "blue"),
        ("match", "c", "blue"),
        ("choices", "ca", ["blue", "red"]),
        ("choices", "c, a,c", ["blue", "red"]),
        ("choices", "a", ["red"]),
        ("number", "5130", 5130),
        ("number", "5,130", 5130),
        ("number", "0.5", 0.5),
        ("number", "1e3", 1000),
        ("shape", "(32, 10)", [32, 10]),
        ("shape", "32 x 10", [32, 10]),
        ("shape", "[None, 10]", "(None, 10)"),
        ("text", "  Because of it. ", "Because of it."),
    ],
)
def test_answers(kind: str, typed: str, stored: Any) -> None:
    """A letter becomes its option's text, a number a number."""
    assert read_typed(question(kind), typed, OPTIONS) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("choice", "d"),
        ("choice", "2"),
        ("choices", "a d"),
        ("choices", "ad"),
        ("choices", ","),
        ("number", "many"),
        ("shape", "1,000"),
        ("shape", "wide"),
        ("text", "x" * 20_001),
    ],
)
def test_misread(kind: str, typed: str) -> None:
    """What is no answer says what would be one; a number is no label."""
    answer = read_typed(question(kind), typed, OPTIONS)

    assert isinstance(answer, Misread)
    assert answer.right
