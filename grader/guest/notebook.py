"""A notebook's code cells, run in order in one module with IPython's semantics, without a Jupyter kernel.

Magics, `!commands`, `display`, `?` and top-level `await` work as a student knows them. What only makes a notebook
comfortable must not end it: an unknown magic, one whose package isn't installed (`%matplotlib inline`), installing
packages and timing are answered with a line of output. Where IPython isn't installed, `notebook_plain` does with less.
"""

import ast
import contextlib
import difflib
import importlib.util
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .definitions import run_definitions
from .sources import Source, Sources, refuse_null_bytes, tell_too_deep

__all__ = ["preload_notebook", "run_notebook"]

BODY_MAGIC = re.compile(r"\s*%%(?:time|capture)\b[^\n]*")
SKIPPED_MAGIC = re.compile(r"\s*%%(?:timeit|prun)\b")


def preload_notebook() -> None:
    """Import what a notebook needs, once for all questions, before any student code."""
    if importlib.util.find_spec("IPython") is not None:
        importlib.import_module(".notebook_shell", __package__)
    else:
        importlib.import_module(".notebook_plain", __package__)


def run_notebook(program: Mapping[str, Any], module: ModuleType, sources: Sources, *, definitions_only: bool) -> None:
    """Run the cells, or only their definitions.

    Raises:
        BaseException: what the first failing cell raises.
    """
    shell = make_shell(module)
    for cell in program["cells"]:
        text = prepare_cell(str(cell["source"]))
        name = f"{program['path']}, cell {cell['number']}"
        as_run = shell.transform(text)
        source = Source(
            path=str(program["path"]),
            lines=str(cell["source"]).splitlines(),
            cell=int(cell["number"]),
            cells=int(program["of"]),
            line_map=map_lines(text, as_run),
        )
        sources.add(name, source)
        refuse_null_bytes(text, name)
        if definitions_only:
            with tell_too_deep(name):
                tree = ast.parse(as_run, name)
            run_definitions(tree, name, module.__dict__)
        else:
            shell.run(text, name)


def make_shell(module: ModuleType) -> Any:
    """What runs the cells: `transform(text)` to Python, and `run(text, name)`."""
    with contextlib.suppress(ImportError):
        from .notebook_shell import NotebookShell  # IPython isn't installed everywhere

        return NotebookShell(module)
    from .notebook_plain import PlainNotebook

    return PlainNotebook(module)


def prepare_cell(text: str) -> str:
    """The cell, with the body of `%%time` as plain code, so that its lines and names are the cell's own."""
    if SKIPPED_MAGIC.match(text):
        return ""
    match = BODY_MAGIC.match(text)
    return text if match is None else "\n" * match[0].count("\n") + text[match.end() :]


def map_lines(written: str, as_run: str) -> list[int] | None:
    """For each line as run, its line as written; None where they agree."""
    before, after = written.splitlines(), as_run.splitlines()
    if len(before) == len(after):
        return None
    lines = [1] * len(after)
    for _tag, a, b, c, d in difflib.SequenceMatcher(None, after, before, autojunk=False).get_opcodes():
        for offset in range(b - a):
            lines[a + offset] = max(0, min(c + offset, max(c, d - 1), len(before) - 1)) + 1
    return lines
