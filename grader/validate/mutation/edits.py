"""A program's text and its syntax tree, and a change to a piece of the text: the rest stays as it was written."""

import ast
import difflib
import hashlib
import warnings
from dataclasses import dataclass
from functools import cached_property

__all__ = ["Edit", "Source", "is_text", "make_edit", "parse", "show_difference", "spell_program"]

Place = tuple[int, int]
"""A line, from 1, and a column in bytes, as `ast` counts."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change: by which operator, in which function, from where to where, and what stands there afterwards."""

    operator: str
    function: str
    start: Place
    end: Place
    text: str

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.start[0]


@dataclass(frozen=True)
class Source:
    """A program. One that isn't Python has no tree: `parse` raises SyntaxError."""

    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return parse(self.text)

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines with their ends."""
        return [line.encode() for line in self.text.splitlines(keepends=True)]

    def cut(self, start: Place, end: Place) -> str:
        """What stands between two places."""
        first, last = start[0] - 1, end[0] - 1
        if first == last:
            return self.lines[first][start[1] : end[1]].decode()
        parts = [self.lines[first][start[1] :], *self.lines[first + 1 : last], self.lines[last][: end[1]]]
        return b"".join(parts).decode()

    def apply(self, edit: Edit) -> str:
        """The program's text with a change."""
        before = [*self.lines[: edit.start[0] - 1], self.lines[edit.start[0] - 1][: edit.start[1]]]
        after = [self.lines[edit.end[0] - 1][edit.end[1] :], *self.lines[edit.end[0] :]]
        return b"".join([*before, edit.text.encode(), *after]).decode()

    def name(self, edit: Edit) -> str:
        """A change's name: it stays where the rest of the program changes, and goes where its own piece does."""
        piece = " ".join(self.cut(edit.start, edit.end).split())
        digest = hashlib.sha256(f"{edit.operator}\0{edit.function}\0{piece}\0{edit.text.strip()}".encode())
        return f"{edit.function}.{edit.operator}.{digest.hexdigest()[:8]}"


def parse(text: str) -> ast.Module:
    """A syntax tree.

    Raises:
        SyntaxError: the text isn't Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def make_edit(operator: str, function: str, node: ast.stmt | ast.expr, text: str) -> Edit:
    """A change that puts a text in the place of a node."""
    start = node.lineno, node.col_offset
    end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return Edit(operator=operator, function=function, start=start, end=end, text=text)


def spell_program(text: str) -> str | None:
    """A program's tree as text, docstrings and annotations left out; None where it isn't Python.

    Two texts that are spelt alike are one program.
    """
    try:
        return spell(parse(text))
    except (SyntaxError, ValueError):
        return None


def spell(tree: ast.Module) -> str:
    """A tree without docstrings and annotations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            node.body = node.body[1:] if node.body and is_text(node.body[0]) else node.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(value=None)
    return ast.dump(tree)


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a lone string."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def show_difference(before: str, after: str) -> tuple[str, ...]:
    """The lines that differ, with - and + in front."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    return tuple(line for line in lines if line[:1] in ("-", "+"))
