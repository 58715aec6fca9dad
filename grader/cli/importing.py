"""`grade import`: an nbgrader or otter-grader assignment becomes one of ours."""

from pathlib import Path
from typing import Annotated

import typer

from grader.cli.status import ExitStatus
from grader.errors import UsageError

__all__ = ["import_assignment"]


def import_assignment(
    source: Annotated[
        Path, typer.Argument(metavar="NOTEBOOK", help="The source notebook, or its folder.", show_default=False)
    ],
    slug: Annotated[
        str | None, typer.Option("--as", metavar="SLUG", help="Its name here (default: the file's).")
    ] = None,
    course: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="The course's folder.")] = Path(),
) -> ExitStatus:
    """Take over an assignment of nbgrader's or otter-grader's. Nothing of it is run."""
    from rich.console import Console

    from grader.cli.screens import open_screen
    from grader.importing import read_foreign, write_assignment
    from grader.importing.read import find_notebook
    from grader.spec import load_assignment
    from grader.spec.read import SLUG

    notebook = find_notebook(source)
    name = slug or notebook.stem.replace(" ", "_")
    if SLUG.fullmatch(name) is None:
        raise UsageError(f"{name!r} can't be an assignment's name: letters, digits, - and _ are right, such as hw1")
    written = write_assignment(read_foreign(notebook), name, course=course, source=notebook)
    load_assignment(written.public, reference=written.private)
    screen = open_screen(Console(highlight=False))
    screen.add(f"{name} \u00b7 {written.questions} questions, {written.tests} tests", indent=0, style="bold")
    screen.add(str(written.public), lead="public", lead_width=9)
    screen.add(str(written.private), lead="private", lead_width=9)
    for note in written.notes:
        screen.add(note, lead="note", lead_width=9, style="yellow")
    screen.add(f"{written.private / 'IMPORTED.md'} says what would make each test a fact.", lead="claims", lead_width=9)
    screen.add(f"grade check {name}", lead="next", lead_width=9)
    screen.print_to(Console(highlight=False))
    return ExitStatus.DONE
