"""The board while a batch runs: how far, how fast, how long still, what runs, what came out; failures as they happen.

On a terminal it is drawn below what is printed, and gone afterwards. Where there is none, a line every ten seconds and
one for each failure say the same to a log. Called from many threads: a lock guards the counts, `rich` draws from its
own thread and reads what is there.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console, Group, RenderableType
from rich.constrain import Constrain
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from grader.batch.model import RowState
from grader.cli.batch_rate import Rate, show_left, show_rate
from grader.report.clean import clean_line, spell_ascii
from grader.report.screen import Screen
from grader.report.terminal import fits_console
from grader.report.wording import show_duration

__all__ = ["BatchBoard", "show_batch"]

REFRESHES = 4.0
EVERY_SECONDS = 10.0
WIDEST = 100
MOST_NAMED = 4
MOST_SLUG, MOST_ID, MOST_NOTE = 24, 32, 300
TOLD = {RowState.NOT_GRADED: "not graded, our fault", RowState.NEEDS_REVIEW: "a person must look at it"}
"""States that are told without a note too."""
STYLES = {RowState.NOT_GRADED: "bold red", RowState.NEEDS_REVIEW: "magenta"}


def read_time() -> datetime:
    """Now, in this machine's zone."""
    return datetime.now(UTC).astimezone()


@dataclass
class BatchBoard:
    """The counts of a batch. `drawn` is whether `rich` draws it; then failures are printed above it."""

    console: Console
    slug: str
    total: int
    drawn: bool = False
    now: Callable[[], datetime] = read_time
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    states: Counter[RowState] = field(default_factory=Counter)
    running: dict[str, float] = field(default_factory=dict)
    processors: str = ""

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.printing = threading.Lock()  # a failure of several lines stays together
        self.rate = Rate(self.clock)
        self.ascii = not fits_console(self.console)
        self.last_line = ""

    def start(self, item: str) -> None:
        """An item begins."""
        with self.lock:
            self.rate.start()
            self.running[item] = self.clock()

    def end(self, item: str, state: RowState, note: str = "") -> None:
        """An item is over. A state that is our fault or a person's to decide is told at once, and so is the note of one
        that was graded. What is only late or missing is counted.
        """
        with self.lock:
            self.running.pop(item, None)
            self.rate.end()
            self.done += 1
            self.states[state] += 1
        if state in TOLD or (note and state is RowState.GRADED):
            self.tell_failure(item, state, note)

    def skip(self, count: int = 1, state: RowState = RowState.GRADED) -> None:
        """So many were known before, or had nothing to run. They are done, and say nothing of how fast it goes."""
        with self.lock:
            self.done += count
            self.states[state] += count

    def pause(self, seconds: float, reason: str) -> None:
        """Nothing runs for a while: why, and what comes then."""
        note = f"{clean_line(reason, most=MOST_NOTE)}; what is left is tried once more in {seconds:.0f} s"
        if not self.drawn:
            self.say(f"{self.stamp()} pause: {note}")
            return
        screen = Screen(width=self.console.width, plain=self.ascii)
        screen.add(note, indent=2, lead="pause", lead_width=8, lead_style="bold", style="yellow")
        with self.printing:
            screen.print_to(self.console)

    def gpu(self, text: str) -> None:
        """What the graphics processors do: "0: 87 %, 11 of 80 GiB"."""
        self.processors = text

    def tell_failure(self, item: str, state: RowState, note: str) -> None:
        """A line for one item, above the board or in the log. The note may hold a student's words."""
        note = clean_line(note, most=MOST_NOTE) or TOLD.get(state, "")
        if not self.drawn:
            self.say(f"{self.stamp()} {clean_line(item, most=MOST_ID)} {state.value}: {note}")
            return
        screen = Screen(width=self.console.width, plain=self.ascii)
        screen.add(
            note, indent=2, lead=item[:MOST_ID], lead_width=8, lead_style="bold", style=STYLES.get(state, "yellow")
        )
        with self.printing:
            screen.print_to(self.console)

    def tell_counts(self) -> None:
        """The line of a log: how far everything is."""
        line = self.draw_counts()
        self.last_line = line
        self.say(f"{self.stamp()} {line}")

    def tell_end(self) -> None:
        """The last line of a log, unless it has been said."""
        if self.draw_counts() != self.last_line:
            self.tell_counts()

    def draw_counts(self) -> str:
        """How far everything is, for a program to read."""
        with self.lock:
            states, left = dict(self.states), self.rate.seconds_left(self.total - self.done)
        graded = states.get(RowState.GRADED, 0) + states.get(RowState.LATE, 0)
        return (
            f"{self.done}/{self.total} graded={graded} review={states.get(RowState.NEEDS_REVIEW, 0)}"
            f" missing={states.get(RowState.MISSING, 0)} ours={states.get(RowState.NOT_GRADED, 0)}"
            f" eta={'-' if left is None else f'{round(left)}s'}"
        )

    def stamp(self) -> str:
        """The time with its zone, and what this is about."""
        return f"{self.now().isoformat(timespec='seconds')} {self.slug}"

    def say(self, text: str) -> None:
        """One line as it is, never wrapped."""
        self.console.print(Text(self.spell(text)), soft_wrap=True, highlight=False)

    def spell(self, text: str) -> str:
        """A text as this console can show it."""
        return spell_ascii(text) if self.ascii else text

    def __rich__(self) -> RenderableType:
        with self.lock:
            running, states = dict(self.running), dict(self.states)
            rate, left = self.rate.per_second, self.rate.seconds_left(self.total - self.done)
        bar = Table.grid(expand=True, padding=(0, 2, 0, 0))
        for ratio in (None, 1, None, None, None):
            bar.add_column(ratio=ratio, no_wrap=True)
        bar.add_row(
            Text(clean_line(self.slug, most=MOST_SLUG), "bold"),
            ProgressBar(total=max(self.total, 1), completed=self.done),
            f"{self.done:,}/{self.total:,}",
            Text(self.spell(show_rate(rate))),
            Text(self.spell(f"{show_left(left)} left")),
        )
        return Constrain(Group(bar, self.draw_states(running, states), self.draw_running(running)), WIDEST)

    def draw_states(self, running: dict[str, float], states: dict[RowState, int]) -> Text:
        """What runs, and what came out."""
        late, ours = states.get(RowState.LATE, 0), states.get(RowState.NOT_GRADED, 0)
        parts = [
            (f"running {len(running)}", "cyan"),
            (f"graded {states.get(RowState.GRADED, 0)}", "green"),
            *([(f"late {late}", "yellow")] if late else []),
            (f"to review {states.get(RowState.NEEDS_REVIEW, 0)}", ""),
            (f"missing {states.get(RowState.MISSING, 0)}", ""),
            (f"ours {ours}", "bold red" if ours else ""),
            (f"GPU {clean_line(self.processors) or '–'}", ""),
        ]
        text = Text(self.spell(" · ")).join(Text(self.spell(said), style) for said, style in parts)
        text.no_wrap, text.overflow = True, "ellipsis"
        return text

    def draw_running(self, running: dict[str, float]) -> Text:
        """Which run, the longest first: what hangs is seen."""
        now = self.clock()
        oldest = sorted(running.items(), key=lambda entry: entry[1])
        names = [f"{clean_line(item, most=MOST_ID)} {show_duration(max(now - since, 1))}" for item, since in oldest]
        more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        return Text(self.spell(", ".join(names[:MOST_NAMED]) + more), "dim", no_wrap=True, overflow="ellipsis")


@contextmanager
def show_batch(
    console: Console, *, slug: str, total: int, plain: bool = False, every_seconds: float = EVERY_SECONDS
) -> Iterator[BatchBoard]:
    """The board of a batch of `total` rows: drawn on a terminal, lines elsewhere and where the screen is plain."""
    if console.is_terminal and not plain:
        board = BatchBoard(console, slug, total, drawn=True)
        with Live(board, console=console, transient=True, refresh_per_second=REFRESHES):
            yield board
        return
    board = BatchBoard(console, slug, total)
    over = threading.Event()
    ticker = threading.Thread(target=tell_often, args=(board, over, every_seconds), name="progress", daemon=True)
    ticker.start()
    try:
        yield board
    finally:
        over.set()
        ticker.join()
        board.tell_end()


def tell_often(board: BatchBoard, over: threading.Event, every_seconds: float) -> None:
    """A line every so often, until it is over."""
    while not over.wait(every_seconds):
        board.tell_counts()
