"""A workshop for one assignment's own submissions: runs them in real sandboxes, and says what each of them failed."""

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.check_assignment import Trial, list_failed
from grader.collect import Workshop, collect_evidence
from grader.draws import load_data
from grader.errors import ProvisionError
from grader.evidence.model import Evidence
from grader.ingest import read_submission
from grader.jobs import keep_data
from grader.marking import Marks, load_authors_checks, mark_evidence
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.spec import Assignment, load_assignment
from grader.weights.vault import Vault
from tests.assignments.course import ROOT, draw_number

__all__ = ["Bench", "Called", "list_changed", "load", "name_trial", "open_bench", "read_definitions"]

Called = Mapping[str, tuple[str, ...]]
"""Of each question the functions and classes of a submission that it calls, their helpers among them."""


def load(slug: str) -> Assignment:
    """An assignment of this repository, with its private part."""
    return load_assignment(ROOT / "assignments" / slug, reference=ROOT / "reference" / slug)


class Bench:
    """One assignment on one draw, and its solution's evidence. `warm` forks a guest for each run of `sandbox`."""

    def __init__(self, slug: str, home: Path, *, draw: int = 1) -> None:
        self.assignment = load(slug)
        self.draw = draw_number(draw)
        self.data = load_data(self.assignment, self.draw)
        self.sandbox: Sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
        self.warm = WarmSandbox(self.sandbox)
        self.workshop = Workshop(
            sandbox=self.warm, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"tests"
        )
        self.kept = keep_data(self.assignment, data=self.data, vault=self.workshop.vault)
        self.authors = load_authors_checks(self.assignment)
        self.solution = ROOT / "reference" / slug / "solution"
        self.reference = self.run(self.solution)

    def run(self, folder: Path, questions: tuple[str, ...] = (), *, cold: bool = False) -> Evidence:
        """The evidence of a submission, of some questions or of all."""
        workshop = replace(self.workshop, sandbox=self.sandbox) if cold else self.workshop
        submission = read_submission(folder, files=self.assignment.files)
        asked = tuple(part for part in self.assignment.questions if not questions or part.id in questions)
        narrow = replace(self.assignment, questions=asked)
        return collect_evidence(narrow, submission, draw=self.draw, data=self.data, workshop=workshop).evidence

    def mark(self, evidence: Evidence) -> Marks:
        """The marks of a whole submission's evidence."""
        return mark_evidence(self.assignment, evidence, self.reference, kept=self.kept, authors=self.authors)

    def score(self, folder: Path) -> Decimal | None:
        """The points of a whole submission."""
        return self.mark(self.run(folder)).score.points

    def list_failed(self, trial: Trial, called: Called) -> set[str]:
        """What a mutant fails: a check, or a question alone where it doesn't finish.

        Run are the questions that call what differs: all other code is the solution's, word for word.
        """
        evidence = self.run(trial.folder, self.list_touched(trial, called))
        asked = tuple(part for part in self.assignment.questions if part.id in evidence.questions)
        narrow = replace(self.assignment, questions=asked)
        marks = mark_evidence(narrow, evidence, self.reference, kept=self.kept, authors=self.authors)
        return set(list_failed(marks, evidence))

    def list_touched(self, trial: Trial, called: Called) -> tuple[str, ...]:
        """The questions that call a function or class in which a mutant isn't the solution."""
        changed = list_changed(trial.folder / self.assignment.files[0], self.solution / self.assignment.files[0])
        return tuple(question for question, functions in called.items() if changed & set(functions))


@contextmanager
def open_bench(slug: str, home: Path) -> Iterator[Bench]:
    """A bench, whose guests end with it; skipped where there is no PyTorch to run."""
    try:
        find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    bench = Bench(slug, home)
    try:
        yield bench
    finally:
        bench.warm.close()


def read_definitions(source: str) -> dict[str, str]:
    """The functions and classes of a script, their docstrings left out."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
                node.body = node.body[1:]
    return {node.name: ast.unparse(node) for node in nodes}


def list_changed(one: Path, other: Path) -> set[str]:
    """The functions and classes of two scripts that aren't the same in both, or aren't in both."""
    mine, theirs = (read_definitions(path.read_text("utf-8")) for path in (one, other))
    return {name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)}


def name_trial(trial: Trial) -> str:
    """A trial as a test's id."""
    return trial.name
