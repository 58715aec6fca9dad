"""Notebooks: sound ones of both formats, changed as trees, as text and as bytes."""

from typing import Any

from grader.errors import SubmissionError
from grader.ingest.notebook import read_notebook
from grader.limits import IngestLimits
from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import TAKEN, Target, check_words
from tests.fuzz.trees import mutate_json

__all__ = ["NOTEBOOK"]

LIMITS = IngestLimits(program_bytes=200_000, source_bytes=2_000, cells=40, json_tokens=3_000)
WORDS: tuple[Any, ...] = (
    *("code", "markdown", "raw", "heading", "html", "Code", "source", "input", "cell_type", "cells", "worksheets"),
    *("nbformat", "nbformat_minor", "metadata", "outputs", "attachments", "tags", "language", "vscode", "kernelspec"),
    *(
        "language_info",
        "name",
        "python",
        "julia",
        "R",
        "skip-grading",
        3,
        4,
        5,
        4.0,
        "4",
        True,
        None,
        [],
        {},
        ["x = 1\n"],
    ),
    *(
        "%%bash\nls",
        "!ls",
        "x = 1\0",
        "\ud800",
        {"source": "x", "cell_type": "code"},
        ["a", 1],
        [["a"]],
        {"name": "python"},
    ),
)
SOURCES = (
    "x = 1",
    "def f():\n    return 1\n",
    "# only a comment",
    "",
    "%matplotlib inline\n",
    "a = 'ü\u202e'\n",
    "x" * 1500,
)
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"\xff\xfe\0\0")


def make_source(dice: Dice) -> Any:
    """A cell's source: text, or a list of lines."""
    source = dice.pick(SOURCES)
    return source if dice.chance(0.5) else source.splitlines(keepends=True)


def make_cell(dice: Dice) -> dict[str, Any]:
    """A sound cell."""
    kind = dice.pick(("code", "code", "code", "markdown", "raw"))
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": make_source(dice)}
    if kind == "code":
        cell |= {"outputs": [{"data": {"text/plain": ["1"]}}], "execution_count": dice.pick((None, 1))}
    if dice.chance(0.2):
        cell["metadata"] = dice.pick(({"tags": ["skip-grading"]}, {"tags": "x"}, {"vscode": {"languageId": "python"}}))
    return cell


def make_notebook(dice: Dice) -> dict[str, Any]:
    """A sound notebook."""
    cells = [make_cell(dice) for _ in range(dice.pick((0, 1, 2, 3, 5)) if dice.chance(0.98) else 50)]
    metadata = dice.pick(
        ({}, {"kernelspec": {"language": "python"}}, {"language_info": {"name": "python", "version": "3"}})
    )
    if dice.chance(0.8):
        return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    for cell in cells:
        cell["input"] = cell.pop("source")
    return {"nbformat": 3, "metadata": metadata, "worksheets": [{"cells": cells}]}


def make(dice: Dice) -> bytes:
    """One notebook."""
    if dice.chance(0.01):
        return dice.pick(
            (b"", b" \n", b"import torch\n", b"<<<<<<< a\n=======\n>>>>>>> b\n", b"[" * 100_000, b'{"a":' * 3000)
        )
    text = mutate_json(dice, make_notebook(dice), WORDS)
    content = text.encode(dice.pick(("utf-8",) * 30 + ("utf-16", "utf-32", "utf-8-sig")), "surrogatepass")
    if dice.chance(0.02):
        content = dice.pick(MARKS) + content
    if dice.chance(0.005):
        content = content * 200
    return (
        mutate_bytes(dice, content, (b'"source"', b"\\u0000", b"\\ud800", b"\xc3", b"\xed\xa0\x80"))
        if dice.chance(0.2)
        else content
    )


def read(content: bytes) -> str:
    """Read as the graded file."""
    try:
        program, notes = read_notebook("hw1.ipynb", content, LIMITS)
    except SubmissionError as error:
        return check_words(error)
    cells = program.cells
    assert program.source is None
    assert type(cells) is tuple
    numbers = [cell.number for cell in cells]
    assert numbers == sorted(set(numbers))
    assert all(1 <= number <= program.cell_count <= LIMITS.cells for number in numbers)
    assert sum(len(cell.source) for cell in cells) <= LIMITS.source_bytes
    for cell in cells:
        assert type(cell.source) is str
        assert "\0" not in cell.source
        cell.source.encode()
    for note in notes:
        assert all(type(value) in (str, int) for value in note.facts.values())
    return TAKEN


REACHES = frozenset(
    (
        *("taken", "encoding", "not_text", "nul", "notebook_cell", "notebook_depth", "notebook_form"),
        *("notebook_json", "notebook_language", "notebook_too_large", "notebook_twice", "notebook_version"),
        *("source_too_long", "too_many_cells"),
    )
)
NOTEBOOK = Target(name="notebook", make=make, read=read, reaches=REACHES)
