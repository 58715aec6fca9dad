"""Write a handout's notebook from its script: one text, two forms.

    python scripts/make_notebook.py assignments/hw1/handout/hw1.py

The script's cells begin with `# %%`; `# %% [markdown]` begins a cell of text, `tags=[…]` gives a cell its tags.
"""

import json
import re
import sys
from pathlib import Path

import nbformat

MARK = re.compile(r"# %%(?P<text> \[markdown\])?(?: tags=(?P<tags>\[.*\]))?")


def main() -> None:
    """Write the notebook beside each script that is named."""
    for name in sys.argv[1:]:
        script = Path(name)
        script.with_suffix(".ipynb").write_text(make_notebook(script.read_text("utf-8")), "utf-8")


def make_notebook(source: str) -> str:
    """A script's cells as a notebook without outputs, byte for byte the same each time."""
    notebook = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for number, (mark, lines) in enumerate(split_cells(source), 1):
        cell = make_cell(mark, lines)
        cell["id"] = f"cell-{number}"
        notebook.cells.append(cell)
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def split_cells(source: str) -> list[tuple[re.Match[str], list[str]]]:
    """The cells of a script: the line that begins each, and its other lines."""
    cells: list[tuple[re.Match[str], list[str]]] = []
    for line in source.splitlines():
        mark = MARK.fullmatch(line)
        if mark:
            cells.append((mark, []))
        elif cells:
            cells[-1][1].append(line)
        elif line.strip():
            raise SystemExit(f"the script must begin with a cell mark, not with {line!r}")
    return cells


def make_cell(mark: re.Match[str], lines: list[str]) -> nbformat.NotebookNode:
    """One cell."""
    metadata = {"tags": json.loads(mark["tags"])} if mark["tags"] else {}
    if mark["text"]:
        text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines).strip("\n")
        return nbformat.v4.new_markdown_cell(text, metadata=metadata)
    return nbformat.v4.new_code_cell("\n".join(lines).strip("\n"), metadata=metadata)


if __name__ == "__main__":
    main()
