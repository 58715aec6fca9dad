"""Runs a test that was written for a notebook, in the student's own names, and says what came of it.

A test is some lines of Python: assertions, or expressions whose values are compared with the reference's outside. What
it says is a claim: it shares a process with the code that it tests.
"""

import ast
import contextlib
import io
import re
import textwrap
import traceback
from typing import Any

__all__ = ["run_cell_test"]

FILENAME = "<test>"
MOST_CHARACTERS = 20_000
MOST_MESSAGE = 500
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


def run_cell_test(source: str, namespace: dict[str, Any], *, every: bool, printed: bool) -> dict[str, Any]:
    """Run a test's lines one statement after the other.

    Returns a table: "passed", whether nothing was raised; "line" and "error" of what was; "shown", the value of its
    last expression, or of `every` one at its top, as a notebook shows them, and with `printed` what was printed.
    """
    shown = io.StringIO()
    swallowed = io.StringIO()
    outcome: dict[str, Any] = {"passed": True, "line": None, "error": None}
    try:
        statements = ast.parse(textwrap.dedent(source), FILENAME).body
        with contextlib.redirect_stdout(shown if printed else swallowed):
            for number, statement in enumerate(statements):
                last = number == len(statements) - 1
                run_statement(statement, namespace, shown if every or last else None)
    except Exception as error:  # whatever the test or the student's code raises is what came of it
        message = f"{type(error).__name__}: {read_message(error)}" if read_message(error) else type(error).__name__
        outcome = {"passed": False, "line": find_line(error), "error": message[:MOST_MESSAGE]}
    return {**outcome, "shown": ADDRESS.sub("at 0x…", shown.getvalue().strip())[:MOST_CHARACTERS]}


def run_statement(statement: ast.stmt, namespace: dict[str, Any], shown: io.StringIO | None) -> None:
    """Run one statement; the value of an expression is shown, where it is one to show."""
    if isinstance(statement, ast.Expr) and shown is not None:
        expression = ast.Expression(statement.value)
        value = eval(compile(expression, FILENAME, "eval"), namespace)  # noqa: S307 - the author's test, inside
        if value is not None:
            shown.write(f"{spell(value)}\n")
        return
    exec(compile(ast.Module([statement], []), FILENAME, "exec"), namespace)  # noqa: S102 - likewise


def spell(value: Any) -> str:
    """A value as a notebook shows it; numpy's numbers and truth values as Python's."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        value = value.item()
    return repr(value)


def read_message(error: BaseException) -> str:
    """An error's own text, as far as it has one that can be read."""
    try:
        return str(error)
    except Exception:
        return ""


def find_line(error: BaseException) -> int | None:
    """The line of the test in which it happened."""
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILENAME]
    return lines[0] if lines else None
