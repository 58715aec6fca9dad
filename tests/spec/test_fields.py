"""Combinations of variants and the fields of texts."""

import json
from typing import Any

import pytest

from grader.errors import SpecError
from grader.spec.fields import (
    count_combinations,
    fill_code,
    fill_file,
    fill_prose,
    find_combination,
    list_cover,
    number_combination,
    say_variant,
)

VARIANTS: dict[str, tuple[Any, ...]] = {"classes": (3, 5, 7), "rates": ([0.1, 0.2], [1]), "bias": (True, 1)}
CHOSEN = {"classes": 5, "rates": [0.1, 0.2], "bias": True, "name": "adam"}


def test_every_combination_has_a_number() -> None:
    """There and back, for all of them; 1 and true are two values; what is no combination has none."""
    numbers = range(count_combinations(VARIANTS))
    combinations = [find_combination(VARIANTS, number) for number in numbers]

    assert len(numbers) == 12
    assert [number_combination(VARIANTS, combination) for combination in combinations] == list(numbers)
    assert len({json.dumps(combination) for combination in combinations}) == 12
    assert number_combination(VARIANTS, {"classes": 4, "rates": [1], "bias": 1}) is None
    assert number_combination(VARIANTS, {"classes": 3}) is None


def test_nothing_varies() -> None:
    """Then there is one combination, and it is empty."""
    assert count_combinations({}) == 1
    assert find_combination({}, 0) == {}
    assert list_cover({}) == [0]


def test_a_cover_has_every_value() -> None:
    """The first combination, and as few more as it takes to meet every value."""
    covered = [find_combination(VARIANTS, number) for number in list_cover(VARIANTS)]

    assert covered[0] == {"classes": 3, "rates": [0.1, 0.2], "bias": True}
    assert len(covered) == 3
    for name, values in VARIANTS.items():
        assert all(any(repr(one[name]) == repr(value) for one in covered) for value in values)


def test_prose_and_code_are_spelt_differently() -> None:
    """In a sentence a value stands as it is read, in code as it is written."""
    text = "{variant.classes} {variant.rates} {variant.bias} {variant.name} {other} {variant}"

    assert fill_prose(text, CHOSEN) == "5 0.1, 0.2 true adam {other} {variant}"
    assert fill_code(text, CHOSEN) == "5 [0.1, 0.2] True 'adam' {other} {variant}"
    assert say_variant({"classes": 5, "bias": False}) == "classes = 5, bias = false"


def test_a_field_that_names_nothing_is_a_fault() -> None:
    """With the name that was probably meant."""
    with pytest.raises(SpecError) as caught:
        fill_code("N = {variant.clases}", CHOSEN, where="hw.py")

    assert "hw.py" in caught.value.message
    assert "did you mean {variant.classes}?" in str(caught.value.faults[0])


def test_files_are_filled_by_their_kind() -> None:
    """Scripts and code cells as code, text cells and texts as prose; other files byte for byte."""
    text = b"N = {variant.name}\n"
    cells = [
        {"cell_type": "code", "source": ["N = {variant.name}\n", "n"]},
        {"cell_type": "markdown", "source": "about {variant.name}"},
    ]
    filled = json.loads(fill_file("a.ipynb", json.dumps({"cells": cells}).encode(), CHOSEN))

    assert fill_file("a.py", text, CHOSEN) == b"N = 'adam'\n"
    assert fill_file("a.md", text, CHOSEN) == b"N = adam\n"
    assert fill_file("a.bin", text, CHOSEN) == text
    assert [cell["source"] for cell in filled["cells"]] == [["N = 'adam'\n", "n"], "about adam"]
    assert fill_file("a.ipynb", b"no notebook", CHOSEN) == b"no notebook"
