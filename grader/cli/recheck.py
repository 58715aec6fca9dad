"""`grade recheck`: mark stored evidence again, with today's checks, without running any student code."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import AssignmentOption, JsonOption, PlainOption, SandboxName, SandboxOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only a name for a type
    from grader.cli.find import Found
    from grader.cli.settings import Settings

__all__ = ["recheck"]


def recheck(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name or folder.", show_default=False)],
    assignment: AssignmentOption = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    instructor: Annotated[bool, typer.Option("--instructor", help="Show everything, hidden checks too.")] = False,
    plain: PlainOption = False,
    json: JsonOption = None,
) -> ExitStatus:
    """Mark the stored evidence of a run again, with today's checks. No student code runs."""
    from grader.cli.handing import Handing
    from grader.cli.settings import read_settings
    from grader.cli.submit import Order, show
    from grader.cli.workshop import open_workshop, take_sandbox
    from grader.pipeline import recheck_run
    from grader.report.model import Audience

    settings = read_settings()
    folder = find_run(run, settings)
    found = find_again(folder, assignment)
    report = recheck_run(
        folder,
        found.load(),
        workshop=open_workshop(
            settings, sandbox=take_sandbox(sandbox.value, allow_process=False, settings=settings, warm=False)
        ),
        audience=Audience.INSTRUCTOR if instructor else Audience.STUDENT,
    )
    order = Order(path=folder, plain=plain, json=json, student=None, attempt=None, hand_in=False)
    told = (f"Marked again from the evidence of {folder.name}.", "No student code was run, nothing was handed in.")
    status, _ = show(order, report, Handing(told))
    return status


def find_run(run: str, settings: "Settings") -> Path:
    """A run's folder, by its path or its name.

    Raises:
        UsageError: there is none.
    """
    for folder in (Path(run), settings.home / "runs" / run):
        if (folder / "run.json").is_file():
            return folder
    raise UsageError(f"no run {run!r}", details=(f"Runs are kept in {settings.home / 'runs'}",))


def find_again(folder: Path, named: str | None) -> "Found":
    """The assignment that a run was of: the one given, else the one at its old place."""
    from grader.cli.find import find_assignment
    from grader.runs import read_record

    return find_assignment(None, named=named or read_record(folder).assignment, here=Path.cwd())
