"""`grade attack`: the corpus of attacks on this very machine, and whether everything that is promised held."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.cli.options import ColdOption, PlainOption, SandboxName, SandboxOption, UnprovedOption
from grader.cli.status import ExitStatus
from grader.errors import UsageError

if TYPE_CHECKING:  # only names for types
    from rich.console import Console

    from grader.attacks import Attack, AttackResult, Corpus, Ground
    from grader.report.screen import Screen
    from grader.sandbox.request import Sandbox

__all__ = ["attack"]

MARKS = {
    "as_expected": ("✓", "pass", "green"),
    "unexpected": ("✗", "FAIL", "bold red"),
    "skipped": ("–", "skip", "yellow"),
}
ID_WIDTH = 27
MOST_FINDINGS = 8
LETTERS = "A to F"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where attacks are run: a sandbox, one that keeps nothing between runs, and how to name it."""

    sandbox: "Sandbox"
    fresh: "Sandbox"
    name: str
    warm: bool

    @property
    def words(self) -> str:
        """The sandbox, and whether its guests are warm."""
        return f"{self.name}, {'warm' if self.warm else 'cold'}"


def attack(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Only these attacks.", show_default=False)
    ] = None,
    letters: Annotated[
        list[str] | None, typer.Option("--class", metavar="LETTER", help=f"Only a class, {LETTERS}; may be repeated.")
    ] = None,
    sandbox: SandboxOption = SandboxName.AUTO,
    cold: ColdOption = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", min=1, max=64, help="So many at a time.")] = 1,
    listing: Annotated[bool, typer.Option("--list", help="List the attacks; run none.")] = False,
    json: Annotated[str | None, typer.Option("--json", metavar="PATH|-", help="The results as JSON.")] = None,
    allow_unproved: UnprovedOption = False,
    plain: PlainOption = False,
) -> ExitStatus:
    """Run the attack corpus on this machine, and say whether everything held."""
    from rich.console import Console

    from grader.attacks import find_corpus, pick_attacks, read_corpus

    corpus = read_corpus(find_corpus())
    chosen = pick_attacks(corpus, letters=letters or (), ids=ids or ())
    console = Console(stderr=json == "-", highlight=False, no_color=plain or None)
    if listing:
        print_list(console, chosen, plain=plain)
        return ExitStatus.DONE
    with open_place(sandbox.value, cold=cold, allow_unproved=allow_unproved) as place:
        started = time.monotonic()
        results = run_all(corpus, chosen, place, console, jobs=jobs, plain=plain)
        print_summary(console, results, place, seconds=time.monotonic() - started, plain=plain)
    if json is not None:
        write_results(results, place, json)
    unexpected = any(result.verdict.value == "unexpected" for result in results)
    return ExitStatus.BELOW if unexpected else ExitStatus.DONE


@contextmanager
def open_place(name: str, *, cold: bool, allow_unproved: bool = False) -> Iterator[Place]:
    """The sandbox of that name; its warm guests end with the block.

    Raises:
        UsageError: it is no sandbox.
        SandboxError: it doesn't work here.
    """
    from grader.cli.settings import read_settings
    from grader.cli.workshop import take_sandbox
    from grader.sandbox.warm import WarmSandbox

    if name == "process":
        raise UsageError(
            "attacks aren't run without a sandbox: they would really be made on this machine",
            details=("Each of them is code that reads, fills or breaks whatever it can reach.",),
            command="grade attack --sandbox auto",
        )
    settings = read_settings()
    sandbox = take_sandbox(name, allow_process=False, settings=settings, allow_unproved=allow_unproved, warm=False)
    chosen = sandbox.name if name == "auto" else name
    if cold:
        yield Place(sandbox=sandbox, fresh=sandbox, name=chosen, warm=False)
        return
    with WarmSandbox(sandbox) as warm:
        yield Place(sandbox=warm, fresh=sandbox, name=chosen, warm=True)


def run_all(
    corpus: "Corpus", attacks: "Sequence[Attack]", place: Place, console: "Console", *, jobs: int, plain: bool
) -> "list[AttackResult]":
    """Run attacks, and print each one's line as it is done.

    Raises:
        GraderError: an honest submission can't be graded here, so nothing can be compared.
    """
    from grader.attacks import run_attacks
    from grader.cli.attack_board import show_board

    print_heading(console, attacks, place, plain=plain)
    with open_attacks(corpus, place) as ground, show_board(console, len(attacks), plain=plain) as board:

        def tell(result: "AttackResult") -> None:
            print_result(console, result, plain=plain)
            board.end(result.attack)

        return run_attacks(attacks, ground, jobs=jobs, on_start=board.start, on_result=tell)


@contextmanager
def open_attacks(corpus: "Corpus", place: Place) -> "Iterator[Ground]":
    """The ground on which attacks are run."""
    from functools import partial

    from grader.attacks import open_ground
    from grader.cli.settings import read_settings
    from grader.sandbox.interpreters import find_interpreter

    find = partial(find_interpreter, overrides=read_settings().interpreters)
    with ExitStack() as stack:
        yield stack.enter_context(
            open_ground(
                corpus,
                sandbox=place.sandbox,
                fresh=place.fresh,
                warm=place.warm,
                host_kernel=place.name != SandboxName.GVISOR,
                find_interpreter=find,
            )
        )


def print_heading(console: "Console", attacks: "Sequence[Attack]", place: Place, *, plain: bool) -> None:
    """How many attacks, in which sandbox."""
    from grader.cli.screens import open_screen

    screen = open_screen(console, plain=plain)
    screen.add_ends(count(len(attacks), "attack"), place.words, left_style="bold", right_style="dim")
    for caution in place.sandbox.cautions:
        screen.add(caution, style="yellow")
    screen.add_blank()
    screen.print_to(console)


def print_result(console: "Console", result: "AttackResult", *, plain: bool) -> None:
    """One attack's line, and below it what doesn't hold, or why it was skipped."""
    from grader.cli.screens import open_screen

    screen = open_screen(console, plain=plain)
    mark, word, style = MARKS[result.verdict.value]
    right = f"{result.seconds:.1f} s" if result.seconds else ""
    state = (word, 6, style) if screen.plain else (mark, 2, style)
    screen.add_row([state, (result.attack.letter, 2, "dim"), (result.attack.title, 0, "")], right, right_style="dim")
    explain_result(screen, result)
    screen.print_to(console)


def explain_result(screen: "Screen", result: "AttackResult") -> None:
    """The attack's id and what doesn't hold; or why it was skipped."""
    indent = 9 if screen.plain else 5
    if result.verdict.value == "skipped":
        screen.add(result.detail, indent=indent, style="yellow")
    elif result.findings:
        screen.add(result.attack.id, indent=indent, style="bold")
    for finding in result.findings[:MOST_FINDINGS]:
        screen.add(finding, indent=indent, style="red")
    if len(result.findings) > MOST_FINDINGS:
        screen.add(f"and {len(result.findings) - MOST_FINDINGS} more: --json has all", indent=indent, style="red")


def print_list(console: "Console", attacks: "Sequence[Attack]", *, plain: bool) -> None:
    """The attacks by class."""
    from grader.attacks import CLASSES
    from grader.cli.screens import open_screen

    screen = open_screen(console, plain=plain)
    for letter, words in CLASSES.items():
        of_class = [attack for attack in attacks if attack.letter == letter]
        if of_class:
            screen.add(f"{letter} · {words}: {len(of_class)}", indent=0, style="bold")
        for attack in of_class:
            screen.add_row([(attack.id, ID_WIDTH, ""), (attack.title, 0, "dim")], attack.expectation.outcome.value)
    screen.print_to(console)


def print_summary(
    console: "Console", results: "list[AttackResult]", place: Place, *, seconds: float, plain: bool
) -> None:
    """How each class came out, the sum, and what to run again."""
    from grader.attacks import CLASSES
    from grader.cli.screens import open_screen
    from grader.report.wording import show_duration

    screen = open_screen(console, plain=plain)
    screen.add_blank()
    for letter, words in CLASSES.items():
        of_class = [result for result in results if result.attack.letter == letter]
        if of_class:
            held = count_verdict(of_class, "as_expected")
            style = "red" if count_verdict(of_class, "unexpected") else "green"
            screen.add_row([(letter, 2, "dim"), (words, ID_WIDTH, ""), (f"{held} of {len(of_class)}", 0, style)], "")
    screen.add_blank()
    screen.add(f"{conclude(results)} · {place.words} · {show_duration(seconds)}", style="bold")
    unexpected = [result.attack.id for result in results if result.verdict.value == "unexpected"]
    if unexpected:
        screen.add("Again:", indent=1)
        screen.add_command(f"grade attack --sandbox {place.name} {' '.join(unexpected)}", indent=3)
    screen.print_to(console)


def conclude(results: "list[AttackResult]") -> str:
    """The sum, in a few words."""
    unexpected, skipped = count_verdict(results, "unexpected"), count_verdict(results, "skipped")
    parts = [f"{count(len(results), 'attack')}: {count_verdict(results, 'as_expected')} as expected"]
    parts += [f"{unexpected} unexpected"] if unexpected else []
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts)


def count_verdict(results: "Sequence[AttackResult]", verdict: str) -> int:
    """How many came out so."""
    return sum(result.verdict.value == verdict for result in results)


def count(number: int, word: str) -> str:
    """A number and a word, in the plural where it belongs."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def write_results(results: "list[AttackResult]", place: Place, where: str) -> None:
    """The results as JSON, to standard output or a file."""
    from grader.cli.printing import write_json

    said: dict[str, Any] = {
        "sandbox": place.name,
        "warm": place.warm,
        "attacks": [
            {
                "id": result.attack.id,
                "class": result.attack.letter,
                "title": result.attack.title,
                "outcome": result.verdict.value,
                "detail": result.detail,
            }
            for result in results
        ],
    }
    write_json(said, where)
