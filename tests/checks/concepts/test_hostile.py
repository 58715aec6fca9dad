"""Hostile text: it is read in time that grows with its length alone, it can't break out of its quotes, and it never
makes a check raise.
"""

import sys
import unicodedata
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.checks.concepts import DoubtCode, judge_answer
from grader.checks.concepts.judging import MOST_CHARACTERS
from grader.spec.text_rules import TextRules

TraceFunction = Callable[[FrameType, str, Any], Any]
WORDS = (
    "not", "nor", "without", "from scratch", "pretrained", "fewer", "images", "already", "know", "need", "many",
    "less", "features", "training", "data", "but", "because", ",", ".", "?", "\n\n", "-", "'", "’", "5", "1,000", "%",
    "epochs", "<few>", "\u202e", "\u200b", "\x00", "а", "ﬁ", "ß", "é", "\ud800", "lerned", "featuers", "#", "&",
    "...", "{", "{0}",
)  # fmt: skip
SIZE = 3_000
PIECES = (
    "not fewer images ", "fewer ", "from scratch fewer images ", "already ", "a", "é", "'", "a'", "1,", "1.", "\u0301",
    "\u202e", "ﷺ", "not ", "nor ", "but ", ",", ".", "?", "pre-", "lerned ", "x-", "\n", "need many ", "don't ", "数",
    "%", "ing", "fewer fewer images ", "instead of that ", "why does a pre-trained model save time ",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_words_of_the_rules_in_any_order(rules: TextRules, text: str) -> None:
    """Every judgement keeps its promises: one finding a concept, shown in the answer's own words."""
    check_judgement(rules, text)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text(rules: TextRules, text: str) -> None:
    """Whatever its characters."""
    check_judgement(rules, text)


def check_judgement(rules: TextRules, text: str) -> None:
    """What must hold of every judgement."""
    judgement = judge_answer(text, rules)
    assert judgement == judge_answer(text, rules)
    assert not judgement.findings or [one.id for one in judgement.findings] == [one.id for one in rules.concepts]
    assert judgement.findings or judgement.doubts or judgement.copied or judgement.words == 0
    assert judgement.found or judgement.doubts or judgement.copied or judgement.words == 0, "a zero without a doubt"
    for one in judgement.findings:
        assert (one.where is None) == (one.finding.value == "missing")
        assert one.where is None or all(unicodedata.category(c) not in ("Cf", "Cc", "Cs") for c in one.where)


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_with_the_length(rules: TextRules, piece: str) -> None:
    """Twice the text takes about twice the lines of code, however it is made: nothing takes the square."""
    once, twice = (count_lines(rules, (piece * size)[:size]) for size in (SIZE, 2 * SIZE))

    assert twice < 2.5 * once + 2_000


@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_that_is_read(rules: TextRules, piece: str) -> None:
    """Inside the libraries too: these end."""
    judgement = judge_answer((piece * MOST_CHARACTERS)[:MOST_CHARACTERS], rules)
    too_long = DoubtCode.TOO_LONG in {doubt.code for doubt in judgement.doubts}

    assert too_long == (piece == "ﷺ"), "of these, each is read as eighteen characters"


def test_many_different_words(rules: TextRules) -> None:
    """Nearly twenty thousand characters of words that are nearly the rules'."""
    words = [f"featur{chr(97 + number % 26)}{chr(97 + number // 26 % 26)}s" for number in range(1900)]

    assert judge_answer(" ".join(words), rules).doubts


def test_a_million_characters_are_not_read(rules: TextRules) -> None:
    """A person may read them."""
    judgement = judge_answer("fewer images " * 100_000, rules)

    assert [doubt.code for doubt in judgement.doubts] == [DoubtCode.TOO_LONG]
    assert count_lines(rules, "fewer images " * 100_000) < 100


def count_lines(rules: TextRules, text: str) -> int:
    """How many lines of code it takes to judge an answer: the same on every machine."""
    judge_answer(text, rules)  # what is remembered from one answer to the next is so beforehand
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        judge_answer(text, rules)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "text",
    [
        "It needs fe\u200bwer ima\u2060ges than the other one.",
        "It needs \u202efewer images\u202c than the other one.",
        "It needs fеwеr imаges than the other one.",
        "It needs ＦＥＷＥＲ ｉｍａｇｅｓ than the other one.",
        "It needs fewer\x00images\x1b[31m than the other one.",
        "It needs f\u0301ewer im\u0308ages than the other one.",
    ],
)
def test_disguises(rules: TextRules, text: str) -> None:
    """What looks like the words is read as the words."""
    assert [one.id for one in judge_answer(text, rules).found] == ["data"]
