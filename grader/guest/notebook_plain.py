"""A notebook's cells where IPython isn't installed: magics and `!commands` are left out, the rest is Python."""

import ast
import asyncio
import builtins
import inspect
import re
from types import ModuleType

from .sources import tell_too_deep

__all__ = ["PlainNotebook"]

ESCAPED = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?\??\s*)$")
ASSIGNED = re.compile(r"^(\s*[\w, ]+?=\s*)[%!].*$")
CELL_MAGIC = re.compile(r"\s*%%")


class PlainNotebook:
    """Runs cells in a module."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        vars(builtins).setdefault("display", print)

    def transform(self, text: str) -> str:
        """The cell as Python, line for line. A text without escapes stays as it is, strings with `%` in them too."""
        if CELL_MAGIC.match(text):
            return "\n" * text.count("\n")
        try:
            ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return "\n".join(plain_line(line) for line in text.split("\n"))
        return text

    def run(self, text: str, name: str) -> None:
        """Run one cell, with `await` at its top if it likes.

        Raises:
            BaseException: what the cell raises.
        """
        with tell_too_deep(name):
            code = compile(self.transform(text), name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        result = eval(code, self.module.__dict__)  # noqa: S307 - the student's code, which is what the guest is for
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(result)


def plain_line(line: str) -> str:
    """A line without its escape."""
    if match := ASSIGNED.match(line):
        return f"{match[1]}[]"
    match = ESCAPED.match(line)
    return line if match is None else f"{match[1]}pass"
