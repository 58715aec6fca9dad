"""docs/checks.md says what the registry says."""

import inspect
import re
from pathlib import Path

import pytest

import grader.checks
from grader.checks import CHECKS

PAGE = (Path(__file__).parents[2] / "docs" / "checks.md").read_text("utf-8")
CELLS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines()]
ROWS = {cells[0].strip("`"): cells for cells in CELLS if len(cells) == 5 and cells[0].startswith("`")}
QUIZ = {"choice", "choices", "number", "shape", "match", "text"}


def test_every_check_has_its_row() -> None:
    """The table has the checks of the registry and no others."""
    assert ROWS.keys() == CHECKS.keys() - QUIZ
    assert all(f"`{name}`" in PAGE for name in QUIZ)


@pytest.mark.parametrize("name", sorted(CHECKS.keys() - QUIZ - {"python", "pytest"}))
def test_a_row_says_what_the_registry_says(name: str) -> None:
    """Standing, parameters and defaults are the registry's."""
    function, standing = CHECKS[name].function, CHECKS[name].standing
    assert function is not None
    assert standing is not None
    said = dict(re.findall(r"`(\w+)`(?: \(([^)]*)\))?", ROWS[name][2]))
    mine = {
        key.removesuffix("_"): show(parameter.default)
        for key, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and key != "of"
    }

    assert said == mine
    assert ROWS[name][3] == standing.value


def show(default: object) -> str:
    """A default as the page writes it."""
    if default is inspect.Parameter.empty:
        return ""
    if default is None:
        return "none"
    if default == ():
        return "[]"
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)


def test_every_code_is_on_the_page() -> None:
    """Each code that a check can answer with is explained."""
    table = (grader.checks.__doc__ or "").split("Of every check")[1]
    codes = set(re.findall(r"^ {4}(\w+)(?:, (\w+))? +\{", table, re.MULTILINE)) | {("author", "")}

    assert len(codes) > 50
    assert {code for pair in codes for code in pair if code and f"`{code}`" not in PAGE} <= {"reason"}
