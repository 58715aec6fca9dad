"""What an assignment's own material says, read for the tests that hold its parts to each other."""

import ast
import difflib
import re
import runpy
from decimal import Decimal
from pathlib import Path

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, QuestionEvidence
from grader.score import score_question, score_submission
from grader.spec import Assignment
from tests.assignments.course import ROOT

__all__ = [
    "count_changed_lines",
    "list_changed_functions",
    "make_notebook",
    "name_arguments",
    "read_signatures",
    "read_table",
    "score_failing",
]

ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<mistake>.*) \| (?P<fails>.*) \| (?P<lost>[\d.]+) \|")


def name_arguments(function: ast.FunctionDef) -> list[str]:
    """The names of a function's arguments, and its defaults."""
    return [argument.arg for argument in function.args.args] + [ast.unparse(value) for value in function.args.defaults]


def read_signatures(probe: Path) -> dict[str, str]:
    """A probe's SIGNATURES: what each function that it calls looks like."""
    found: dict[str, str] = next(
        ast.literal_eval(node.value)
        for node in ast.parse(probe.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SIGNATURES"
    )
    return found


def make_notebook(script: Path) -> str:
    """The notebook that `scripts/make_notebook.py` makes of a script."""
    made: str = runpy.run_path(str(ROOT / "scripts/make_notebook.py"))["make_notebook"](script.read_text("utf-8"))
    return made


def list_changed_functions(one: str, other: str) -> list[str]:
    """The functions of one script that aren't the other's, docstrings left out."""
    mine, theirs = read_bodies(one), read_bodies(other)
    return [function for function in theirs if mine.get(function) != theirs[function]]


def count_changed_lines(one: str, other: str) -> int:
    """Lines that were added, in the bodies of the functions."""
    mine, theirs = ("\n".join(read_bodies(source).values()).splitlines() for source in (one, other))
    return sum(line.startswith("+ ") for line in difflib.ndiff(theirs, mine))


def read_bodies(source: str) -> dict[str, str]:
    """Each function's body."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            found[node.name] = ast.unparse(ast.Module(body=body, type_ignores=[]))
    return found


def read_table(slug: str) -> dict[str, re.Match[str]]:
    """The rows of docs/<slug>-mistakes.md, by mutant."""
    lines = (ROOT / f"docs/{slug}-mistakes.md").read_text("utf-8").splitlines()
    return {row["name"]: row for row in map(ROW.fullmatch, lines) if row}


def score_failing(assignment: Assignment, fails: tuple[str, ...]) -> Decimal:
    """The points where just these checks fail, those that need them are skipped, and all others pass."""
    scores = []
    for question in assignment.questions:
        results: dict[str, CheckResult] = {}
        for check in question.checks:
            skipped = any(results[needed].verdict is not Verdict.PASSED for needed in check.needs)
            failed = question.id in fails or f"{question.id}.{check.id}" in fails
            verdict = Verdict.FAILED if failed else Verdict.SKIPPED if skipped else Verdict.PASSED
            results[check.id] = CheckResult(verdict=verdict)
        scores.append(score_question(question, QuestionEvidence(id=question.id, exit=Exit.FINISHED), results))
    points = score_submission(assignment, tuple(scores)).points
    assert points is not None
    return points
