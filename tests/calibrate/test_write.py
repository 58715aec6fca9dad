"""Numbers are changed where they stand, and nothing around them is."""

import pytest

from grader.calibrate.write import change_numbers
from grader.errors import UsageError

TEXT = """\
title = "T"   # a title

[[questions]]
id = "train"
points = 3
# Why these:
checks = [
  { use = "moved", of = "epochs" },
  { use = "learned", of = "epochs", accuracy = 0.5, points = 2 },    # public
  { use = "close", of = "a", id = "any", points = 1, relative=1e-3 },
]

[[questions]]
id = "say"
points = 1

[[questions.checks]]
use = "cases"
of = "answers"     # as a table
"""


def test_a_number_where_it_stands() -> None:
    """Comments, order, spaces and the other questions stay."""
    changed = change_numbers(TEXT, {"train.learned": {"accuracy": 0.45}, "train.any": {"relative": 0.02}})

    assert changed == TEXT.replace("accuracy = 0.5", "accuracy = 0.45").replace("relative=1e-3", "relative=0.02")


def test_a_number_that_was_a_default() -> None:
    """It is added to its check, in whichever form that is written."""
    changed = change_numbers(TEXT, {"train.learned": {"near": 0.03}, "say.cases": {"at_least": 0.9}})

    assert "accuracy = 0.5, points = 2, near = 0.03}" in changed.replace(" }", "}")
    assert changed.endswith('of = "answers"     # as a table\nat_least = 0.9\n')
    assert all(line in changed.splitlines() for line in TEXT.splitlines() if "learned" not in line)


@pytest.mark.parametrize(("text", "check"), [(TEXT, "train.nothing"), ("a = [", "train.learned")])
def test_what_cannot_be_changed(text: str, check: str) -> None:
    """No such check; no TOML."""
    with pytest.raises(UsageError):
        change_numbers(text, {check: {"accuracy": 0.5}})
