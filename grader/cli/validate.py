"""`grade validate`: for authors, before a release. Is an assignment sound, and what is to be mended first."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.cli.settings import Settings
    from grader.collect import Workshop
    from grader.validate import Options, Place, Validation

__all__ = ["validate"]


def validate(
    assignments: Annotated[
        list[str], typer.Argument(metavar="ASSIGNMENT...", help="Names or folders.", show_default=False)
    ],
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="All findings as JSON.")] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    all_sandboxes: Annotated[
        bool, typer.Option("--all-sandboxes", help="Run the reference in every sandbox that is proved here.")
    ] = False,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Seeds of the first draw; two of each other one.")
    ] = 8,
    draws: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Draws that are tried, at most.")] = 8,
    mutants: Annotated[
        int, typer.Option(metavar="N", min=0, max=5000, help="Generated mutants that are tried, at most.")
    ] = 60,
    no_generated: Annotated[bool, typer.Option("--no-generated", help="Generate no mutants.")] = False,
    cold: ColdOption = False,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Say whether an assignment is sound: the gate before a release."""
    from rich.console import Console

    from grader.cli.settings import read_settings
    from grader.cli.validate_screens import print_whole
    from grader.validate import Options

    places = [find_place(name) for name in assignments]
    settings = read_settings()
    workshops = list(
        open_workshops(settings, sandbox, everywhere=all_sandboxes, warm=not cold, unproved=allow_unproved)
    )
    options = Options(seeds=seeds, draws=draws, mutants=0 if no_generated else mutants)
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)
    started = time.monotonic()
    validations = [look_at(place, workshops, options, console, plain=plain) for place in places]
    if len(validations) > 1:
        print_whole(console, validations, seconds=time.monotonic() - started, plain=plain)
    if json is not None:
        write_findings(validations, json)
    return name_status(validations)


def name_status(validations: "list[Validation]") -> ExitStatus:
    """Sound, unsound, or not to be told on this machine."""
    if any(validation.unsound for validation in validations):
        return ExitStatus.BELOW
    return ExitStatus.OURS if any(validation.hindered for validation in validations) else ExitStatus.DONE


def find_place(name: str) -> "Place":
    """Where an assignment is.

    Raises:
        UsageError: there is none of that name.
    """
    from grader.cli.find import find_assignment
    from grader.validate import Place

    found = find_assignment(None, named=name, here=Path.cwd())
    return Place(slug=found.slug or found.folder.resolve().name, folder=found.folder, reference=found.reference)


def open_workshops(
    settings: "Settings", named: SandboxName, *, everywhere: bool, warm: bool, unproved: bool
) -> "Iterator[Workshop]":
    """A workshop for the sandbox that was chosen and, if wanted, one for each other that is proved here.

    The others have caches of their own: a reference that ran in one sandbox says nothing about another.

    Raises:
        SandboxError: the chosen one doesn't work here.
    """
    from dataclasses import replace

    from grader.cli.guard import tell
    from grader.cli.workshop import open_workshop, take_sandbox
    from grader.errors import SandboxError

    chosen = take_sandbox(named.value, allow_process=False, settings=settings, allow_unproved=unproved, warm=warm)
    first = open_workshop(settings, sandbox=chosen)
    yield first
    others = (SandboxName.BUBBLEWRAP, SandboxName.DOCKER, SandboxName.GVISOR) if everywhere else ()
    for name in (other for other in others if other.value not in (named.value, chosen.name)):
        try:
            other = take_sandbox(name.value, allow_process=False, settings=settings, warm=warm)
        except SandboxError as error:
            tell(f"not tried in {name.value}: {error.message} (grade doctor says more)")
            continue
        home = settings.home / "sandboxes" / name.value.replace(":", "-")
        yield replace(open_workshop(settings, sandbox=other), home=home)


def look_at(
    place: "Place", workshops: "list[Workshop]", options: "Options", console: "Console", *, plain: bool
) -> "Validation":
    """One assignment, its stages shown as they end."""
    from grader.cli.validate_board import show_stages
    from grader.cli.validate_screens import print_heading, print_stage, print_verdict
    from grader.validate import Watcher, validate_assignment

    started = time.monotonic()
    print_heading(console, place, [workshop.sandbox.name for workshop in workshops], plain=plain)
    with show_stages(console, plain=plain) as board:
        watcher = Watcher(
            begin=board.begin, step=board.step, end=lambda result: print_stage(console, result, plain=plain)
        )
        validation = validate_assignment(place, workshops=workshops, options=options, watcher=watcher)
    print_verdict(console, validation, seconds=time.monotonic() - started, plain=plain)
    return validation


def write_findings(validations: "list[Validation]", place: str) -> None:
    """Everything as JSON, to standard output or a file."""
    from grader.cli.printing import write_json

    said = [
        {
            "assignment": one.slug,
            "digest": one.digest,
            "sound": one.sound,
            "stages": [
                {"stage": stage.stage.value, "summary": stage.summary, "facts": dict(stage.facts)}
                for stage in one.stages
            ],
            "findings": [
                {
                    "severity": finding.severity.value,
                    "stage": stage.stage.value,
                    "code": finding.code,
                    "where": finding.where,
                    "what": finding.what,
                    "remedy": finding.remedy,
                    "details": list(finding.details),
                    "ours": finding.ours,
                }
                for stage in one.stages
                for finding in stage.findings
            ],
        }
        for one in validations
    ]
    write_json({"sound": all(one.sound for one in validations), "assignments": said}, place)
