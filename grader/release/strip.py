"""A handout out of a solution: what stands between `# BEGIN SOLUTION` and `# END SOLUTION` is taken out.

    def mean(numbers):                       def mean(numbers):
        # BEGIN SOLUTION                         # YOUR CODE HERE
        return sum(numbers) / len(numbers)       raise NotImplementedError("mean isn't written yet")
        # END SOLUTION

In a function what takes its place says so when it is called. Outside of one it is a comment, for the file must load, or
no question could be asked. A part whose end lies in another cell, or that holds another, is a fault: a marker that is
misread gives a solution away.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.errors import Fault, SpecError

__all__ = ["has_solution", "join_source", "list_solution_parts", "strip_notebook", "strip_script"]

MARKER = re.compile(r"^(?P<indent>[ \t]*)#+[ \t]*(?P<word>BEGIN|END)[ \t]+SOLUTION[ \t]*:?[ \t]*$")
LOOSE = re.compile(r"#.*\b(BEGIN|END)[\s_-]*SOLUTIONS?\b", re.IGNORECASE)
HERE = "# YOUR CODE HERE"


@dataclass(frozen=True)
class Block:
    """The lines of one solution part, counted from 0, without its markers: `begin` and `end` are theirs."""

    begin: int
    end: int
    indent: str


def has_solution(text: str) -> bool:
    """Whether a script or a notebook's text has a marker, or something that was meant to be one."""
    return LOOSE.search(text) is not None


def strip_script(text: str, *, where: str) -> str:
    """A script without its solution parts.

    Raises:
        SpecError: a marker has no partner, or isn't spelt as one.
    """
    lines = text.split("\n")
    functions = name_functions(text)
    for block in reversed(find_blocks(lines, where)):
        lines[block.begin : block.end + 1] = fill_gap(block, functions)
    return "\n".join(lines)


def strip_notebook(content: bytes, *, where: str) -> bytes:
    """A notebook without its solution parts, and without any output: an output may show what a solution gives.

    Raises:
        SpecError: a marker has no partner in its cell, or isn't spelt as one; or this is no notebook.
    """
    notebook = read_notebook(content, where)
    for number, cell in enumerate(notebook["cells"], 1):
        place = f"{where}, cell {number}"
        source = join_source(cell)
        if cell.get("cell_type") == "code":
            cell["outputs"], cell["execution_count"] = [], None
            source = strip_script(source, where=place)
        elif has_solution(source):
            raise refuse(place, "a marker in a cell of text", "solution parts belong in code cells")
        cell["source"] = source
        cell.pop("attachments", None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def list_solution_parts(name: str, content: bytes) -> list[str]:
    """The text of every solution part of a script or a notebook.

    Raises:
        SpecError: a marker has no partner, or isn't spelt as one.
    """
    if name.endswith(".ipynb"):
        cells = [cell for cell in read_notebook(content, name)["cells"] if cell.get("cell_type") == "code"]
        sources = [join_source(cell) for cell in cells]
    else:
        sources = [content.decode("utf-8")]
    return [part for source in sources for part in cut_parts(source, name)]


def cut_parts(source: str, where: str) -> Iterator[str]:
    """The solution parts of one text."""
    lines = source.split("\n")
    for block in find_blocks(lines, where):
        yield "\n".join(lines[block.begin + 1 : block.end])


def find_blocks(lines: list[str], where: str) -> list[Block]:
    """The solution parts, from top to bottom."""
    blocks: list[Block] = []
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines):
        marker = MARKER.match(line)
        if marker is None:
            if LOOSE.search(line):
                right = "a line of its own: # BEGIN SOLUTION or # END SOLUTION"
                raise refuse(f"{where}, line {number + 1}", f"{line.strip()[:60]!r} is nearly a marker", right)
        elif (marker["word"] == "BEGIN") is (begun is not None):
            said = "begins inside another" if begun else "ends, and none has begun"
            raise refuse(f"{where}, line {number + 1}", f"a solution part {said}", "each BEGIN has one END")
        elif begun is None:
            begun = (number, marker["indent"])
        else:
            blocks.append(Block(begun[0], number, begun[1]))
            begun = None
    if begun is not None:
        raise refuse(f"{where}, line {begun[0] + 1}", "a solution part that never ends", "add # END SOLUTION")
    return blocks


def refuse(where: str, message: str, suggestion: str) -> SpecError:
    """Markers that can't be understood."""
    fault = Fault(where, message, suggestion)
    return SpecError(f"{where}: {message}; nothing is released from it", faults=(fault,))


def name_functions(text: str) -> dict[int, str] | None:
    """The innermost function of every line, counted from 0, that stands in one's body; None where that isn't known."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # a cell with a magic
        return None
    found: dict[int, str] = {}
    for node in ast.walk(tree):  # outer ones first
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= dict.fromkeys(range(node.lineno, node.end_lineno or node.lineno), node.name)
    return found


def fill_gap(block: Block, functions: dict[int, str] | None) -> list[str]:
    """What takes a part's place."""
    if not block.indent:
        return [HERE]
    function = "this" if functions is None else functions.get(block.begin)
    reason = json.dumps(f"{function} isn't written yet")
    says = "pass" if function is None else f"raise NotImplementedError({reason})"
    return [f"{block.indent}{HERE}", f"{block.indent}{says}"]


def read_notebook(content: bytes, where: str) -> dict[str, Any]:
    """A notebook of the author's.

    Raises:
        SpecError: it isn't one.
    """
    try:
        notebook = json.loads(content)
        if all(isinstance(cell, dict) for cell in notebook["cells"]):
            return dict(notebook)
    except (ValueError, KeyError, TypeError):
        pass
    raise SpecError(f"{where} is no notebook")


def join_source(cell: dict[str, Any]) -> str:
    """A cell's text, however it is written down."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)
