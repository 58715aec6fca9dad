"""A quiz's answers: what was meant counts, not how it was typed."""

from decimal import Decimal
from typing import Any

import pytest

from grader.checks.quiz import choice, choices, match, number, shape
from tests.checks.building import KEPT, answers, assert_error, assert_failed, assert_passed, question

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
        (shape, "1,000", "not_understood"),
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


OPTIONS = ("Blue", "blue sky", "Two  words.", "2")


@pytest.mark.parametrize("mine", ["Blue", "BLUE", "blue.", " Blue ", 1, "1"])
def test_an_option_by_its_text_or_number(mine: Any) -> None:
    """However it is typed, where only one option is meant."""
    assert_passed(choice(answers(mine), answers("Blue"), KEPT, of="answers", options=OPTIONS))


def test_an_options_text_comes_before_its_number() -> None:
    """Where an option is itself a number, that is what is meant."""
    assert_passed(choice(answers(2), answers("2"), KEPT, of="answers", options=OPTIONS))
    assert_failed(choice(answers(2), answers("blue sky"), KEPT, of="answers", options=OPTIONS), "wrong_answer")


def test_letter_case_counts_where_it_tells_options_apart() -> None:
    """What could mean two options means none."""
    options = ("dense", "Dense")

    assert_passed(choice(answers("Dense"), answers("Dense"), KEPT, of="answers", options=options))
    assert_failed(choice(answers("DENSE"), answers("Dense"), KEPT, of="answers", options=options), "no_option")


@pytest.mark.parametrize("mine", ["Yellow", 0, 5, -1, "99999", "²"])
def test_none_of_the_options(mine: Any) -> None:
    """Is told apart from a wrong one."""
    assert_failed(choice(answers(mine), answers("Blue"), KEPT, of="answers", options=OPTIONS), "no_option")


def test_a_wrong_option_is_shown_by_its_text() -> None:
    """Never by its number alone."""
    result = choice(answers(3), answers("Blue"), KEPT, of="answers", options=OPTIONS)

    assert (result.code, result.actual) == ("wrong_answer", "Two  words.")


def test_several_options_by_number_and_text() -> None:
    """In any mixture."""
    assert_passed(
        choices(answers([1, "BLUE SKY"]), answers(["Blue", "blue sky"]), KEPT, of="answers", options=OPTIONS[:2])
    )


def test_pairs_by_number() -> None:
    """Terms and partners alike; and each right pair can earn its part."""
    terms, options = ("cat", "dog"), ("meows", "barks", "moos")
    key = answers({"cat": "meows", "dog": "barks"})
    half = match(
        answers({"CAT": 1, "dog": 3}), key, KEPT, of="answers", terms=terms, options=options, proportional=True
    )

    assert_passed(match(answers({"1": 1, "2": "Barks"}), key, KEPT, of="answers", terms=terms, options=options))
    assert (half.code, half.share, half.actual) == ("wrong_answer", Decimal("0.5"), {"cat": "meows", "dog": "moos"})


def test_no_answer_at_all() -> None:
    """Isn't a fault of the probe: there is no such line, or no such variable."""
    assert_failed(choice(question(), answers("Blue"), KEPT, of="answers", options=OPTIONS), "not_answered")


def test_the_line_of_an_answer_is_told() -> None:
    """Where it came from a file."""
    mine = question(records={"answers": {"kind": "answers", "value": True, "line": 7}})
    result = choice(mine, answers("Blue"), KEPT, of="answers", options=OPTIONS)

    assert_failed(result, "not_understood")
    assert result.facts["line"] == 7


def test_the_solution_stands_apart() -> None:
    """Beside every verdict, and in no fact that is put into words."""
    result = choice(answers("Two words"), answers("Blue"), KEPT, of="answers", options=OPTIONS)

    assert result.solution == "Blue"
    assert result.expected is None
    assert "Blue" not in str(result.facts)


@pytest.mark.parametrize(
    ("check", "key", "more"),
    [
        (choice, "Violet", {}),
        (choices, ["Blue", "Violet"], {}),
        (match, {"cat": "Violet", "dog": "Blue"}, {"terms": ("cat", "dog")}),
        (match, {"cow": "Blue", "dog": "Blue"}, {"terms": ("cat", "dog")}),
        (match, {"cat": "Blue"}, {"terms": ("cat", "dog")}),
    ],
)
def test_a_key_that_is_not_offered(check: Any, key: Any, more: dict[str, Any]) -> None:
    """Is ours: nobody gets a zero because the author mistyped an option."""
    assert_error(check(answers("Blue"), answers(key), KEPT, of="answers", options=OPTIONS, **more), "bad_reference")
