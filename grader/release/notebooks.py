"""A script of cells as a notebook: one text, two forms. `# %%` begins a cell of code, `# %% [markdown]` one of text.

What stands before the first mark is a cell too; a script without marks becomes one cell of code.
"""

import json
import re
from collections.abc import Iterator

__all__ = ["make_notebook"]

MARK = re.compile(r"# %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?")


def make_notebook(source: str) -> bytes:
    """The notebook of a script, without outputs; the same script gives the same bytes."""
    cells = [make_cell(number, *parts) for number, parts in enumerate(split_cells(source), 1)]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def split_cells(source: str) -> Iterator[tuple[re.Match[str] | None, list[str]]]:
    """The cells of a script that hold anything: the line that begins each, and its other lines."""
    mark: re.Match[str] | None = None
    lines: list[str] = []
    for line in source.splitlines():
        found = MARK.fullmatch(line)
        if found is None:
            lines.append(line)
            continue
        if any(lines):
            yield mark, lines
        mark, lines = found, []
    if any(lines):
        yield mark, lines


def make_cell(number: int, mark: re.Match[str] | None, lines: list[str]) -> dict[str, object]:
    """One cell."""
    tags = {"tags": json.loads(mark["tags"])} if mark and mark["tags"] else {}
    about: dict[str, object] = {"id": f"cell-{number}", "metadata": tags}
    if mark and mark["text"]:
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines).strip("\n")
        return {"cell_type": "markdown", **about, "source": text}
    return {
        "cell_type": "code",
        "execution_count": None,
        **about,
        "outputs": [],
        "source": "\n".join(lines).strip("\n"),
    }
