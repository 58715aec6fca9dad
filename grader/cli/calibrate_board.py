"""How far a calibration is, on standard error: on a terminal a line that is drawn anew, elsewhere now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from grader.calibrate.calibrate import Step
from grader.report.clean import clean_line, spell_ascii
from grader.report.wording import show_duration

__all__ = ["Board", "follow_steps"]

EVERY_SECONDS = 10.0
REFRESHES = 4.0
STAGES = {"quick": "quick training, draw", "running": "run"}


@contextmanager
def follow_steps(*, plain: bool, console: Console | None = None) -> Iterator[Callable[[Step], None]]:
    """What to call with each step. The line on a terminal is gone afterwards."""
    console = console or Console(stderr=True, highlight=False)
    board = Board(console)
    if plain or not console.is_terminal:
        board.lines = True
        yield board.tell
        return
    with Live(board, console=console, transient=True, refresh_per_second=REFRESHES):
        yield board.tell


@dataclass
class Board:
    """The last step. With `lines`, printed now and then, and when a stage is done."""

    console: Console
    lines: bool = False
    clock: Callable[[], float] = time.monotonic
    step: Step | None = None
    cached: int = 0
    started: float = field(default=0.0)
    told: float = -EVERY_SECONDS

    def __post_init__(self) -> None:
        self.started = self.clock()

    def tell(self, step: Step) -> None:
        """A step is done."""
        if self.step is not None and step.stage != self.step.stage:
            self.cached = 0
        self.step = step
        self.cached += not step.observation.made_now
        over = step.done == step.total
        if self.lines and (over or self.clock() - self.told >= EVERY_SECONDS):
            self.told = self.clock()
            self.console.print(Text(spell_ascii(self.say())), soft_wrap=True)

    def say(self) -> str:
        """How far it is."""
        if self.step is None:
            return f"beginning · {show_duration(self.clock() - self.started)}"
        step, seen = self.step, self.step.observation
        kept = f" · {self.cached} from the last time" if self.cached else ""
        name = clean_line(seen.trial.name)
        where = f"{name}, draw {seen.condition.draw}, seed {seen.condition.variation}"
        if seen.condition.threads > 1:
            where += f", {seen.condition.threads} threads"
        time_spent = show_duration(self.clock() - self.started)
        return f"{STAGES[step.stage]} {step.done} of {step.total} · {where} · {time_spent}{kept}"

    def __rich__(self) -> Text:
        line = Text(f" {self.say()}", "cyan")
        line.truncate(self.console.width - 1, overflow="ellipsis")
        return line
