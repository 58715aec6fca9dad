"""Finds out whose format an assignment is in, and reads it."""

from pathlib import Path

from grader.errors import UsageError
from grader.importing.model import Imported
from grader.importing.nbgrader import is_nbgrader, read_nbgrader
from grader.importing.notebooks import read_cells
from grader.importing.otter import is_otter, read_otter
from grader.importing.otter_files import find_test_files, read_otter_files

__all__ = ["find_notebook", "read_foreign"]


def read_foreign(path: Path) -> Imported:
    """An nbgrader or otter-grader assignment: its source notebook, or a folder with one notebook and its tests.

    Raises:
        UsageError: there is none, it can't be read, or it is neither's.
        SpecError: it is unsound in itself.
    """
    notebook = find_notebook(path)
    cells = read_cells(notebook)
    files = find_test_files(notebook.parent)
    if is_otter(cells):
        imported = read_otter(cells)
    elif is_nbgrader(cells):
        imported = read_nbgrader(cells)
    elif files:
        imported = read_otter_files(cells, files)
    else:
        raise UsageError(
            f"{str(notebook)!r} is no assignment of nbgrader's or otter-grader's",
            details=(
                "nbgrader: the notebook of its source/ folder, whose cells are marked in their metadata.",
                "otter-grader: the notebook that `otter assign` takes, or its autograder/ folder with tests/.",
            ),
        )
    if not imported.questions:
        raise UsageError(f"{str(notebook)!r} has no question that is worth points", details=imported.notes[:5])
    return imported


def find_notebook(path: Path) -> Path:
    """The notebook that is meant: a file, or the only one of a folder.

    Raises:
        UsageError: there is none, or there are several.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise UsageError(f"there is no file or folder {str(path)!r}")
    found = sorted(path.glob("*.ipynb"))
    if len(found) != 1:
        many = ", ".join(one.name for one in found[:5]) or "none"
        raise UsageError(f"{str(path)!r} should hold one notebook, and holds {len(found)} ({many}): name the one")
    return found[0]
