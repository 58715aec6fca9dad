"""`grade calibrate`: for authors. Tolerances and targets out of runs, and how often they go wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.calibrate import Calibration
    from grader.calibrate.calibrate import Effort
    from grader.collect import Workshop
    from grader.spec.model import Assignment

__all__ = ["calibrate"]

TABLE = "calibration.json"


def calibrate(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    question: Annotated[str | None, typer.Option(metavar="ID", help="Only this question, and its mutants.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Seeds of each solution on each draw.")] = 3,
    draws: Annotated[int | None, typer.Option(min=1, help="Only so many of its draws.", show_default=False)] = None,
    quick: Annotated[int, typer.Option(min=0, max=10_000, help="Draws of the quick training; 0: none.")] = 60,
    minutes: Annotated[float | None, typer.Option(min=0, help="Stop then; the next call goes on.")] = None,
    device: Annotated[
        list[str] | None, typer.Option(help="Try this one too (cuda); by default what is there.", show_default=False)
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write numbers and table, comments kept.")] = False,
    tighten: Annotated[bool, typer.Option("--tighten", help="Propose harder numbers, too.")] = False,
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The results as JSON.")] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Choose the numbers of an assignment's checks by runs of its reference, variants and mutants."""
    from rich.console import Console

    from grader.calibrate.calibrate import Effort
    from grader.calibrate.summary import summarize
    from grader.cli.find import find_assignment
    from grader.cli.printing import write_json
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_workshop, take_sandbox

    found = find_assignment(None, named=assignment, here=Path.cwd())
    settings = read_settings()
    chosen = take_sandbox(
        sandbox.value, allow_process=False, settings=settings, allow_unproved=allow_unproved, warm=not cold
    )
    workshop = open_workshop(settings, sandbox=chosen)
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)
    loaded = found.load()
    effort = Effort(
        seeds=seeds, draws=draws, quick=quick, minutes=minutes, devices=list_devices(loaded, workshop, device)
    )
    done = run_all(loaded, workshop, console, effort, question=question, tighten=tighten, plain=plain)
    if write:
        done = write_all(done, loaded, workshop, console, whole=question is None, plain=plain)
    if json is not None:
        write_json(summarize(done), json)
    return ExitStatus.DONE if done.is_sound else ExitStatus.USAGE


def run_all(
    assignment: "Assignment",
    workshop: "Workshop",
    console: "Console",
    effort: "Effort",
    *,
    question: str | None,
    tighten: bool,
    plain: bool,
) -> "Calibration":
    """Run everything, with progress, and show what follows.

    Raises:
        SpecError: the assignment is unsound in itself.
        UsageError: there is no such question.
        KeyboardInterrupt: somebody interrupted, and is told what that costs.
    """
    from grader.calibrate.calibrate import calibrate_assignment
    from grader.cli.calibrate_board import follow_steps
    from grader.cli.calibrate_screens import show_calibration

    workshop.vault.require(assignment.weights, needed_by=assignment.slug)  # said before anything runs
    try:
        with follow_steps(plain=plain) as on_step:
            done = calibrate_assignment(
                assignment, workshop=workshop, effort=effort, question=question, tighten=tighten, on_step=on_step
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; what was made is kept, and the same call goes on") from None
    show_calibration(console, done, effort, where=workshop.sandbox.name, plain=plain)
    return done


def list_devices(assignment: "Assignment", workshop: "Workshop", named: list[str] | None) -> tuple[str, ...]:
    """The assignment's own device, and those that right solutions are tried on besides.

    Raises:
        UsageError: a device that nobody knows.
    """
    from grader.calibrate.plan import OWN_DEVICE
    from grader.sandbox.gpu.nvml import Nvml, NvmlMissingError

    for name in named or ():
        if name not in ("cpu", "cuda"):
            raise UsageError(f"no device {name!r}", details=("There are cpu and cuda.",))
    if assignment.limits.gpus or assignment.framework == "none":
        return (OWN_DEVICE,)
    if named is not None:
        return (OWN_DEVICE, *(["cuda"] if "cuda" in named else []))
    try:
        nvml = Nvml()
    except NvmlMissingError:
        return (OWN_DEVICE,)
    nvml.close()
    return (OWN_DEVICE, "cuda")


def write_all(
    done: "Calibration",
    assignment: "Assignment",
    workshop: "Workshop",
    console: "Console",
    *,
    whole: bool,
    plain: bool,
) -> "Calibration":
    """Write the numbers into assignment.toml and, where it is of the whole assignment, the table of errors with these
    numbers beside the reference.

    Raises:
        UsageError: a file can't be written.
    """
    from grader.calibrate import write_numbers
    from grader.calibrate.calibrate import look_again
    from grader.calibrate.summary import summarize
    from grader.cli.calibrate_screens import show_errors, show_written
    from grader.cli.printing import write_json

    changed = write_numbers(assignment, done.proposals)
    if changed is not assignment:
        done = look_again(done, changed, workshop=workshop)
        show_errors(console, done, plain=plain)
    assert assignment.reference is not None
    path = assignment.reference / TABLE
    if whole:
        write_json(summarize(done), str(path))
    show_written(console, done, path if whole else None, plain=plain)
    return done
