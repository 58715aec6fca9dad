"""A handout out of a solution: what is taken out, what takes its place, and markers that can't be understood."""

import ast
import json

import pytest

from grader.errors import SpecError
from grader.release.strip import has_solution, list_solution_parts, strip_notebook, strip_script

SCRIPT = '''import math


def area(radius):
    """Of a circle."""
    # BEGIN SOLUTION
    def square(x):
        return x * x

    return math.pi * square(radius)
    # END SOLUTION


class Net:
    """A class."""

    #   BEGIN SOLUTION
    size = 3
    #   END SOLUTION

    def grow(self):
        self.size += 1
        if self.size > 9:
            ## BEGIN SOLUTION:
            self.size = 9
            ## END SOLUTION:
        return self.size


# BEGIN SOLUTION
NUMBER = 42
# END SOLUTION
'''


def cell(kind: str, source: str | list[str], **more: object) -> dict[str, object]:
    """A cell of a notebook."""
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def notebook(*cells: dict[str, object]) -> bytes:
    """A notebook's bytes."""
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_a_script_is_stripped_and_loads() -> None:
    """In a function the gap says what isn't written; elsewhere it lets the file load. Nothing of the parts is left."""
    stripped = strip_script(SCRIPT, where="hw.py")
    names: dict[str, object] = {}
    compiled = compile(ast.parse(stripped), "hw.py", "exec")

    assert not any(text in stripped for text in ("SOLUTION", "math.pi", "square", "size = 3", "= 9\n", "42"))
    assert stripped.count("# YOUR CODE HERE") == 4
    assert 'raise NotImplementedError("area isn\'t written yet")' in stripped
    assert 'raise NotImplementedError("grow isn\'t written yet")' in stripped
    assert compiled.co_name == "<module>" and not names
    assert strip_script(stripped, where="hw.py") == stripped


def test_parts_are_listed() -> None:
    """Every part's text, of scripts and of notebooks."""
    parts = list_solution_parts("hw.py", SCRIPT.encode())
    found = list_solution_parts("hw.ipynb", notebook(cell("code", SCRIPT.splitlines(keepends=True))))

    assert [part.strip().splitlines()[0].strip() for part in parts] == [
        "def square(x):",
        "size = 3",
        "self.size = 9",
        "NUMBER = 42",
    ]
    assert found == parts


def test_a_notebook_is_stripped_cell_by_cell() -> None:
    """Outputs and attachments go too: they show what a solution gives."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": "42"}]
    content = notebook(
        cell("markdown", "# Title", attachments={"a.png": {"image/png": "aGVsbG8="}}),
        cell("code", "# BEGIN SOLUTION\nx = 42\n# END SOLUTION", outputs=outputs, execution_count=3),
        cell(
            "code",
            ["%matplotlib inline\n", "def f():\n", "    # BEGIN SOLUTION\n", "    return 42\n", "    # END SOLUTION"],
        ),
    )
    stripped = strip_notebook(content, where="hw.ipynb")
    cells = json.loads(stripped)["cells"]

    assert b"42" not in stripped
    assert [one["source"] for one in cells[:2]] == ["# Title", "# YOUR CODE HERE"]
    assert 'raise NotImplementedError("this isn\'t written yet")' in cells[2]["source"]
    assert (cells[1]["outputs"], cells[1]["execution_count"]) == ([], None)
    assert "attachments" not in cells[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# BEGIN SOLUTION\nx = 1\n", "line 1: a solution part that never ends"),
        ("x = 1\n# END SOLUTION\n", "line 2: a solution part ends, and none has begun"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION\n", "line 2: a solution part begins inside another"),
        (
            "# BEGIN SOLUTION the first\nx = 1\n# END SOLUTION\n",
            "line 1: '# BEGIN SOLUTION the first' is nearly a marker",
        ),
        ("x = 1  # BEGIN SOLUTION\n", "line 1: 'x = 1  # BEGIN SOLUTION' is nearly a marker"),
        ("# begin solution\nx = 1\n# end solution\n", "line 1: '# begin solution' is nearly a marker"),
        ("### BEGIN SOLUTIONS\nx = 1\n", "line 1: '### BEGIN SOLUTIONS' is nearly a marker"),
    ],
)
def test_a_marker_that_is_misread_gives_nothing_away(text: str, said: str) -> None:
    """Anything that is nearly a marker, or has no partner, is a fault; nothing is stripped on a guess."""
    assert has_solution(text)
    with pytest.raises(SpecError) as caught:
        strip_script(text, where="hw.py")

    assert said in str(caught.value.faults[0])


def test_a_part_lies_in_one_cell() -> None:
    """One that goes over two cells, or stands in text, is a fault that names the cell."""
    over = notebook(cell("code", "# BEGIN SOLUTION\nx = 1"), cell("code", "# END SOLUTION"))
    inside = notebook(cell("markdown", "# BEGIN SOLUTION"))

    for content in (over, inside):
        with pytest.raises(SpecError, match="cell 1"):
            strip_notebook(content, where="hw.ipynb")
    with pytest.raises(SpecError, match="no notebook"):
        strip_notebook(b"[]", where="hw.ipynb")
