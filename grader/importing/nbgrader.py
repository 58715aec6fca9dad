"""The source notebook of an nbgrader assignment: cells marked in metadata, solutions and hidden tests by comments.

Each graded cell is a question, as it is a column of nbgrader's gradebook. A test cell's hidden part becomes a hidden
test; `AUTOTEST` lines become expressions whose values are compared with the reference's.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from grader.importing.model import Cell, Imported, ImportedQuestion, ImportedTest
from grader.importing.notebooks import RawCell, make_id, make_title

__all__ = ["is_nbgrader", "read_nbgrader"]

SOLUTION = (re.compile(r"^(\s*)#+\s*BEGIN SOLUTION\s*$"), re.compile(r"^\s*#+\s*END SOLUTION\s*$"))
HIDDEN = (re.compile(r"^(\s*)#+\s*BEGIN HIDDEN TESTS\s*$"), re.compile(r"^\s*#+\s*END HIDDEN TESTS\s*$"))
AUTOTEST = re.compile(r"^(\s*)#+\s*(?:HASHED )?AUTOTEST\s+(.*?);?\s*$")
CODE_STUB = "# your code here\nraise NotImplementedError"
TEXT_STUB = "Your answer here."


def is_nbgrader(cells: Iterable[RawCell]) -> bool:
    """Whether a notebook has cells of nbgrader's."""
    return any(isinstance(cell.metadata.get("nbgrader"), dict) for cell in cells)


def read_nbgrader(cells: Iterable[RawCell]) -> Imported:
    """The assignment that a source notebook is."""
    taken: set[str] = set()
    questions: list[ImportedQuestion] = []
    notes: list[str] = []
    handout: list[Cell] = []
    solution: list[Cell] = []
    text = ""
    for cell in cells:
        about = cell.metadata.get("nbgrader")
        about = about if isinstance(about, dict) else {}
        if cell.kind == "markdown" and not about.get("solution"):
            text = cell.source
        if about.get("grade") or about.get("task"):
            questions += read_question(cell, about, text, taken, notes)
        is_test = bool(about.get("grade")) and not about.get("solution")
        if cell.kind in ("code", "markdown"):
            handout.append(make_handout(cell, about, is_test=is_test and cell.kind == "code"))
            if not (is_test and cell.kind == "code"):
                solution.append(Cell(kind=cell.kind, source=drop_marks(cell.source)))
    return Imported(
        origin="nbgrader",
        questions=tuple(share_helpers(questions)),
        handout=tuple(handout),
        solution=tuple(solution),
        notes=tuple(notes),
    )


def read_question(
    cell: RawCell, about: dict[str, Any], text: str, taken: set[str], notes: list[str]
) -> Iterator[ImportedQuestion]:
    """The question of a graded cell; none where it is worth nothing."""
    name = str(about.get("grade_id") or f"cell_{cell.number}")
    points = read_points(about.get("points"))
    if not points:
        notes.append(f"Cell {cell.number} ({name!r}) is worth no points, and was left out.")
        return
    tests: tuple[ImportedTest, ...] = ()
    said = cell.source if cell.kind == "markdown" and about.get("task") else text
    if cell.kind == "code" and not about.get("solution"):
        tests = tuple(split_tests(cell.source))
        said = read_docstring(cell.source) or said
    title = make_title(said, name)
    yield ImportedQuestion(id=make_id(name, taken), title=title, points=points, tests=tests)


def share_helpers(questions: Iterable[ImportedQuestion]) -> Iterator[ImportedQuestion]:
    """The same with what earlier test cells define put before the tests that use it: here each runs by itself."""
    helpers: dict[str, str] = {}
    for question in questions:
        tests = tuple(replace(test, source=add_helpers(test.source, helpers)) for test in question.tests)
        yield replace(question, tests=tests)
        for test in question.tests:
            helpers |= read_definitions(test.source)


def add_helpers(source: str, helpers: Mapping[str, str]) -> str:
    """A test with the definitions that it uses and doesn't make itself."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    wanted = [text for name, text in helpers.items() if name in used - read_definitions(source).keys()]
    return "\n".join([*wanted, source])


def read_definitions(source: str) -> dict[str, str]:
    """The functions and classes at the top of a test, by name."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return {}
    return {
        part.name: ast.get_source_segment(source, part) or ""
        for part in body
        if isinstance(part, ast.FunctionDef | ast.ClassDef)
    }


def read_docstring(source: str) -> str:
    """What a test cell says of itself."""
    try:
        return ast.get_docstring(ast.parse(source)) or ""
    except SyntaxError:
        return ""


def read_points(value: Any) -> Decimal:
    """Points with at most two places; none where the cell says nothing that is a number."""
    try:
        points = Decimal(str(value)).quantize(Decimal("0.01"))
    except InvalidOperation:
        return Decimal(0)
    return points.normalize() if points.is_finite() and points > 0 else Decimal(0)


def split_tests(source: str) -> Iterator[ImportedTest]:
    """The visible test of a cell, and the hidden one, which begins with what the visible one has set up."""
    shown, hidden = cut(source, HIDDEN)
    automatic = any(AUTOTEST.match(line) for line in source.splitlines())
    if not hidden:
        yield ImportedTest(source=expand_autotests(source), every=automatic)
        return
    if has_statements(shown):
        yield ImportedTest(source=expand_autotests(shown), every=automatic)
    whole = "\n".join(line for line in source.splitlines() if not any(mark.match(line) for mark in HIDDEN))
    yield ImportedTest(source=expand_autotests(whole), hidden=True, every=automatic)


def expand_autotests(source: str) -> str:
    """`### AUTOTEST f(1); f(2)` becomes the two expressions, a line each."""
    lines: list[str] = []
    for line in source.splitlines():
        found = AUTOTEST.match(line)
        if found is None:
            lines.append(line)
            continue
        try:
            statements = ast.parse(found[2]).body
        except SyntaxError:
            lines.append(line)
            continue
        lines += [f"{found[1]}{ast.unparse(statement)}" for statement in statements]
    return "\n".join(lines)


def has_statements(source: str) -> bool:
    """Whether there is more than a docstring and comments."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return bool(source.strip())
    return any(not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)) for part in body)


def cut(source: str, marks: tuple[re.Pattern[str], re.Pattern[str]]) -> tuple[str, str]:
    """What stands outside and what stands between two marks."""
    outside: list[str] = []
    between: list[str] = []
    inside = False
    for line in source.splitlines():
        if not inside and marks[0].match(line):
            inside = True
        elif inside and marks[1].match(line):
            inside = False
        else:
            (between if inside else outside).append(line)
    return "\n".join(outside), "\n".join(between)


def make_handout(cell: RawCell, about: dict[str, Any], *, is_test: bool) -> Cell:
    """A cell as students get it: no solution, no hidden test."""
    if is_test:
        shown, _ = cut(cell.source, HIDDEN)
        return Cell(kind=cell.kind, source=shown, is_test=True)
    if not about.get("solution"):
        return Cell(kind=cell.kind, source=cell.source)
    stripped = strip_solution(cell.source)
    if stripped is None:
        stripped = CODE_STUB if cell.kind == "code" else TEXT_STUB
    return Cell(kind=cell.kind, source=stripped)


def strip_solution(source: str) -> str | None:
    """The source with what stands between the marks replaced; None where there are none: all of it is solution."""
    lines: list[str] = []
    inside = found = False
    for line in source.splitlines():
        begins = SOLUTION[0].match(line)
        if begins and not inside:
            inside = found = True
            lines += [f"{begins[1]}{stub}" for stub in CODE_STUB.splitlines()]
        elif inside and SOLUTION[1].match(line):
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines) if found else None


def drop_marks(source: str) -> str:
    """The source without the lines that mark a solution."""
    return "\n".join(line for line in source.splitlines() if not any(mark.match(line) for mark in SOLUTION))
