"""Printed text against the reference's."""

from dataclasses import replace

import pytest

from grader.checks.result import CheckResult
from grader.checks.text import printed
from grader.evidence.model import QuestionEvidence
from tests.checks.building import KEPT, assert_error, assert_failed, assert_passed, question, unusable

SAID = "epoch 1  loss 0.9\n\nepoch 2  loss 0.7\n"


def said(value: str) -> QuestionEvidence:
    return replace(question(records={"text": {"kind": "text", "value": value}}), output=value)


def check(mine: str, *, exact: bool = False) -> CheckResult:
    return printed(said(mine), said(SAID), KEPT, of="text", exact=exact)


@pytest.mark.parametrize(
    "mine", [SAID, "epoch 1 loss 0.9\nepoch 2 loss 0.7", "  epoch 1\tloss 0.9\r\nepoch 2 loss 0.7\n\n"]
)
def test_spaces_and_empty_lines_don_t_count(mine: str) -> None:
    """Unless exact text is asked for."""
    assert_passed(check(mine))
    assert check(mine, exact=True).code == ("ok" if mine == SAID else "text_differs")


@pytest.mark.parametrize(
    ("mine", "line", "expected", "actual"),
    [
        ("epoch 1 loss 0.9\nepoch 2 loss 0.8", 2, "epoch 2 loss 0.7", "epoch 2 loss 0.8"),
        ("epoch 1 loss 0.9", 2, "epoch 2 loss 0.7", None),
        (SAID + "done", 3, None, "done"),
        ("Epoch 1 loss 0.9\nepoch 2 loss 0.7", 1, "epoch 1 loss 0.9", "Epoch 1 loss 0.9"),
    ],
)
def test_the_first_line_that_differs(mine: str, line: int, expected: str | None, actual: str | None) -> None:
    """A line that differs, is missing or is one too many, with both texts."""
    result = check(mine)

    assert_failed(result, "text_differs")
    assert dict(result.facts) == {"line": line, "expected": expected, "actual": actual}


def test_nothing_printed() -> None:
    """Silence has its own code."""
    assert_failed(check(" \n"), "nothing_printed")


def test_without_of_it_is_all_that_was_printed() -> None:
    """The question's own output is read where no record is named."""
    assert_passed(printed(said(SAID), said(SAID), KEPT))
    assert_failed(printed(question(), said(SAID), KEPT), "nothing_printed")


def test_nothing_recorded() -> None:
    """A missing record fails; a missing reference is ours."""
    assert_failed(printed(question(), said(SAID), KEPT, of="text"), "not_recorded")
    assert_failed(printed(unusable("text", "text"), said(SAID), KEPT, of="text"), "unusable")
    assert_error(printed(said(SAID), question(), KEPT, of="text"), "no_reference")
