"""An otter-grader assignment as `otter assign` leaves it: a notebook with its solution, and a folder of test files.

A test file is Python that is read and never run: a table of doctests (`OK_FORMAT = True`), or functions marked
`@test_case`.
"""

import ast
import doctest
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.importing.model import Cell, Imported, ImportedQuestion, ImportedTest
from grader.importing.notebooks import RawCell, make_id
from grader.importing.otter import call_tests
from grader.importing.points import share_points

__all__ = ["find_test_files", "read_otter_files"]


def find_test_files(folder: Path) -> list[Path]:
    """The test files beside a notebook."""
    return sorted(path for path in (folder / "tests").glob("*.py") if not path.name.startswith("_"))


def read_otter_files(cells: list[RawCell], files: list[Path]) -> Imported:
    """The assignment that a notebook and its test files are.

    Raises:
        UsageError: a test file can't be read, or has no tests.
    """
    taken: set[str] = set()
    questions = []
    notes = []
    for path in files:
        names = read_names(path)
        tests, points = read_tests(path, names)
        total, each = share_points(names.get("points"), points)
        name = str(names.get("name") or path.stem)
        if not total:
            notes.append(f"Question {name!r} is worth no points, and was left out.")
            continue
        whole = bool(names.get("all_or_nothing"))
        shared = [
            ImportedTest(**{**test.__dict__, "points": None if whole else own})
            for test, own in zip(tests, each, strict=True)
        ]
        questions.append(ImportedQuestion(id=make_id(name, taken), title=name, points=total, tests=tuple(shared)))
    kept = tuple(Cell(kind=cell.kind, source=cell.source) for cell in cells if cell.kind in ("code", "markdown"))
    notes.append("The notebook is taken for the solution and for the handout: take the solution out of the handout.")
    return Imported(origin="otter-grader", questions=tuple(questions), handout=kept, solution=kept, notes=tuple(notes))


def read_names(path: Path) -> Mapping[str, Any]:
    """The plain values that a test file gives names; in an OK file those of its table `test`.

    Raises:
        UsageError: it can't be read as Python.
    """
    try:
        tree = ast.parse(path.read_text("utf-8"), str(path))
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"the test file {str(path)!r} can't be read: {error}") from error
    found: dict[str, Any] = {"tree": tree}
    for part in tree.body:
        if isinstance(part, ast.Assign) and len(part.targets) == 1 and isinstance(part.targets[0], ast.Name):
            try:
                found[part.targets[0].id] = ast.literal_eval(part.value)
            except ValueError:
                continue
    return {**found, **found["test"]} if isinstance(found.get("test"), dict) else found


def read_tests(path: Path, names: Mapping[str, Any]) -> tuple[list[ImportedTest], list[Any]]:
    """A file's tests and their points.

    Raises:
        UsageError: there are none.
    """
    read = list(read_doctests(names) if names.get("suites") else read_functions(names["tree"]))
    if not read:
        raise UsageError(f"the test file {str(path)!r} has no tests that can be read")
    return [test for test, _ in read], [points for _, points in read]


def read_doctests(names: Mapping[str, Any]) -> Iterator[tuple[ImportedTest, Any]]:
    """The cases of an OK file. What they expect isn't kept: the reference says it."""
    for suite in names["suites"]:
        setup = join_examples(str(suite.get("setup") or ""))
        for case in suite.get("cases", ()):
            source = "\n".join(filter(None, (setup, join_examples(str(case.get("code") or "")))))
            test = ImportedTest(
                source=source,
                hidden=bool(case.get("hidden")),
                every=True,
                printed=True,
                success=str(case.get("success_message") or "").strip(),
                failure=str(case.get("failure_message") or "").strip(),
            )
            yield test, case.get("points")


def join_examples(text: str) -> str:
    """The code of a doctest without its marks and outputs."""
    return "".join(example.source for example in doctest.DocTestParser().get_examples(text)).rstrip("\n")


def read_functions(tree: ast.Module) -> Iterator[tuple[ImportedTest, Any]]:
    """The functions of a file whose tests are functions."""
    for part in tree.body:
        if not isinstance(part, ast.FunctionDef):
            continue
        settings = [
            word
            for call in part.decorator_list
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "test_case"
            for word in call.keywords
        ]
        said = {word.arg: ast.literal_eval(word.value) for word in settings if isinstance(word.value, ast.Constant)}
        part.decorator_list = []
        test = ImportedTest(
            source=call_tests(ast.unparse(part)),
            hidden=bool(said.get("hidden")),
            success=str(said.get("success_message") or "").strip(),
            failure=str(said.get("failure_message") or "").strip(),
        )
        yield test, said.get("points")
