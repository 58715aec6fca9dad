"""A quiz's answers: what was meant counts, not how it was typed."""

from typing import Any

import pytest

from grader.checks.quiz import choice, choices, match, number, shape
from tests.checks.building import KEPT, answers, assert_error, assert_failed, assert_passed

OPTION = 'resnet50(weights="IMAGENET1K_V2")'
KEYS: dict[Any, Any] = {
    choice: OPTION,
    choices: ["a model", "two words"],
    number: 5130,
    shape: [1, 1000],
    match: {"epoch": "all images once", "batch": "some images at a time"},
}


@pytest.mark.parametrize(
    ("check", "mine"),
    [
        (choice, OPTION),
        (choice, f"  {OPTION}\n"),
        (choices, ["two  words", "a model"]),
        (choices, ["a model", "a model", "two words"]),
        (number, 5130),
        (number, 5130.0),
        (number, "5130"),
        (number, "5,130"),
        (number, "5_130"),
        (number, " 5.13e3 "),
        (shape, [1, 1000]),
        (shape, {"$": "tuple", "items": [1, 1000]}),
        (shape, "(1, 1000)"),
        (shape, "[1,1000]"),
        (shape, "1 x 1000"),
        (match, {"batch": "some images at a  time", "epoch": "all images once"}),
    ],
)
def test_right_answers(check: Any, mine: Any) -> None:
    """Spaces, order, brackets and ways to write a number don't matter."""
    assert_passed(check(answers(mine), answers(KEYS[check]), KEPT, of="answers"))


@pytest.mark.parametrize(
    ("check", "mine", "code"),
    [
        (choice, "resnet50(pretrained=True)", "wrong_answer"),
        (choice, OPTION.lower(), "wrong_answer"),
        (choice, 1, "wrong_answer"),
        (choice, True, "not_understood"),
        (choice, None, "not_answered"),
        (choice, "", "not_answered"),
        (choice, [OPTION], "not_understood"),
        (choices, ["a model"], "wrong_answer"),
        (choices, ["a model", "two words", "three"], "wrong_answer"),
        (choices, [], "not_answered"),
        (choices, [None], "not_understood"),
        (number, 5131, "wrong_answer"),
        (number, "5131", "wrong_answer"),
        (number, True, "not_understood"),
        (number, "many", "not_understood"),
        (number, "5.130,0", "not_understood"),
        (number, "1e400", "not_understood"),
        (number, "1e999", "not_understood"),
        (number, "9" * 60, "not_understood"),
        (number, ".", "not_understood"),
        (number, {"$": "nan"}, "not_understood"),
        (number, {"$": "int", "type": "int", "digits": "9" * 400}, "not_understood"),
        (number, {"$": "object", "type": "Always"}, "not_understood"),
        (shape, [1000, 1], "wrong_answer"),
        (shape, [1, 1000, 1], "wrong_answer"),
        (shape, "(None, 1000)", "wrong_answer"),
        (shape, "1000", "wrong_answer"),
        (shape, [True, 1000], "not_understood"),
        (shape, [1.0, 1000], "not_understood"),
        (shape, [-1, 1000], "not_understood"),
        (shape, "(1; 1000)", "not_understood"),
        (match, {"epoch": "some images at a time", "batch": "all images once"}, "wrong_answer"),
        (match, {"epoch": "all images once"}, "wrong_answer"),
        (match, {}, "not_answered"),
        (match, ["epoch"], "not_understood"),
        (match, {"epoch": None}, "not_understood"),
    ],
)
def test_wrong_answers(check: Any, mine: Any, code: str) -> None:
    """Wrong, empty and not understood are three things, and none of them shows the key."""
    result = check(answers(mine), answers(KEYS[check]), KEPT, of="answers")

    assert_failed(result, code)
    assert result.expected is None


def test_tolerance() -> None:
    """A number may be as far off as the author says."""
    key = answers(0.84)

    assert_passed(number(answers(0.85), key, KEPT, of="answers", tolerance=0.02))
    assert_failed(number(answers(0.87), key, KEPT, of="answers", tolerance=0.02), "wrong_answer")


def test_how_many_were_right() -> None:
    """Several options and pairs tell how many were right."""
    pairs = match(answers({"epoch": "all images once", "batch": "x"}), answers(KEYS[match]), KEPT, of="answers")

    assert (pairs.facts["right"], pairs.facts["of"]) == (1, 2)


def test_pairs_whose_terms_are_numbers() -> None:
    """Such a table crosses as a marker: what belongs to each term is compared all the same."""
    key, other, none = (answers({"$": "dict", "items": items}) for items in ([[1, "a"], [2, "b"]], [[1, "b"]], []))

    assert_passed(match(key, key, KEPT, of="answers"))
    assert_failed(match(other, key, KEPT, of="answers"), "wrong_answer")
    assert_failed(match(none, key, KEPT, of="answers"), "not_understood")


@pytest.mark.parametrize("check", [choice, choices, number, shape, match])
def test_a_key_that_is_none(check: Any) -> None:
    """A key that can't be understood is ours."""
    assert_error(check(answers("1"), answers(None), KEPT, of="answers"), "bad_reference")
