"""Lines for a terminal: wrapped by the width of characters as shown, in colour or in plain ASCII.

Every text passes `Screen.show`, which makes it harmless and, where the screen is plain, ASCII. Nothing is ever read as
rich's markup: what a student wrote may look like it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from grader.report.clean import clean_line, clean_text, spell_ascii

__all__ = ["Screen"]

WIDEST = 100  # columns; longer lines are hard to read
NARROWEST = 40
MARGIN = 2
LEAST = 20  # columns that a paragraph needs to be readable


@dataclass
class Screen:
    """What is to be printed, line by line. `width` is the terminal's."""

    width: int = 80
    plain: bool = False
    lines: list[Text] = field(default_factory=list)

    @property
    def edge(self) -> int:
        """The column before which every line ends."""
        return max(min(self.width, WIDEST) - MARGIN, NARROWEST)

    def show(self, text: str) -> str:
        """Text on one line, as this screen may show it."""
        return spell_ascii(clean_line(text)) if self.plain else clean_line(text)

    def show_code(self, text: str) -> str:
        """A line of code: the same, its spaces kept, cut at the edge."""
        text = clean_text(text, most=1000).replace("\n", " ").rstrip()
        return spell_ascii(text) if self.plain else text

    def add_blank(self) -> None:
        """An empty line."""
        self.lines.append(Text())

    def add(
        self,
        text: str,
        *,
        indent: int = 1,
        lead: str = "",
        lead_width: int = 0,
        style: str = "",
        lead_style: str = "",
        follow: str = "",
    ) -> None:
        """A paragraph at `indent`, after `lead` (padded to `lead_width`); further lines stand under the first one's.

        `follow` stands before each further line: what a student's program said can't begin a line of its own.
        """
        lead = self.show(lead)
        lead += " " * max(lead_width - cell_len(lead), 1 if lead else 0)
        start = indent + cell_len(lead)
        if lead and self.edge - start < LEAST:  # too narrow for both side by side
            self.lines.append(Text(" " * indent) + Text(lead, lead_style))
            lead, start = "", indent + 2
        if not lead:
            indent = start = min(start, self.edge - LEAST)
        under = (" " * indent + follow).ljust(start)
        for number, line in enumerate(self.wrap(self.show(text), self.edge - len(under))):
            begin = Text(" " * indent) + Text(lead, lead_style) if number == 0 else Text(under)
            self.lines.append(begin + Text(line, style))

    def add_command(self, command: str, *, indent: int) -> None:
        """A command to copy: on a line of its own, never wrapped."""
        self.lines.append(Text(" " * indent + self.show(command), "bold"))

    def add_row(self, cells: Sequence[tuple[str, int, str]], right: str, *, right_style: str = "") -> None:
        """Cells of at least a width each and, at the edge, `right`. The last cell is wrapped where it doesn't fit."""
        line = Text(" ")
        for text, width, style in cells[:-1]:
            text = self.show(text)
            line += Text(text + " " * max(width - cell_len(text), 1), style)
        start = line.cell_len
        right = self.show(right)
        last, _, style = cells[-1]
        space = self.edge - start - cell_len(right)
        first, *rest = self.wrap(self.show(last), max(space - (MARGIN if right else 0), 12)) or [""]
        gap = max(space - cell_len(first), MARGIN) if right else 0
        self.lines.append(line + Text(first, style) + Text(" " * gap + right, right_style))
        self.lines += [Text(" " * start) + Text(more, style) for more in rest]

    def add_ends(self, left: str, right: str, *, left_style: str = "", right_style: str = "") -> None:
        """Two texts at the ends of a line, or on two lines where one doesn't hold both."""
        space = self.edge - cell_len(self.show(left)) - cell_len(self.show(right))
        if space < MARGIN:
            self.add(left, indent=0, style=left_style)
            self.add(right, style=right_style)
            return
        self.lines.append(Text(self.show(left), left_style) + Text(" " * space + self.show(right), right_style))

    def add_code(self, number: str, text: str, *, marked: bool) -> None:
        """A line of code with its number, marked or not."""
        arrow, bar = ("->", "|") if self.plain else ("→", "│")
        line = Text(f"    {arrow if marked else '':>2} ", "bold red") + Text(f"{number} {bar} ", "dim")
        line += Text(self.show_code(text), "" if marked else "dim")
        line.truncate(self.edge, overflow="crop" if self.plain else "ellipsis")
        self.lines.append(line)

    def add_carets(self, number_width: int, span: tuple[int, int]) -> None:
        """Carets under a part of the line of code above: columns from 0, the end not included."""
        begin = max(span[0], 0)
        count = max(min(span[1], self.edge) - begin, 1)
        self.lines.append(Text(" " * (7 + number_width + 3 + begin) + "^" * count, "bold red"))

    def wrap(self, text: str, width: int) -> list[str]:
        """`text` in lines of at most `width` columns."""
        console = Console(file=StringIO(), width=max(width, 1), color_system=None)
        return [line.plain.rstrip() for line in Text(text).wrap(console, width)]

    def print_to(self, console: Console) -> None:
        """Print every line, without colour where the screen is plain."""
        for line in self.lines:
            line.rstrip()
            console.print(
                Text(line.plain) if self.plain else line, soft_wrap=True, highlight=False, markup=False, emoji=False
            )
