"""`grade doctor`: one line a prerequisite, PASS, CAUTION or FAIL, with the command that mends it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli.options import PlainOption
from grader.cli.status import ExitStatus
from grader.errors import GraderError

if TYPE_CHECKING:  # only names for types
    from grader.cli.settings import Settings
    from grader.report.screen import Screen
    from grader.sandbox.doctor import Finding

__all__ = ["doctor"]

STYLES = {"pass": "green", "caution": "yellow", "fail": "bold red"}
WORD_WIDTH, NAME_WIDTH = 9, 17


def doctor(
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The findings as JSON.")] = None,
    no_proof: Annotated[bool, typer.Option("--no-proof", help="Don't run the probe in a sandbox.")] = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Say what works on this machine, and what would make it safer."""
    from rich.console import Console

    from grader.cli.screens import open_screen
    from grader.cli.settings import read_settings
    from grader.sandbox.doctor import Standing, examine

    settings = read_settings()
    found = examine(interpreters=settings.interpreters, home=settings.home, prove=not no_proof)
    findings = [*found, examine_home(settings), examine_weights(settings)]
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)
    screen = open_screen(console, plain=plain)
    for finding in findings:
        add_finding(screen, finding)
    failed = [finding for finding in findings if finding.standing is Standing.FAIL]
    cautions = [finding for finding in findings if finding.standing is Standing.CAUTION]
    screen.add_blank()
    screen.add(conclude(len(failed), len(cautions)), style="bold")
    screen.print_to(console)
    if json is not None:
        write_findings(findings, json)
    return ExitStatus.OURS if failed else ExitStatus.DONE


def add_finding(screen: "Screen", finding: "Finding") -> None:
    """One line, and below it the command."""
    word = finding.standing.value
    screen.add_row(
        [(word.upper(), WORD_WIDTH, STYLES[word]), (finding.name, NAME_WIDTH, ""), (finding.text, 0, "")], ""
    )
    if finding.command:
        screen.add_command(finding.command, indent=1 + WORD_WIDTH + NAME_WIDTH)


def conclude(failed: int, cautions: int) -> str:
    """The sum, in one line."""
    if failed:
        return f"{failed} to mend before anything can be graded here."
    if cautions:
        some = "1 caution" if cautions == 1 else f"{cautions} cautions"
        return f"Ready, with {some}: grading works, less safely or not for everything."
    return "Ready."


def examine_home(settings: "Settings") -> "Finding":
    """Whether the grader's home can be written."""
    from grader.cli.settings import read_secret
    from grader.sandbox.doctor import Finding, Standing

    try:
        read_secret(settings.home)
    except GraderError as error:
        return Finding(name="home", standing=Standing.FAIL, text=error.message)
    return Finding(name="home", standing=Standing.PASS, text=str(settings.home))


def examine_weights(settings: "Settings") -> "Finding":
    """Which weights are here, and whether they are whole."""
    from grader.cli.workshop import open_vault
    from grader.sandbox.doctor import Finding, Standing
    from grader.weights import State, WeightsKind

    found = open_vault(settings).list_status()
    damaged = [part.checkpoint.name for part in found if part.state is State.DAMAGED]
    if damaged:
        text = f"damaged: {', '.join(damaged)}"
        return Finding(name="weights", standing=Standing.FAIL, text=text, command=f"grade weights fetch {damaged[0]}")
    kinds = [part.entry.kind for part in found if part.entry is not None]
    real, standins = kinds.count(WeightsKind.REAL), kinds.count(WeightsKind.STANDIN)
    if not kinds:
        text = "none here; assignments that use some can't be graded"
        return Finding(name="weights", standing=Standing.CAUTION, text=text, command="grade weights status")
    text = f"{real} real, {standins} stand-in" + ("; scores made with a stand-in are marked" if standins else "")
    standing = Standing.CAUTION if standins else Standing.PASS
    return Finding(name="weights", standing=standing, text=text, command="grade weights status" if standins else None)


def write_findings(findings: "list[Finding]", place: str) -> None:
    """The findings as JSON."""
    from grader.cli.printing import write_json

    said: list[dict[str, Any]] = [
        {"name": part.name, "standing": part.standing.value, "text": part.text, "command": part.command}
        for part in findings
    ]
    write_json({"findings": said}, place)
