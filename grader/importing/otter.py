"""The master notebook of an otter-grader assignment (`otter assign`): blocks marked by raw cells, settings in YAML.

BEGIN QUESTION + settings · text · BEGIN SOLUTION … END SOLUTION · BEGIN TESTS … END TESTS · END QUESTION
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from grader.errors import SpecError, UsageError
from grader.importing.model import Cell, Imported, ImportedQuestion, ImportedTest
from grader.importing.notebooks import RawCell, make_id, make_title
from grader.importing.otter_marks import strip_solution, tidy_solution
from grader.importing.points import share_points

__all__ = ["is_otter", "read_otter"]

MARK = re.compile(r"^\s*#\s*(ASSIGNMENT CONFIG|(?:BEGIN|END) (?:QUESTION|SOLUTION|PROMPT|TESTS))\s*$", re.IGNORECASE)
OLD_MARK = re.compile(r"^\s*```\s*\n?\s*BEGIN QUESTION", re.MULTILINE)
TEST_SETTINGS = re.compile(
    r'^\s*(?:"""|\'\'\')\s*#\s*BEGIN TEST CONFIG\s*\n(.*?)\n?\s*(?:"""|\'\'\')\s*;?\s*#\s*END TEST CONFIG\s*\n?',
    re.DOTALL,
)
FENCE = re.compile(r"^\s*```otter\s*\n(.*)\n\s*```\s*$", re.DOTALL)
HIDDEN = re.compile(r"^\s*#+\s*HIDDEN\s*$", re.IGNORECASE | re.MULTILINE)
TEXT_STUB = "Type your answer here."


@dataclass
class Block:
    """A question that is being read."""

    settings: Mapping[str, Any]
    text: str = ""
    tests: list[ImportedTest] = field(default_factory=list)
    points: list[Any] = field(default_factory=list)


@dataclass
class Reading:
    """How far a notebook is read."""

    taken: set[str] = field(default_factory=set)
    settings: Mapping[str, Any] = field(default_factory=dict)
    questions: list[ImportedQuestion] = field(default_factory=list)
    handout: list[Cell] = field(default_factory=list)
    solution: list[Cell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    block: Block | None = None
    part: str = ""  # SOLUTION, PROMPT or TESTS, inside of one


def is_otter(cells: Iterable[RawCell]) -> bool:
    """Whether a notebook has the marks of `otter assign`.

    Raises:
        UsageError: they are of the format before version 1.
    """
    if any(OLD_MARK.search(cell.source) for cell in cells):
        raise UsageError(
            "the notebook has otter's marks of before version 1 (in ``` quotes); those of raw cells are read",
            details=("otter-grader's own documentation says how to bring a notebook up to version 1.",),
        )
    return any(find_mark(open_fence(cell))[0] == "BEGIN QUESTION" for cell in cells)


def read_otter(cells: Iterable[RawCell]) -> Imported:
    """The assignment that a master notebook is.

    Raises:
        SpecError: its marks don't fit together, or settings can't be read.
    """
    reading = Reading()
    for cell in cells:
        mark, settings = find_mark(open_fence(cell))
        if mark:
            take_mark(reading, cell, mark, settings)
        elif cell.kind != "raw":
            take_cell(reading, cell)
    if reading.block is not None:
        raise SpecError("the last question of the notebook isn't ended", faults=())
    if reading.settings.get("seed"):
        reading.notes.append("The tests relied on a seed: a question that draws numbers needs its own now.")
    return Imported(
        origin="otter-grader",
        questions=tuple(reading.questions),
        handout=tuple(reading.handout),
        solution=tuple(reading.solution),
        files=tuple(str(name) for key in ("files", "student_files") for name in reading.settings.get(key) or ()),
        notes=tuple(reading.notes),
    )


def open_fence(cell: RawCell) -> str:
    """What a raw cell says, or a cell of text that is one block of ```otter; "" of any other."""
    if cell.kind == "raw":
        return cell.source
    found = FENCE.match(cell.source) if cell.kind == "markdown" else None
    return found[1] if found else ""


def find_mark(source: str) -> tuple[str, str]:
    """The mark that a raw cell begins with, in capitals, and the settings below it; "" where there is none."""
    first, _, rest = source.strip().partition("\n")
    found = MARK.match(first)
    return ("", "") if found is None else (found[1].upper(), rest)


def take_mark(reading: Reading, cell: RawCell, mark: str, settings: str) -> None:
    """Open or close what a mark opens or closes."""
    if mark == "ASSIGNMENT CONFIG":
        reading.settings = read_settings(settings, cell.number)
    elif mark == "BEGIN QUESTION":
        expect(reading.block is None, cell, "a question begins inside another")
        reading.block = Block(settings=read_settings(settings, cell.number))
    elif mark == "END QUESTION":
        expect(reading.block is not None and not reading.part, cell, "no question ends here")
        finish_question(reading, cell)
    else:
        word, part = mark.split()
        expect(reading.block is not None, cell, f"{mark} stands outside a question")
        expect((word == "BEGIN") == (not reading.part), cell, f"{mark} doesn't fit what is open")
        reading.part = part if word == "BEGIN" else ""


def expect(right: bool, cell: RawCell, what: str) -> None:
    """Raise where marks don't fit together."""
    if not right:
        raise SpecError(f"cell {cell.number} of the notebook: {what}", faults=())


def read_settings(text: str, number: int) -> Mapping[str, Any]:
    """A block of YAML: plain values only.

    Raises:
        SpecError: it is none.
        UsageError: the reader isn't installed.
    """
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError(
            "otter's settings are YAML, and no reader of it is here", command="pip install pyyaml"
        ) from error
    try:
        settings = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise SpecError(f"the settings in cell {number} of the notebook are no YAML: {error}", faults=()) from error
    if not isinstance(settings, dict):
        raise SpecError(f"the settings in cell {number} of the notebook are no table of names and values", faults=())
    return settings


def take_cell(reading: Reading, cell: RawCell) -> None:
    """A cell of text or code, where it stands."""
    block = reading.block
    if reading.part == "TESTS" and block is not None:
        if cell.kind == "code":
            take_test(reading, block, cell)
    elif reading.part == "SOLUTION":
        take_solution(reading, cell)
    elif reading.part == "PROMPT":
        reading.handout.append(Cell(kind=cell.kind, source=cell.source))
    else:
        if block is not None and cell.kind == "markdown" and not block.text:
            block.text = cell.source
        reading.handout.append(Cell(kind=cell.kind, source=cell.source))
        reading.solution.append(Cell(kind=cell.kind, source=cell.source))


def take_solution(reading: Reading, cell: RawCell) -> None:
    """A cell of a solution: whole for the reference, stripped for students."""
    included = "otter_include" in (cell.metadata.get("tags") or ())
    if cell.kind == "code":
        reading.solution.append(Cell(kind="code", source=tidy_solution(cell.source)))
        reading.handout.append(Cell(kind="code", source=cell.source if included else strip_solution(cell.source)))
        return
    reading.solution.append(Cell(kind=cell.kind, source=cell.source))
    if included:
        reading.handout.append(Cell(kind=cell.kind, source=cell.source))
    elif reading.block is not None and reading.block.settings.get("manual"):
        reading.handout.append(Cell(kind=cell.kind, source=TEXT_STUB))


def take_test(reading: Reading, block: Block, cell: RawCell) -> None:
    """One test cell, and for students, where it isn't hidden, the same as a cell to try."""
    found = TEST_SETTINGS.match(cell.source)
    settings = read_settings(found[1], cell.number) if found else {}
    source = TEST_SETTINGS.sub("", cell.source, count=1) if found else cell.source
    hidden = bool(settings.get("hidden")) or HIDDEN.search(source) is not None
    source = HIDDEN.sub("", source).strip("\n")
    block.points.append(settings.get("points"))
    block.tests.append(
        ImportedTest(
            source=call_tests(source),
            hidden=hidden,
            printed=True,
            success=str(settings.get("success_message") or "").strip(),
            failure=str(settings.get("failure_message") or "").strip(),
        )
    )
    if not hidden:
        reading.handout.append(Cell(kind="code", source=source, is_test=True))


def call_tests(source: str) -> str:
    """Where a test is a function of names of the notebook (`def test_x(x): …`), the same with a call of it."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return source
    functions = [part for part in body if isinstance(part, ast.FunctionDef) and part.name.startswith("test")]
    if not functions or len(functions) != sum(isinstance(part, ast.FunctionDef | ast.Expr) for part in body):
        return source
    calls = []
    for function in functions:
        given = ["globals()" if one.arg == "env" else one.arg for one in function.args.args]
        calls.append(f"{function.name}({', '.join(given)})")
    return "\n".join([source, *calls])


def finish_question(reading: Reading, cell: RawCell) -> None:
    """The question that ends."""
    block, reading.block = reading.block, None
    assert block is not None
    name = str(block.settings.get("name") or f"question_{cell.number}")
    by_hand = bool(block.settings.get("manual"))
    if not block.tests and not by_hand:
        reading.notes.append(f"Question {name!r} has no tests and isn't marked by hand: it was left out.")
        return
    total, each = share_points(block.settings.get("points"), block.points)
    tests = tuple(
        ImportedTest(**{**test.__dict__, "points": points}) for test, points in zip(block.tests, each, strict=True)
    )
    if block.settings.get("all_or_nothing"):
        tests = tuple(ImportedTest(**{**test.__dict__, "points": None}) for test in tests)
    if not total:
        reading.notes.append(f"Question {name!r} is worth no points, and was left out.")
        return
    title = make_title(block.text, name)
    reading.questions.append(
        ImportedQuestion(id=make_id(name, reading.taken), title=title, points=Decimal(total), tests=tests)
    )
