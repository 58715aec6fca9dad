"""Progress on standard error while a submission runs: on a terminal a line a question, elsewhere a line an event."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from grader.collect import Progress, Watch
from grader.report.wording import show_duration
from grader.spec.model import Assignment

__all__ = ["show_progress"]

STAGES = {
    "reference": "running the reference solution (once; it is kept)",
    "starting": "starting the sandbox",
    "running": "running your code",
    "predicting": "trying the trained model on images it never saw",
    "again": "it came near to the line: the same question again, with other seeds",
    "checking": "checking",
}
COUNTED = ("reference", "running")
REFRESHES = 8.0


@contextmanager
def show_progress(assignment: Assignment, console: Console, *, plain: bool = False) -> Iterator[Watch]:
    """What to call with each step. The lines on a terminal are gone afterwards."""
    if plain or not console.is_terminal:
        yield Lines(console).watch
        return
    board = Board([question.id for question in assignment.questions])
    with Live(board, console=console, transient=True, refresh_per_second=REFRESHES):
        yield board.watch


@dataclass
class Lines:
    """One line for each new stage and each question that ended."""

    console: Console
    stage: str = ""

    def watch(self, step: Progress) -> None:
        """Print what is new."""
        if step.stage != self.stage:
            self.stage = step.stage
            self.say(f"{STAGES.get(step.stage, step.stage)} ...")
        if step.question is not None and step.total and step.stage == "running":
            self.say(f"  {step.question} ended ({step.done} of {step.total})")

    def say(self, text: str) -> None:
        """One line, as it is."""
        self.console.print(Text(text), soft_wrap=True, highlight=False)


@dataclass
class Board:
    """A line for each question, with its state, below one for the stage."""

    questions: Sequence[str]
    stage: str = "starting"
    ended: set[str] = field(default_factory=set)
    predicting: str | None = None
    count: str = ""

    def __post_init__(self) -> None:
        self.spinner = Spinner("dots")
        self.started = time.monotonic()

    def watch(self, step: Progress) -> None:
        """Take a step in. Called from the sandbox's threads; `rich` draws from its own."""
        self.stage = step.stage
        self.count = f" · {step.done} of {step.total}" if step.total and step.stage in COUNTED else ""
        self.predicting = step.question if step.stage == "predicting" else None
        if step.stage == "running" and step.question is not None:
            self.ended = self.ended | {step.question}

    def __rich__(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        seconds = show_duration(time.monotonic() - self.started)
        self.spinner.update(text=Text(f"{STAGES.get(self.stage, self.stage)}{self.count} · {seconds}"))
        table.add_row(self.spinner)
        for question in self.questions:
            table.add_row(Text(f"   {question:12} ") + Text(*self.state_of(question)))
        return table

    def state_of(self, question: str) -> tuple[str, str]:
        """A question's state, and its style."""
        if question == self.predicting:
            return "trying the trained model", "cyan"
        if question in self.ended:
            return "ran", "green"
        running = self.stage == "running"
        return ("running or waiting", "cyan") if running else ("", "dim")
