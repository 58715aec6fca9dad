"""Answers count by value and exact type; what was forged to be equal to everything isn't."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.answers import cases, equal
from grader.checks.result import CheckResult, Verdict
from tests.checks.building import KEPT, answers, assert_error, assert_failed, assert_passed, question, unusable


def check(mine: Any, theirs: Any, **parameters: Any) -> CheckResult:
    return cases(answers(mine), answers(theirs), KEPT, of="answers", **parameters)


@pytest.mark.parametrize(
    ("theirs", "mine"),
    [
        (5130, 5130),
        (0, 0),
        (2**60, {"$": "int", "type": "int", "digits": str(2**60)}),
        ("good fit", "good fit"),
        (True, True),
        (None, None),
        (0.5, 0.5),
        (0.1 + 0.2, 0.3),
        (1.0, 1),
        (0.25, 0.25000001),
        ([1, [2, "a"]], [1, {"$": "tuple", "items": [2, "a"]}]),
        ({"$": "tuple", "items": [1, 2]}, [1, 2]),
        ({"a": 1, "b": [None]}, {"b": [None], "a": 1}),
        ({"$": "dict", "items": [[1, "a"], [2, "b"]]}, {"$": "dict", "items": [[2, "b"], [1, "a"]]}),
        ({"$": "nan"}, {"$": "nan"}),
        ({"$": "-inf"}, {"$": "-inf"}),
        (
            {"$": "array", "type": "torch.Tensor", "shape": [2], "dtype": "F32", "items": [1.0, 2.0]},
            {"$": "array", "type": "torch.Tensor", "shape": [2], "dtype": "F64", "items": [1.0, 2.0]},
        ),
    ],
    ids=repr,
)
def test_right_answers(theirs: Any, mine: Any) -> None:
    """Equal values of the right type, tuples for lists and floats up to rounding are right."""
    assert_passed(check([mine], [theirs]))
    assert_passed(equal(answers(mine), answers(theirs), KEPT, of="answers"))


@pytest.mark.parametrize(
    ("theirs", "mine", "reason"),
    [
        (5130, 5131, "value"),
        (5130, 5130.0, "integral_float"),
        (5130, 5130.5, "type"),
        (5130, "5130", "type"),
        (5130, [5130], "type"),
        (5130, None, "nothing"),
        (5130, {"$": "nan"}, "not_finite"),
        (5130, {"$": "inf"}, "not_finite"),
        (5130, {"$": "int", "type": "int", "digits": "9" * 400}, "value"),
        (5130, {"$": "int", "type": "int", "digits": None}, "unreadable"),
        (5130, {"$": "int", "type": "int", "digits": "+1e5"}, "unreadable"),
        (5130, {"$": "object", "type": "hw1.Always"}, "unreadable"),
        (5130, {"$": "subclass", "type": "hw1.Always", "of": "int"}, "unreadable"),
        (5130, {"$": "array", "type": "torch.Tensor", "shape": [1], "dtype": "I64", "items": [5130]}, "type"),
        (5130, {"$": "array", "type": "torch.Tensor", "shape": [5000], "dtype": "I64", "items": None}, "unreadable"),
        (5130, {"$": 5130}, "unreadable"),
        (5130, {"$": None}, "unreadable"),
        (5130, {"$": "dict", "items": 5130}, "unreadable"),
        (1, True, "boolean"),
        (0, False, "boolean"),
        (1.0, True, "boolean"),
        (True, 1, "type"),
        (False, None, "nothing"),
        (0.5, 0.5001, "value"),
        (0.5, {"$": "nan"}, "not_finite"),
        (0.5, {"$": "int", "type": "int", "digits": "9" * 400}, "value"),
        (0.5, "0.5", "type"),
        ("good fit", "Good fit", "spelling"),
        ("good fit", "good_fit", "spelling"),
        ("good fit", "overfitting", "value"),
        ("good fit", "", "value"),
        ("good fit", "g" * 100_000, "value"),
        ("good fit", ["good fit"], "type"),
        (None, 0, "type"),
        ([1, 2], [1, 2, 3], "length"),
        ([1, 2], [2, 1], "value"),
        ([1, 2], {"1": 2}, "type"),
        ([1, 2], [1, {"$": "object", "type": "Always"}], "unreadable"),
        ({"a": 1}, {"b": 1}, "keys"),
        ({"a": 1}, {"a": 1, "b": 1}, "keys"),
        ({"a": 1}, {"a": True}, "boolean"),
        ({"a": 1}, {"$": "object", "type": "dict"}, "unreadable"),
        ({"a": 1}, [["a", 1]], "type"),
        ({"$": "inf"}, {"$": "-inf"}, "not_finite"),
    ],
    ids=repr,
)
def test_wrong_answers(theirs: Any, mine: Any, reason: str) -> None:
    """Each kind of wrong answer has a reason of its own, whatever object it was that left it."""
    result = check([theirs, mine], [theirs, theirs])
    one = equal(answers(mine), answers(theirs), KEPT, of="answers")

    assert_failed(result, "cases_differ")
    assert result.facts["reasons"] == {reason: 1}
    assert (result.facts["right"], result.facts["case"], result.facts["wrong"]) == (1, 2, [2])
    assert_failed(one, "answer_differs")
    assert one.facts["reason"] == reason
    assert len(str(result.facts)) < 1_000


def test_cases_don_t_give_hidden_answers_away() -> None:
    """What was expected is nowhere in a result: the cases are hidden, and there are few draws."""
    result = check(["underfitting", 12345], ["overfitting", 67890])

    assert "overfitting" not in repr(result).replace("underfitting", "")
    assert "67890" not in repr(result)


@pytest.mark.parametrize(("right", "passes"), [(24, True), (23, True), (22, False), (0, False)])
def test_at_least(right: int, passes: bool) -> None:
    """0.95 of 24 cases are 23 cases."""
    theirs = ["overfitting"] * 24
    mine = theirs[:right] + ["good fit"] * (24 - right)
    result = check(mine, theirs, at_least=0.95)

    assert (result.verdict is Verdict.PASSED) == passes
    assert result.facts["needed"] == 23
    assert result.facts["right"] == right


def test_at_least_counts_whole_cases() -> None:
    """0.7 of 10 cases are 7, whatever floats make of it."""
    assert_passed(check([1] * 7 + [0] * 3, [1] * 10, at_least=0.7))
    assert_failed(check([1] * 6 + [0] * 4, [1] * 10, at_least=0.7), "cases_differ")


def test_proportional_shares_are_exact() -> None:
    """With `proportional` the share is the part that is right; without there is none."""
    assert check([1, 2, 0], [1, 2, 3], proportional=True).share == Decimal(2) / Decimal(3)
    assert check([1, 2, 3], [1, 2, 3], proportional=True).share == 1
    assert check([1, 2, 0], [1, 2, 3]).share is None


@pytest.mark.parametrize(
    "mine", [None, 5, "1", {"0": 1}, {"$": "object", "type": "Always"}, {"$": "long", "type": "list"}]
)
def test_cases_want_a_list(mine: Any) -> None:
    """What isn't a list has no cases."""
    assert_failed(check(mine, [1]), "not_a_list")


def test_cases_want_as_many_answers() -> None:
    """Fewer answers, more answers and none at all fail."""
    assert_failed(check([], [1]), "count_differs")
    assert_failed(check([1, 1], [1]), "count_differs")


def test_what_the_reference_must_leave() -> None:
    """A reference without cases, or with unreadable ones, is ours: never a pass, never a zero."""
    assert_error(check([], []), "bad_reference")
    assert_error(check([1], 1), "bad_reference")
    assert_error(check([1], [{"$": "object", "type": "x"}]), "bad_reference")
    assert_error(equal(answers(1), answers({"$": "object", "type": "x"}), KEPT, of="answers"), "bad_reference")
    assert_error(cases(answers([1]), question(), KEPT, of="answers"), "no_reference")


def test_nothing_recorded() -> None:
    """A missing record fails, so do one of another kind and one that couldn't be made."""
    other = question(records={"answers": {"kind": "array"}})

    assert_failed(cases(question(), answers([1]), KEPT, of="answers"), "not_recorded")
    assert_failed(cases(other, answers([1]), KEPT, of="answers"), "wrong_record")
    assert_failed(equal(unusable("answers"), answers(1), KEPT, of="answers"), "unusable")


JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3)
    | st.sampled_from(["", "a", "A"])
    | st.sampled_from(["nan", "inf", "object", "tuple", "dict", "int", "array"]).map(lambda kind: {"$": kind}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "$", "items", "type", "digits"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSONS, JSONS)
def test_any_answer_is_right_or_wrong(mine: Any, theirs: Any) -> None:
    """Whatever JSON a student's record holds, the check has an answer and is at no fault of its own."""
    result = check([mine], [theirs])

    assert result.code in ("ok", "cases_differ", "bad_reference")
    if result.verdict is Verdict.PASSED and isinstance(theirs, (bool, str)):
        assert mine == theirs
