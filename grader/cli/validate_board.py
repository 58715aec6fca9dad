"""The line below the stages while an assignment is validated: which stage, how far it is, for how long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from grader.report.wording import show_duration
from grader.validate import Stage

__all__ = ["Board", "Lines", "show_stages"]

REFRESHES = 8.0
WORDS = {
    Stage.SPECIFICATION: "reading the specification",
    Stage.HANDOUT: "reading the handout",
    Stage.MATERIAL: "looking for weights and data",
    Stage.REFERENCE: "running the reference on every draw",
    Stage.CHANCE: "comparing seeds",
    Stage.SECRECY: "searching the public folder, and a release",
    Stage.RULES: "trying cheap rules",
    Stage.COSTS: "measuring each question alone",
    Stage.TRIALS: "trying mutants and variants",
    Stage.MUTATION: "trying generated mutants",
    Stage.COVERAGE: "comparing what caught what",
}


class Watching(Protocol):
    """What is told how far a validation is."""

    def begin(self, stage: Stage) -> None:
        """A stage begins."""

    def step(self, done: int, total: int) -> None:
        """So many of its runs are over."""


@dataclass
class Board:
    """One line on a terminal. Called from the program's thread; `rich` draws from its own."""

    stage: Stage = Stage.SPECIFICATION
    count: str = ""

    def __post_init__(self) -> None:
        self.spinner = Spinner("dots")
        self.started = time.monotonic()

    def begin(self, stage: Stage) -> None:
        """A stage begins."""
        self.stage, self.count = stage, ""

    def step(self, done: int, total: int) -> None:
        """So many of its runs are over."""
        self.count = f" · {done} of {total}"

    def __rich__(self) -> RenderableType:
        seconds = show_duration(time.monotonic() - self.started)
        self.spinner.update(text=Text(f"{WORDS[self.stage]}{self.count} · {seconds}", style="cyan"))
        return self.spinner


@dataclass
class Lines:
    """Where there is no terminal: a line for each quarter of a stage that takes its time."""

    console: Console
    stage: Stage = Stage.SPECIFICATION
    quarter: int = 0

    def begin(self, stage: Stage) -> None:
        """A stage begins."""
        self.stage, self.quarter = stage, 0

    def step(self, done: int, total: int) -> None:
        """So many of its runs are over."""
        quarter = 4 * done // max(total, 1)
        if quarter > self.quarter and done < total:
            self.console.print(Text(f"   {WORDS[self.stage]}: {done} of {total}"), soft_wrap=True, highlight=False)
        self.quarter = max(quarter, self.quarter)


@contextmanager
def show_stages(console: Console, *, plain: bool = False) -> Iterator[Watching]:
    """What to tell; on a terminal the line is gone afterwards, elsewhere progress goes to standard error."""
    if plain or not console.is_terminal:
        yield Lines(Console(stderr=True, highlight=False))
        return
    board = Board()
    with Live(board, console=console, transient=True, refresh_per_second=REFRESHES):
        yield board
