"""What `grade calibrate` prints: each check's statistics and number, and the table of what goes wrong. 80 columns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from grader.calibrate.calibrate import Calibration, Effort
from grader.calibrate.errors import ErrorKind, ErrorRow
from grader.calibrate.proposals import Finding, Proposal, Range
from grader.cli.screens import open_screen
from grader.report.screen import Screen

__all__ = ["show_calibration", "show_errors", "show_written"]

FINDINGS = {
    Finding.KEPT: ("stands", "green"),
    Finding.PROPOSED: ("another is better", "yellow"),
    Finding.TIGHTER: ("stands", "green"),
    Finding.NO_GAP: ("NO GAP", "bold red"),
    Finding.NARROW: ("NARROW GAP", "bold red"),
    Finding.FEW: ("TOO FEW RUNS", "bold red"),
    Finding.NO_RIGHT: ("NO RIGHT RUN", "bold red"),
    Finding.NO_WRONG: ("NO WRONG RUN", "yellow"),
}
SAID = {
    Finding.NO_GAP: "No number lets every right run pass and no wrong one.",
    Finding.NARROW: "What lies between right and wrong is too little to stand in: further runs may close it.",
    Finding.FEW: "Another number may be better; there are too few runs on one side to say which.",
    Finding.NO_RIGHT: "No right run could be measured.",
    Finding.NO_WRONG: "No mutant fails this by its number, so nothing says how low it may be.",
}
HEADINGS = {
    ErrorKind.FALSE_FAILURE: "Right solutions that lost something (goal: at most 0.1 % of the runs)",
    ErrorKind.FALSE_PASS: "Mutants that lost nothing in their question (goal: at most 1 %)",
}
WIDTHS = (34, 7, 7, 8)


def show_calibration(console: Console, done: Calibration, effort: Effort, *, where: str, plain: bool) -> None:
    """Everything that came of it."""
    screen = open_screen(console, plain=plain)
    screen.add_ends(f"{done.assignment.slug} · {done.assignment.title}", where, left_style="bold", right_style="dim")
    for line in say_runs(done):
        screen.add(line, style="dim")
    for proposal in done.proposals:
        screen.add_blank()
        add_proposal(screen, proposal)
    screen.print_to(console)
    show_errors(console, done, plain=plain)
    if done.left or done.quick_left:
        left = open_screen(console, plain=plain)
        left.add_blank()
        left.add(say_left(done), style="yellow")
        left.print_to(console)


def say_runs(done: Calibration) -> Iterable[str]:
    """Over what the runs went."""
    slow = [one for one in done.observations if not one.quick]
    quick = [one for one in done.observations if one.quick]
    conditions = [one.condition for one in slow]
    if slow:
        numbers = sorted({one.threads for one in conditions})
        threads = "1 thread" if numbers == [1] else f"{' and '.join(map(str, numbers))} threads"
        devices = len({one.device for one in conditions})
        yield (
            f"{count(len(slow), 'run')} of {len({one.trial.name for one in slow})} solutions and mutants: "
            f"{count(len({one.draw for one in conditions}), 'draw')}, "
            f"{count(len({one.variation for one in conditions}), 'seed')}, {threads}, "
            f"{count(devices, 'device')}"
        )
    limited = {one.trial.name for one in slow if one.limited}
    if limited:
        yield f"met a limit of time or memory, and say nothing: {', '.join(sorted(limited))}"
    if quick:
        ways = {one.trial.name for one in quick}
        draws = {one.condition.draw for one in quick}
        yield f"{len(quick)} quick trainings: {count(len(ways), 'way')}, {count(len(draws), 'draw')}"


def say_left(done: Calibration) -> str:
    """What the time didn't suffice for."""
    parts = [count(done.left, "run")] if done.left else []
    parts += [f"{count(done.quick_left, 'draw')} of the quick training"] if done.quick_left else []
    return f"The time was over: {' and '.join(parts)} left. What was made is kept; the same call goes on."


def add_proposal(screen: Screen, one: Proposal) -> None:
    """One check: what right and wrong runs had, the number, and what follows."""
    word, style = FINDINGS[one.finding]
    screen.add_row([(one.check, 0, "bold"), (say_numbers(one.numbers), 0, "")], word, right_style=style)
    screen.add(say_range(one, one.right, "solution"), indent=3, lead="right", lead_width=7, lead_style="green")
    screen.add(say_range(one, one.wrong, "mutant"), indent=3, lead="wrong", lead_width=7, lead_style="red")
    if not one.largest and one.gap is not None:
        low, high = (show(edge) for edge in one.gap)
        margin = f"; the nearest mean is {one.margin:.1f} deviations off" if math.isfinite(one.margin) else ""
        above = f"above {low}, " if math.isfinite(one.gap[0]) else ""
        screen.add(f"{above}up to {high}{margin}", indent=3, lead="gap", lead_width=7)
    for line in say_finding(one):
        screen.add(line, indent=3)


def say_finding(one: Proposal) -> Iterable[str]:
    """What to do about it."""
    if one.finding in SAID:
        yield SAID[one.finding]
    if one.finding is Finding.PROPOSED:
        yield f"Proposed: {say_numbers(one.proposed)}."
    if one.finding is Finding.TIGHTER:
        yield "A harder one would do, too (--tighten)."
    if one.near_proposed != one.near:
        yield f"Seeds alone lead so far apart that a run within near = {show(one.near_proposed)} is worth others."


def say_numbers(numbers: Mapping[str, float]) -> str:
    """A check's numbers, as assignment.toml has them; those that are 0 beside others are left out."""
    shown = [f"{name} = {show(number)}" for name, number in numbers.items() if number or len(numbers) == 1]
    return ", ".join(shown) or "nothing is allowed"


def say_range(one: Proposal, runs: Range, noun: str) -> str:
    """The statistics of right runs, or of wrong ones."""
    if not runs.runs:
        return "no run"
    values = show(runs.low) if runs.low == runs.high else f"{show(runs.low)} to {show(runs.high)}"
    of = " of what is allowed" if one.scaled else ""
    kinds = f"{count(runs.runs, 'run')} of {count(runs.trials, noun)} on {count(runs.draws, 'draw')}"
    parts = [f"{values}{of}"] if runs.low is not None else []
    whatever = [f"whatever the number: {count(number, 'run')} ({code})" for code, number in runs.stopped.items()]
    return "; ".join([*parts, kinds, *whatever])


def show_errors(console: Console, done: Calibration, *, plain: bool) -> None:
    """The table: how many runs, how many went wrong, and what that allows at 95 %."""
    screen = open_screen(console, plain=plain)
    for kind, heading in HEADINGS.items():
        rows = [row for row in done.errors if row.kind is kind]
        if rows:
            screen.add_blank()
            screen.add(heading, style="bold")
            add_cells(screen, ("", "runs", "wrong", "at most"), "on draws, at most", style="dim")
        for row in pick_rows(rows):
            add_row(screen, row)
        if folded := len(rows) - len(pick_rows(rows)):
            least = min(row.runs for row in rows if row not in pick_rows(rows))
            screen.add(f"{folded} others, {count(least, 'run')} or more each: none (--json has them all)", indent=1)
    if done.errors:
        screen.add_blank()
        screen.add(say_goals(done.errors), style="bold")
    screen.print_to(console)


def pick_rows(rows: Sequence[ErrorRow]) -> list[ErrorRow]:
    """Those to show: of mutants without a false pass only those that were trained quickly."""
    return [row for row in rows if row.wrong or row.check is not None or row.kind is ErrorKind.FALSE_FAILURE]


def say_goals(rows: Sequence[ErrorRow]) -> str:
    """For how many rows the goal is shown, for how many refuted, and what the others lack."""
    shown, refuted = (sum(test) for test in ([row.shown for row in rows], [row.refuted for row in rows]))
    lacking = len(rows) - shown - refuted
    more = f", {lacking} need more runs (2,995 without a failure show 0.1 %, 299 show 1 %)" if lacking else ""
    return f"Of {len(rows)} rows the goal is shown at 95 % for {shown}, refuted for {refuted}{more}."


def add_row(screen: Screen, row: ErrorRow) -> None:
    """One row, and whose runs went wrong."""
    name = row.question if row.check is None else f"{row.question}.{row.check}, quick"
    name = name if row.mutant is None else f"{row.mutant}: {name}"
    draws = f"{row.wrong_draws} of {row.draws}, {show_share(row.draws_bound)}"
    style = "red" if row.wrong else ""
    if len(name) > WIDTHS[0] - 2:
        screen.add(name, indent=3, style=style)
        name = ""
    add_cells(screen, (f"  {name}", str(row.runs), str(row.wrong), show_share(row.bound)), draws, style=style)
    if row.failed and row.kind is ErrorKind.FALSE_FAILURE:
        screen.add(f"lost something: {', '.join(row.failed)}", indent=5, style="red")


def add_cells(screen: Screen, cells: tuple[str, str, str, str], right: str, *, style: str) -> None:
    """A row of the table: numbers end where those above do."""
    first, *numbers = cells
    padded = [(first, WIDTHS[0], style)]
    padded += [(f"{text:>{width - 1}}", width, style) for text, width in zip(numbers, WIDTHS[1:], strict=True)]
    screen.add_row([*padded, ("", 0, "")], right, right_style=style)


def show_written(console: Console, done: Calibration, path: Path | None, *, plain: bool) -> None:
    """What was written, and where the table is; of one question none is written."""
    screen = open_screen(console, plain=plain)
    screen.add_blank()
    changed = [f"{one.check} {name} = {show(value)}" for one in done.proposals for name, value in one.changes.items()]
    screen.add(f"written: {'; '.join(changed)}" if changed else "no number changes")
    if path is not None:
        screen.add(f"table: {path}")
    screen.print_to(console)


def show(number: float | None) -> str:
    """A number, to three digits."""
    if number is None:
        return "-"
    return f"{number:.3g}" if math.isfinite(number) else ("no bound" if number > 0 else "nothing")


def show_share(share: float) -> str:
    """A share in per cent, to two digits."""
    percent = 100 * share
    return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def count(number: int, noun: str) -> str:
    """So many of something."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
