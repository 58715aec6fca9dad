import io
import threading
from datetime import datetime, timedelta, timezone

import pytest
from rich.console import Console

from grader.batch.model import RowState
from grader.cli.batch_board import BatchBoard, show_batch
from grader.cli.batch_rate import Rate, show_left, show_rate

NOW = datetime(2026, 11, 21, 9, 14, 10, tzinfo=timezone(timedelta(hours=1)))


class Clock:
    """A clock that goes when told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def board(*, width: int = 80, total: int = 180, drawn: bool = False) -> tuple[BatchBoard, Clock, io.StringIO]:
    """A board with a clock of its own, and what it prints."""
    file, clock = io.StringIO(), Clock()
    console = Console(file=file, width=width, color_system=None)
    return BatchBoard(console, "hw1", total, drawn=drawn, now=lambda: NOW, clock=clock), clock, file


def drawn(board: BatchBoard, width: int = 80) -> list[str]:
    """What stands on a terminal."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(board)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_line_of_a_log() -> None:
    """How far, what came out, how long still: rows known before don't make it look faster."""
    lines, clock, file = board()
    lines.skip(66)
    for number in range(44):
        lines.start(f"s{number}")
        clock.seconds += 1
        lines.end(f"s{number}", RowState.LATE if number < 4 else RowState.GRADED)
    lines.skip(2, RowState.MISSING)
    lines.tell_counts()

    assert file.getvalue() == ("2026-11-21T09:14:10+01:00 hw1 112/180 graded=110 review=0 missing=2 ours=0 eta=68s\n")


def test_failures_are_told_at_once() -> None:
    """Each in one line, though a student's words are in it; a row that is missing or late is no failure."""
    lines, _, file = board()
    lines.end("s1042", RowState.GRADED, "fine_tune: stopped after 90 s")
    lines.end("s1077", RowState.GRADED, "refused: a\n2026 hw1\x1b[2Jb")
    lines.end("s1101", RowState.NOT_GRADED)
    lines.end("s1102", RowState.NEEDS_REVIEW)
    lines.end("s1103", RowState.MISSING, "no file for this student")
    lines.end("s1104", RowState.GRADED)
    lines.end("s1105", RowState.LATE, "handed in 2 h late")

    assert file.getvalue().splitlines() == [
        "2026-11-21T09:14:10+01:00 hw1 s1042 graded: fine_tune: stopped after 90 s",
        "2026-11-21T09:14:10+01:00 hw1 s1077 graded: refused: a 2026 hw1b",
        "2026-11-21T09:14:10+01:00 hw1 s1101 not_graded: not graded, our fault",
        "2026-11-21T09:14:10+01:00 hw1 s1102 needs_review: a person must look at it",
    ]


def test_a_pause_is_told() -> None:
    """Else twenty seconds in which nothing moves look like a hang."""
    lines, _, file = board()
    lines.pause(20.0, "5 runs in a row failed through our fault, the last: the daemon is away")
    on_a_terminal, _, shown = board(drawn=True)
    on_a_terminal.pause(20.0, "the daemon is away")

    assert file.getvalue() == (
        "2026-11-21T09:14:10+01:00 hw1 pause: 5 runs in a row failed through our fault, the last: the daemon is away; "
        "what is left is tried once more in 20 s\n"
    )
    assert shown.getvalue() == "  pause   the daemon is away; what is left is tried once more in 20 s\n"


@pytest.mark.parametrize("width", [80, 120])
def test_a_board_on_a_terminal(width: int) -> None:
    """The bar with rate and time left, the counts, what runs longest first; no wider than the terminal."""
    screen, clock, _ = board(width=width, drawn=True)
    screen.skip(60)
    for number in range(50):
        screen.start(f"s{number}")
        clock.seconds += 1
        screen.end(f"s{number}", RowState.GRADED)
    screen.skip(3, RowState.MISSING)
    for number in range(6):
        screen.start(f"s{200 + number}")
    screen.gpu("0: 87 %")
    bar, counts, running = drawn(screen, width)

    assert bar.startswith("hw1  ━")
    assert bar.endswith("113/180  1.0/s  0:01:07 left")
    assert counts == "running 6 · graded 110 · to review 0 · missing 3 · ours 0 · GPU 0: 87 %"
    assert running == "s200 1 s, s201 1 s, s202 1 s, s203 1 s, and 2 more"
    assert max(map(len, (bar, counts, running))) <= min(width, 100)


def test_before_anything_ended() -> None:
    """Nobody knows how fast it goes."""
    screen, _, _ = board(drawn=True)
    screen.start("s1")

    assert drawn(screen)[0].endswith("0/180  –  – left")
    assert screen.draw_counts().endswith("eta=-")


def test_failures_stand_above_the_board() -> None:
    """Printed where they stay, wrapped under each other."""
    screen, _, file = board(width=60, drawn=True)
    screen.end("s1077", RowState.GRADED, "refused: [bold]" + "long " * 20)
    lines = file.getvalue().splitlines()

    assert lines[0].startswith("  s1077   refused: [bold]long")
    assert all(line.startswith("          long") for line in lines[1:])


def test_without_a_terminal_there_are_lines() -> None:
    """One every so often, and the last one with everything done; nothing of a board."""
    file = io.StringIO()
    with show_batch(Console(file=file, width=80), slug="hw1", total=2, every_seconds=0.01) as lines:
        lines.start("s1")
        lines.end("s1", RowState.GRADED)
        lines.skip(1, RowState.MISSING)

    assert file.getvalue().splitlines()[-1].split(" ", 2)[1:] == [
        "hw1",
        "2/2 graded=1 review=0 missing=1 ours=0 eta=0s",
    ]
    assert "\x1b[" not in file.getvalue()
    assert "progress" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("plain", [False, True])
def test_plain_draws_nothing(plain: bool) -> None:
    """--plain is lines on a terminal too."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True)
    with show_batch(console, slug="hw1", total=1, plain=plain) as lines:
        lines.end("s1", RowState.GRADED)

    assert ("\x1b[" not in file.getvalue()) == plain


def test_an_interrupt_leaves_the_board() -> None:
    """The board goes, its thread too, and what was raised goes on."""
    file = io.StringIO()
    with pytest.raises(KeyboardInterrupt), show_batch(Console(file=file), slug="hw1", total=9, every_seconds=60.0):
        raise KeyboardInterrupt

    assert "hw1 0/9" in file.getvalue()


def test_many_threads_lose_no_count() -> None:
    """Every end is counted once."""
    lines, _, _ = board(total=800)

    def work(name: int) -> None:
        for number in range(100):
            lines.start(f"{name}-{number}")
            lines.end(f"{name}-{number}", RowState.GRADED)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (lines.done, lines.states[RowState.GRADED], lines.running) == (800, 800, {})


def test_the_rate_is_that_of_late() -> None:
    """A slow beginning is forgotten, and a standstill is noticed."""
    clock = Clock()
    rate = Rate(clock)
    rate.start()
    for seconds in [100.0] * 5 + [1.0] * 120:
        clock.seconds += seconds
        rate.end()
    fast = rate.per_second
    clock.seconds += 600
    slow = rate.per_second

    assert fast == pytest.approx(1.0)
    assert slow is not None
    assert slow < 0.01


def test_what_needs_no_run_is_not_fast() -> None:
    """Rows without a submission end before the first run begins: nobody concludes from them how long it will take."""
    lines, clock, _ = board()
    for number in range(40):
        lines.end(f"s{number}", RowState.MISSING)
    before = lines.draw_counts()
    lines.start("s40")
    clock.seconds += 2
    lines.end("s40", RowState.GRADED)

    assert before.endswith("eta=-")
    assert lines.draw_counts().endswith("eta=278s")


def test_seldom_ends_have_a_rate_too() -> None:
    """Where runs take minutes, the last five of them say how fast it goes."""
    clock = Clock()
    rate = Rate(clock)
    rate.start()
    for _ in range(8):
        clock.seconds += 300
        rate.end()

    assert rate.per_second == pytest.approx(1 / 300)
    assert rate.seconds_left(2) == pytest.approx(600)


@pytest.mark.parametrize(
    ("per_second", "said"), [(None, "–"), (51.3, "51/s"), (1234.0, "1,234/s"), (1.42, "1.4/s"), (0.05, "3.0/min")]
)
def test_a_rate_in_words(per_second: float | None, said: str) -> None:
    """By the second, or by the minute where it is slow."""
    assert show_rate(per_second) == said


@pytest.mark.parametrize(("seconds", "said"), [(None, "–"), (49.4, "0:00:49"), (90_000.0, "1 day, 1:00:00")])
def test_a_time_to_go(seconds: float | None, said: str) -> None:
    """In hours, minutes and seconds."""
    assert show_left(seconds) == said
