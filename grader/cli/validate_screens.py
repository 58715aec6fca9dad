"""What `grade validate` shows: a line for each stage, its findings below it, and one verdict at the end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from grader.cli.screens import open_screen
from grader.report.screen import Screen
from grader.report.wording import show_duration
from grader.validate import Finding, Severity, StageResult, Validation

if TYPE_CHECKING:  # only a name for a type
    from grader.validate import Place

__all__ = ["print_heading", "print_stage", "print_verdict", "print_whole"]

STAGE_WIDTH = 19
LEAD_WIDTH = 9
CODE_INDENT = 4  # of a long line of code's second half
MOST_SHOWN = 12  # of one severity in one stage
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
SIGNS = {Severity.ERROR: ("✗", "FAIL"), Severity.WARNING: ("!", "warn"), Severity.NOTE: ("✓", "pass")}
GOOD = ("✓", "pass")


def print_heading(console: Console, place: "Place", sandboxes: Sequence[str], *, plain: bool) -> None:
    """Which assignment, in which sandboxes."""
    screen = open_screen(console, plain=plain)
    screen.add_ends(place.slug, ", ".join(sandboxes), left_style="bold", right_style="dim")
    screen.print_to(console)


def print_stage(console: Console, result: StageResult, *, plain: bool) -> None:
    """A stage, and what was found in it."""
    screen = open_screen(console, plain=plain)
    worst = next((severity for severity in Severity if result.count(severity)), None)
    sign, word = GOOD if worst is None else SIGNS[worst]
    style = "green" if worst in (None, Severity.NOTE) else STYLES[worst]
    cells = [
        (word if screen.plain else sign, 5 if screen.plain else 2, style),
        (result.stage.value, STAGE_WIDTH, "bold"),
        (result.summary, 0, ""),
    ]
    screen.add_row(cells, "")
    for severity in Severity:
        found = [finding for finding in result.findings if finding.severity is severity]
        shown = found[:MOST_SHOWN]
        for number, finding in enumerate(shown, 1):
            add_finding(screen, finding)
            if [following.remedy for following in shown[number : number + 1]] != [finding.remedy]:
                add_remedy(screen, finding)  # what holds for several is said once
        if len(found) > MOST_SHOWN:
            screen.add(f"and {len(found) - MOST_SHOWN} more: --json has all", indent=3, style=STYLES[severity])
    screen.print_to(console)


def add_finding(screen: Screen, finding: Finding) -> None:
    """Where, and what."""
    style = STYLES[finding.severity]
    screen.add(finding.where or "-", indent=3, lead=finding.severity.value, lead_width=LEAD_WIDTH, lead_style=style)
    indent = 3 + LEAD_WIDTH
    screen.add(finding.what, indent=indent)
    for line in finding.details:
        if finding.code == "survivor":
            add_code(screen, line, indent=indent)
        else:
            screen.add(line, indent=indent, style="dim")


def add_remedy(screen: Screen, finding: Finding) -> None:
    """What to do."""
    if finding.remedy:
        screen.add(finding.remedy, indent=3 + LEAD_WIDTH, lead="→", lead_width=2, style="dim")


def add_code(screen: Screen, line: str, *, indent: int) -> None:
    """A line of a difference, its spaces kept; what doesn't fit stands below, further in."""
    code, style = screen.show_code(line), "red" if line.startswith("-") else "green"
    while code:
        space = screen.edge - indent
        screen.lines.append(Text(" " * indent) + Text(code[:space], style))
        code, indent = code[space:], 3 + LEAD_WIDTH + CODE_INDENT


def print_verdict(console: Console, validation: Validation, *, seconds: float, plain: bool) -> None:
    """Sound or not, and what to mend first."""
    screen = open_screen(console, plain=plain)
    screen.add_blank()
    screen.add(f"{tell_verdict(validation)} · {show_duration(seconds)}", style="bold")
    first = next((f for f in validation.findings if f.severity is not Severity.NOTE), None)
    if first is not None:
        screen.add(f"{first.where}: {first.what}" if first.where else first.what, lead="First:", lead_width=7)
    screen.print_to(console)


def tell_verdict(validation: Validation) -> str:
    """One line."""
    counts = {severity: sum(f.severity is severity for f in validation.findings) for severity in Severity}
    said = ", ".join(count(number, severity.value) for severity, number in counts.items() if number)
    if validation.hindered:
        return f"{validation.slug} couldn't be looked at whole on this machine: {said}"
    if not validation.sound:
        return f"{validation.slug} is NOT SOUND: {said}"
    return f"{validation.slug} is sound{': ' + said if said else ''}"


def count(number: int, word: str) -> str:
    """A number and a word, in the plural where it belongs."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def print_whole(console: Console, validations: Sequence[Validation], *, seconds: float, plain: bool) -> None:
    """The verdict about several assignments."""
    screen = open_screen(console, plain=plain)
    unsound = [validation.slug for validation in validations if not validation.sound]
    screen.add_blank()
    verdict = f"not sound: {', '.join(unsound)}" if unsound else "all sound"
    screen.add(f"{len(validations)} assignments, {verdict} · {show_duration(seconds)}", style="bold")
    screen.print_to(console)
