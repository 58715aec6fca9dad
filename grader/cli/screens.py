"""The screens of the smaller commands: lines, and rows with a word in front."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from grader.report.clean import clean_line, spell_ascii
from grader.report.screen import Screen
from grader.report.terminal import fits_console

__all__ = ["open_screen", "print_lines"]


def open_screen(console: Console, *, plain: bool = False) -> Screen:
    """A screen of a console's width, plain where it can't show our signs."""
    return Screen(width=console.width, plain=plain or not fits_console(console))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they are, made harmless, without wrapping: they hold paths and digests to copy."""
    console = Console(highlight=False)
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        text = " " * indent + clean_line(line)
        console.print(Text(text if fits_console(console) else spell_ascii(text)), soft_wrap=True)
