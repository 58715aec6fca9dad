"""Cells as a notebook, where `notebook` reads one; and a script of cells as a notebook: one text, two forms.

In a script `# %%` begins a cell of code, `# %% [markdown]` one of text, `tags=["…"]` behind either gives it tags. What
stands before the first mark is a cell too; a script without marks becomes one cell of code.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["NewCell", "make_notebook", "pack_notebook"]

MARK = re.compile(r"# %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?")
LANGUAGE = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@dataclass(frozen=True, kw_only=True)
class NewCell:
    """A cell that is to be written: of code, or of text ("markdown")."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


def make_notebook(script: str) -> bytes:
    """The notebook of a script; the same script gives the same bytes."""
    return pack_notebook(split_cells(script))


def pack_notebook(cells: Iterable[NewCell]) -> bytes:
    """A notebook of these cells, without outputs, in format 4.5, spelt as Jupyter spells it."""
    described = [describe_cell(cell, number) for number, cell in enumerate(cells, 1)]
    notebook = {"cells": described, "metadata": LANGUAGE, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def describe_cell(cell: NewCell, number: int) -> dict[str, Any]:
    """One cell."""
    about: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": f"cell-{number}",
        "metadata": {"tags": list(cell.tags)} if cell.tags else {},
        "source": cell.source.splitlines(keepends=True),
    }
    return about | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})


def split_cells(script: str) -> Iterator[NewCell]:
    """The cells of a script that hold anything."""
    mark: re.Match[str] | None = None
    lines: list[str] = []
    for line in script.splitlines():
        found = MARK.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        yield from make_cell(mark, lines)
        mark, lines = found, []
    yield from make_cell(mark, lines)


def make_cell(mark: re.Match[str] | None, lines: list[str]) -> Iterator[NewCell]:
    """The cell that a mark begins, if it holds anything."""
    if not any(lines):
        return
    tags = tuple(json.loads(mark["tags"])) if mark and mark["tags"] else ()
    if mark and mark["text"]:
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
        yield NewCell(kind="markdown", source=text.strip("\n"), tags=tags)
    else:
        yield NewCell(kind="code", source="\n".join(lines).strip("\n"), tags=tags)
