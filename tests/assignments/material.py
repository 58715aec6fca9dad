"""What an assignment's own material says, read for the tests that hold its parts to each other."""

import ast
import difflib
import re
from decimal import Decimal
from pathlib import Path

from grader.checks.result import CheckResult, Verdict
from grader.evidence.model import Exit, QuestionEvidence
from grader.score import score_question, score_submission
from grader.spec import Assignment
from tests.assignments.course import ROOT

__all__ = [
    "count_changed_lines",
    "list_changed",
    "name_arguments",
    "read_definitions",
    "read_signatures",
    "read_table",
    "score_failing",
]

ROW = re.compile(r"\| `(?P<name>\w+)` \| (?P<mistake>.*) \| (?P<fails>.*) \| (?P<lost>[\d.]+) \|")


def name_arguments(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """The names of the arguments with which a function is called, or a class, and the defaults."""
    if isinstance(node, ast.ClassDef):
        node = next(part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")
    names = [argument.arg for argument in node.args.args if argument.arg != "self"]
    return names + [ast.unparse(value) for value in node.args.defaults]


def read_signatures(probe: Path) -> dict[str, str]:
    """A probe's SIGNATURES: what each function that it calls looks like."""
    found: dict[str, str] = next(
        ast.literal_eval(node.value)
        for node in ast.parse(probe.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SIGNATURES"
    )
    return found


def list_changed(one: Path, other: Path) -> set[str]:
    """The functions and classes of two scripts that aren't the same in both, or aren't in both."""
    mine, theirs = (read_definitions(path.read_text("utf-8")) for path in (one, other))
    return {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


def count_changed_lines(one: Path, other: Path) -> int:
    """Lines that were added, in functions and classes."""
    mine, theirs = ("\n".join(read_definitions(path.read_text("utf-8")).values()).splitlines() for path in (one, other))
    return sum(line.startswith("+ ") for line in difflib.ndiff(theirs, mine))


def read_definitions(source: str) -> dict[str, str]:
    """The functions and classes of a script, their docstrings left out."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
    return {node.name: ast.unparse(node) for node in nodes}


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
