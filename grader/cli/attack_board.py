"""The line below the results while attacks run: which ones, how many are done, for how long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from grader.attacks import Attack
from grader.report.wording import show_duration

__all__ = ["Board", "show_board"]

REFRESHES = 8.0
MOST_NAMED = 3


@dataclass
class Board:
    """What runs now. Called from several threads; `rich` draws from its own."""

    total: int
    done: int = 0
    running: dict[str, Attack] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spinner = Spinner("dots")
        self.started = time.monotonic()

    def start(self, attack: Attack) -> None:
        """An attack begins."""
        self.running = {**self.running, attack.id: attack}

    def end(self, attack: Attack) -> None:
        """An attack is over."""
        self.done += 1
        self.running = {id: other for id, other in self.running.items() if id != attack.id}

    def __rich__(self) -> RenderableType:
        names = ", ".join(list(self.running)[:MOST_NAMED])
        seconds = show_duration(time.monotonic() - self.started)
        text = Text(
            f"{self.done} of {self.total} · {seconds} · {names}", style="cyan", overflow="ellipsis", no_wrap=True
        )
        self.spinner.update(text=text)
        return self.spinner


@contextmanager
def show_board(console: Console, total: int, *, plain: bool = False) -> Iterator[Board]:
    """The board, drawn on a terminal only; gone afterwards."""
    board = Board(total)
    if plain or not console.is_terminal:
        yield board
        return
    with Live(board, console=console, transient=True, refresh_per_second=REFRESHES):
        yield board
