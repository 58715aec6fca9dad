"""`grade weights`: which checkpoints are on this machine, get them, or make stand-ins."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import guarded, tell
from grader.cli.options import PlainOption, SandboxName, SandboxOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only names for types
    from typing import TypedDict

    from grader.report.screen import Screen
    from grader.sandbox.request import Interpreter, Sandbox
    from grader.weights import Entry, Status, Vault
    from grader.weights.fetch import Downloaded

    class Tools(TypedDict):
        """What provisioning one checkpoint needs."""

        vault: Vault
        sandbox: Sandbox
        interpreter: Interpreter


__all__ = ["weights_app"]

weights_app = typer.Typer(
    name="weights", help="Pre-trained weights on this machine.", no_args_is_help=True, add_completion=False
)
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[ASSIGNMENT|NAME]…", help="An assignment, or checkpoints by name.")
]
MEGABYTE = 1024 * 1024


def status(
    names: Names = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read every file and compare its digest.")] = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Show which weights are here, real or stand-ins, with licence and source."""
    from rich.console import Console

    from grader.cli.screens import open_screen
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_vault
    from grader.weights import State

    vault = open_vault(read_settings())
    found = vault.list_status(list_checkpoints(names) or None, verify=verify)
    console = Console(highlight=False)
    screen = open_screen(console, plain=plain)
    for part in found:
        add_status(screen, part)
    screen.add(f"Kept in {vault.folder}")
    screen.print_to(console)
    damaged = any(part.state is State.DAMAGED for part in found)
    return ExitStatus.OURS if damaged else ExitStatus.DONE


def add_status(screen: "Screen", part: "Status") -> None:
    """One checkpoint: its state, and where it is from."""
    from grader.weights import State, WeightsKind

    entry = part.entry
    words = {State.MISSING: "not here", State.DAMAGED: "DAMAGED"}
    word = words.get(part.state, "real" if entry and entry.kind is WeightsKind.REAL else "stand-in")
    style = {"real": "green", "stand-in": "yellow", "DAMAGED": "red"}.get(word, "dim")
    size = entry.size_bytes if entry is not None else part.checkpoint.about_bytes
    screen.add_row([(word, 10, style), (part.checkpoint.name, 0, "")], f"{round(size / MEGABYTE)} MB")
    licence, source = part.checkpoint.licence, part.checkpoint.source
    screen.add(part.problem or f"{part.checkpoint.title}, {licence}, from {source}", indent=11, style="dim")


def fetch(
    names: Names = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Take this file rather than the network's, for one checkpoint.")
    ] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
) -> None:
    """Fetch published weights, verified by their digest."""
    from grader.weights.provision import fetch_weights, take_file

    wanted = expect_some(list_checkpoints(names), "fetch")
    if file is not None and len(wanted) != 1:
        raise UsageError(f"--file holds one checkpoint; {len(wanted)} were named: {', '.join(wanted)}")
    for name in wanted:
        tools = open_tools(name, sandbox, allow_process=False)
        entry = take_file(name, file, **tools) if file else fetch_weights(name, **tools, progress=Download(name).watch)
        tell_entry(entry)


def standin(names: Names = None, sandbox: SandboxOption = SandboxName.AUTO) -> None:
    """Make stand-ins: right names and shapes, no skill. Every report made with one says so."""
    from grader.weights.provision import make_standin

    for name in expect_some(list_checkpoints(names), "standin"):
        # Nothing but the grader's own code runs here, so it may do without a sandbox.
        tell_entry(make_standin(name, **open_tools(name, sandbox, allow_process=True)))


def list_checkpoints(names: Sequence[str] | None) -> list[str]:
    """The checkpoints that were named, an assignment by those that it uses."""
    from grader.cli.find import find_assignment
    from grader.weights import CATALOGUE

    wanted: dict[str, None] = {}
    for name in names or ():
        if name in CATALOGUE:
            wanted[name] = None
            continue
        found = find_assignment(None, named=name, here=Path.cwd())
        wanted |= dict.fromkeys(found.load().weights)
    return list(wanted)


def expect_some(wanted: list[str], command: str) -> list[str]:
    """Refuse to do nothing without a word."""
    if not wanted:
        raise UsageError(
            "no weights to get: name an assignment that uses some, or a checkpoint",
            command=f"grade weights {command} hw1",
        )
    return wanted


def open_tools(name: str, sandbox: SandboxName, *, allow_process: bool) -> "Tools":
    """What provisioning one checkpoint needs."""
    from grader.cli.settings import read_settings
    from grader.cli.workshop import open_vault, take_sandbox
    from grader.sandbox.interpreters import find_interpreter
    from grader.weights import find_checkpoint

    settings = read_settings()
    return {
        "vault": open_vault(settings),
        "sandbox": take_sandbox(sandbox.value, allow_process=allow_process, settings=settings, warm=False),
        "interpreter": find_interpreter(find_checkpoint(name).framework, overrides=settings.interpreters),
    }


def tell_entry(entry: "Entry") -> None:
    """Say what is there now."""
    from grader.weights import WeightsKind

    size = round(entry.size_bytes / MEGABYTE)
    if entry.kind is WeightsKind.REAL:
        typer.echo(f"{entry.name}: the real weights are here ({size} MB, {entry.licence}, {entry.source})")
    else:
        typer.echo(f"{entry.name}: a stand-in is here ({size} MB). Scores made with it are marked; never post them.")


class Download:
    """Tells how far a download is, every tenth."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told = -1

    def watch(self, downloaded: "Downloaded") -> None:
        """Print a line where another tenth has come."""
        if not downloaded.total_bytes:
            return
        tenth = 10 * downloaded.done_bytes // downloaded.total_bytes
        if tenth > self.told:
            self.told = tenth
            tell(f"{self.name}: {10 * tenth} % of {round(downloaded.total_bytes / MEGABYTE)} MB")


for command in (status, fetch, standin):
    weights_app.command(command.__name__)(guarded(command))
