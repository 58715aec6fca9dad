"""`test` and `by_hand`."""

from typing import Any

import pytest

from grader.checks.cell_tests import by_hand, cell_test
from grader.checks.result import Verdict
from grader.report.wording import word_check
from tests.checks.building import KEPT, answers, assert_error, assert_failed, assert_passed, question


def outcome(shown: str = "", *, passed: bool = True, line: int | None = None, error: str | None = None) -> Any:
    """A question that left the outcome of a test."""
    return answers({"passed": passed, "shown": shown, "line": line, "error": error}, "test_1")


def test_a_test_passes_and_shows_what_the_reference_s_shows() -> None:
    """Both are wanted: an expression says nothing by itself."""
    failure = outcome(passed=False, line=2, error="AssertionError")

    assert_passed(cell_test(outcome("2"), outcome("2"), KEPT, of="test_1"))
    assert_failed(cell_test(outcome("3"), outcome("2"), KEPT, of="test_1"), "test_shows")
    assert_failed(cell_test(failure, outcome(), KEPT, of="test_1"), "test_failed")


def test_the_author_s_words_are_said() -> None:
    """On success as the message, on failure as help; the student's own text stands in quotes."""
    right = cell_test(outcome(), outcome(), KEPT, of="test_1", success="Well done.", failure="No.")
    failure = outcome(passed=False, line=2, error="AssertionError: you have all points")
    wrong = cell_test(failure, outcome(), KEPT, of="test_1", failure="Look again.")

    assert word_check("test", right).message == "Well done."
    assert word_check("test", wrong).message == 'line 2 of the test: "AssertionError: you have all points"'
    assert word_check("test", wrong).help == "Look again."


@pytest.mark.parametrize(
    "value",
    [
        True,
        "passed",
        {"passed": True},
        {"passed": 1, "shown": "", "line": None, "error": None},
        {"passed": True, "shown": None, "line": None, "error": None},
        {"passed": True, "shown": "", "line": "1", "error": None},
        {"passed": True, "shown": "", "line": None, "error": None, "points": 3},
        {"$": "object", "type": "Outcome"},
    ],
)
def test_a_forged_outcome_is_none(value: Any) -> None:
    """It comes from inside: anything but the table that `record.test` makes fails."""
    assert_failed(cell_test(answers(value, "test_1"), outcome(), KEPT, of="test_1"), "wrong_record")


def test_a_solution_that_fails_its_own_test_is_the_author_s_fault() -> None:
    """A person looks; nobody loses points by it."""
    assert_error(cell_test(outcome(), outcome(passed=False), KEPT, of="test_1"), "bad_reference")


def test_what_a_person_marks_waits() -> None:
    """Whatever was handed in."""
    result = by_hand(question(), question(), KEPT)

    assert result.verdict is Verdict.ERROR
    assert word_check("by_hand", result).message == "a person marks this"
