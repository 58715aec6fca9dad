"""`grade check`: for authors. The reference earns everything, variants keep it, mutants fail what they name."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli.guard import print_error
from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.check_assignment import TrialResult
    from grader.cli.find import Found
    from grader.collect import Workshop
    from grader.spec.model import Assignment

__all__ = ["check"]

NAME_WIDTH = 24


def check(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Its name or folder.", show_default=False)],
    watch: Annotated[bool, typer.Option("--watch", help="Again at every save; only what changed runs.")] = False,
    question: Annotated[str | None, typer.Option(metavar="ID", help="Only this question, and its mutants.")] = None,
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The results as JSON.")] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Try an assignment's own reference, variants and mutants."""
    from rich.console import Console

    from grader.cli.find import find_assignment
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_workshop, take_sandbox

    found = find_assignment(None, named=assignment, here=Path.cwd())
    settings = read_settings()
    chosen = take_sandbox(
        sandbox.value, allow_process=False, settings=settings, allow_unproved=allow_unproved, warm=not cold
    )
    workshop = open_workshop(settings, sandbox=chosen)
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)

    def once() -> ExitStatus:
        return try_all(found, workshop, console, question=question, json=json, plain=plain)

    return keep_trying(found, once, console) if watch else once()


def try_all(
    found: "Found", workshop: "Workshop", console: "Console", *, question: str | None, json: str | None, plain: bool
) -> ExitStatus:
    """Load the assignment and try everything once.

    Raises:
        SpecError: it is unsound in itself.
        UsageError: there is no such question.
    """
    from grader.check_assignment import check_assignment

    started = time.monotonic()
    assignment = found.load()
    workshop.vault.require(assignment.weights, needed_by=assignment.slug)  # said before anything runs
    print_heading(console, assignment, workshop, plain=plain)
    results = check_assignment(
        assignment,
        workshop=workshop,
        question=question,
        on_result=lambda result: print_result(console, result, plain=plain),
    )
    print_summary(console, results, seconds=time.monotonic() - started, plain=plain)
    if json is not None:
        write_results(assignment, results, json)
    return ExitStatus.DONE if all(result.sound for result in results) else ExitStatus.USAGE


def print_heading(console: "Console", assignment: "Assignment", workshop: "Workshop", *, plain: bool) -> None:
    """Which assignment, in which sandbox."""
    from grader.cli.screens import open_screen

    screen = open_screen(console, plain=plain)
    title = f"{assignment.slug} · {assignment.title}"
    screen.add_ends(title, workshop.sandbox.name, left_style="bold", right_style="dim")
    screen.print_to(console)


def print_result(console: "Console", result: "TrialResult", *, plain: bool) -> None:
    """One trial's line, and below it what isn't as it should be."""
    from grader.cli.screens import open_screen
    from grader.report.terminal import show_points

    screen = open_screen(console, plain=plain)
    sign, style = (
        (("pass", "FAIL") if screen.plain else ("✓", "✗"))[not result.sound],
        "green" if result.sound else "red",
    )
    points = f"{show_points(result.points)} / {show_points(result.max_points)}"
    cells = [
        (sign, 5 if screen.plain else 2, style),
        (result.trial.kind.value, 11, "dim"),
        (result.trial.name, NAME_WIDTH, "bold"),
        (say_result(result), 0, ""),
    ]
    screen.add_row(cells, points)
    for line in explain_result(result):
        screen.add(line, indent=3, style="red")
    screen.print_to(console)


def say_result(result: "TrialResult") -> str:
    """What came of it, in a few words."""
    from grader.check_assignment import TrialKind

    if result.trial.kind is TrialKind.MUTANT:
        caught = [name for name in result.failed if name not in result.unexpected]
        return f"caught by {', '.join(caught)}" if caught else "not caught"
    return "earns everything" if result.points == result.max_points else "loses points"


def explain_result(result: "TrialResult") -> Iterator[str]:
    """What isn't as it should be."""
    if result.sound:
        return
    if result.missed:
        yield f"should have failed, but didn't: {', '.join(result.missed)}"
    if result.unexpected:
        yield f"failed, and should not have: {', '.join(result.unexpected)}"
    if result.points is None:
        yield "no points follow: a check is in error"
    yield from result.problems


def print_summary(console: "Console", results: "list[TrialResult]", *, seconds: float, plain: bool) -> None:
    """How many came out as they should."""
    from grader.cli.screens import open_screen
    from grader.report.wording import show_duration

    screen = open_screen(console, plain=plain)
    unsound = [result.trial.name for result in results if not result.sound]
    cached = sum(not result.made_now for result in results)
    screen.add_blank()
    verdict = f"not as it should be: {', '.join(unsound)}" if unsound else "all as they should be"
    kept = f" · {cached} unchanged, from the last time" if cached else ""
    screen.add(f"{len(results)} tried, {verdict} · {show_duration(seconds)}{kept}", style="bold")
    screen.print_to(console)


def write_results(assignment: "Assignment", results: "list[TrialResult]", place: str) -> None:
    """The results as JSON, to standard output or a file."""
    from grader.cli.printing import write_json

    said = {
        "assignment": assignment.slug,
        "digest": assignment.digest,
        "sound": all(result.sound for result in results),
        "trials": [describe_result(result) for result in results],
    }
    write_json(said, place)


def describe_result(result: "TrialResult") -> dict[str, Any]:
    """One trial's result as JSON values; points as text, for they are exact."""
    return {
        "kind": result.trial.kind.value,
        "name": result.trial.name,
        "sound": result.sound,
        "points": None if result.points is None else str(result.points),
        "max_points": str(result.max_points),
        "failed": list(result.failed),
        "missed": list(result.missed),
        "unexpected": list(result.unexpected),
        "problems": list(result.problems),
        "made_now": result.made_now,
    }


def keep_trying(found: "Found", once: Callable[[], ExitStatus], console: "Console") -> ExitStatus:
    """Try at every save, until interrupted. What the author saves half-written is told and waited out."""
    changes = watch_folders([folder for folder in (found.folder, found.reference) if folder is not None])
    status = try_and_tell(once)
    for _ in changes:
        console.rule(time.strftime("%H:%M:%S"))
        status = try_and_tell(once)
    return status


def try_and_tell(once: Callable[[], ExitStatus]) -> ExitStatus:
    """Try once; what is wrong is told rather than the end of it."""
    try:
        return once()
    except GraderError as error:
        print_error(error)
        return ExitStatus.USAGE


def watch_folders(folders: list[Path]) -> Iterator[object]:
    """One item for each time that something was saved."""
    try:
        import watchfiles  # an extra: only authors need it
    except ImportError as error:
        raise UsageError("--watch needs the package watchfiles", command="pip install 'grader[watch]'") from error
    return watchfiles.watch(*folders, raise_interrupt=True)
