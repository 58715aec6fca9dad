"""What an instructor reads when a batch is over, was stopped, or changed something: figures, and where to look.

Ids only, never a name; what a student may have written in a reason goes through `Screen`, which makes it harmless.
"""

import shlex
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.batch.difference import Difference, Moved
from grader.batch.gradebook import spell_points
from grader.batch.hardest import Share
from grader.batch.histogram import Bin
from grader.batch.model import RowState, Unmatched
from grader.batch.summary import LookAt, Reason, Summary, Work
from grader.cli.screens import open_screen
from grader.report.clean import shorten, spell_ascii
from grader.report.screen import Screen
from grader.report.wording import show_duration

__all__ = ["STATE_STYLES", "STATE_WORDS", "name_results", "print_batch_summary", "print_difference", "print_stopped"]

STATE_WORDS = {
    RowState.GRADED: "graded",
    RowState.LATE: "late",
    RowState.MISSING: "missing",
    RowState.NEEDS_REVIEW: "to review",
    RowState.NOT_GRADED: "not graded",
}
STATE_STYLES = {
    RowState.GRADED: "green",
    RowState.LATE: "yellow",
    RowState.MISSING: "dim",
    RowState.NEEDS_REVIEW: "magenta",
    RowState.NOT_GRADED: "bold red",
}
BLOCKS = "▁▂▃▄▅▆▇█"
LEAD = 11  # columns of the words in front
MOST_LOOKS, MOST_IDS = 12, 4
MOST_UNMATCHED = 20
MOST_MOVED = 50  # rows of a kind
MOST_WHAT = 160  # characters of a reason
DEFAULT_OUT = Path("results")


def print_batch_summary(console: Console, summary: Summary, *, out: Path, plain: bool = False) -> None:
    """The end of a batch: how many of what, how well, what was hard, where to look, where the gradebook is."""
    screen = open_screen(console, plain=plain)
    screen.add(" · ".join(name_batch(summary)), indent=0, style="bold")
    screen.add(" · ".join(f"{STATE_WORDS[state]} {count}" for state, count in summary.states.items() if count))
    if summary.median is not None:
        add_points(screen, summary)
    if summary.hardest:
        screen.add(", ".join(map(show_share, summary.hardest)), lead="hardest", lead_width=LEAD)
    add_lines(screen, "runs", describe_work(summary))
    add_looks(screen, summary.look_at, out)
    add_unmatched(screen, summary.unmatched)
    screen.add(str(out / "gradebook.csv"), lead="gradebook", lead_width=LEAD)
    screen.add("the same command; nothing that is done is run twice", lead="again", lead_width=LEAD)
    for warning in find_warnings(summary):
        screen.add(warning, lead="!", style="bold yellow", lead_style="bold yellow")
    screen.print_to(console)


def name_batch(summary: Summary) -> list[str]:
    """What was graded, how many, how long it took, where code ran."""
    students = f"{summary.students:,} student{'' if summary.students == 1 else 's'}"
    work = summary.work
    parts = [summary.assignment, students, show_duration(work.wall_seconds) if work.wall_seconds else "", work.place]
    return [part for part in parts if part]


def add_points(screen: Screen, summary: Summary) -> None:
    """Median, mean and histogram, on a line where one holds both."""
    middle, bins = describe_middle(summary), draw_bins(summary.bins, plain=screen.plain)
    lines = [f"{middle}   {bins}"] if len(middle) + len(bins) + 4 <= screen.edge else [middle, bins]
    screen.lines += [Text(f" {spell_ascii(line) if screen.plain else line}") for line in lines]  # ours, with wide gaps


def describe_middle(summary: Summary) -> str:
    """Median and mean."""
    median, mean = show_number(summary.median), show_number(summary.mean)
    return f"median {median} of {spell_points(summary.max_points)} (mean {mean})"


def show_number(points: Decimal | None) -> str:
    """Points to a tenth where that is enough."""
    if points is None:
        return "–"
    rounded = points.quantize(Decimal("0.1"))
    return spell_points(points if abs(points) < 1 else rounded)


def draw_bins(bins: Sequence[Bin], *, plain: bool) -> str:
    """How many are in each bin: as bars, or as numbers where a screen can't show these."""
    most = max((bin.count for bin in bins), default=0)
    if plain:
        return "  ".join(f"{name_bin(bin)}: {bin.count}" for bin in bins)
    return "  ".join(f"{name_bin(bin)} {draw_bar(bin.count, most)}" for bin in bins)


def name_bin(bin: Bin) -> str:
    """A bin by its ends."""
    if bin.high is None:
        return f"over {spell_points(bin.low)}"
    return f"{spell_points(bin.low)}–{spell_points(bin.high)}"


def draw_bar(count: int, most: int) -> str:
    """A bar as high as its share of the highest; nobody has none."""
    return BLOCKS[max(-(-count * len(BLOCKS) // most), 1) - 1] if count else "·"


def show_share(share: Share) -> str:
    """A question or check, and how much of it was earned; never 100 % where somebody lost something."""
    return f"{share.id} {min(round(100 * share.share), 99)} %"


def describe_work(summary: Summary) -> list[str]:
    """What was run, what was known, what was the same."""
    work, same = summary.work, []
    if summary.identical:
        same.append(f"{count_of(summary.identical, 'submission')} the same as one before: run once")
    if summary.unchanged:
        same.append(f"{summary.unchanged} handed in as it was given out")
    if work == Work():
        return same
    if not work.runs_made:
        return ["none: everything was known already", *same]
    known = f", {work.runs_reused:,} known already" if work.runs_reused else ""
    return [f"{work.runs_made:,} made{known}", *same]


def count_of(number: int, word: str) -> str:
    """A number and a word, in the plural where it belongs."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def add_lines(screen: Screen, word: str, lines: Sequence[str]) -> None:
    """Lines below each other, a word before the first."""
    for number, line in enumerate(lines):
        if number:
            screen.add(line, indent=LEAD + 1)
        else:
            screen.add(line, lead=word, lead_width=LEAD)


def add_looks(screen: Screen, looks: Sequence[LookAt], out: Path) -> None:
    """What a person should look at, each reason with its rows, and the command that shows them."""
    groups = group_looks(looks)
    for number, (look, students) in enumerate(groups[:MOST_LOOKS]):
        add_look(screen, f"{name_students(students)}: {shorten(look.what, MOST_WHAT)}", first=not number)
        add_command(screen, name_command(look, students, out))
    if len(groups) > MOST_LOOKS:
        screen.add(f"and {len(groups) - MOST_LOOKS} more, in {out / 'summary.json'}", indent=LEAD + 1)


def add_look(screen: Screen, said: str, *, first: bool) -> None:
    """One reason with its rows."""
    if first:
        screen.add(said, lead="look at", lead_width=LEAD)
    else:
        screen.add(said, indent=LEAD + 1)


def add_command(screen: Screen, command: str) -> None:
    """What to run: after the text where the line holds both, else below it; never broken."""
    last = screen.lines[-1]
    if last.cell_len + len(command) + 3 <= screen.edge:
        last.append(f" ({screen.show(command)})")
    else:
        screen.add_command(command, indent=LEAD + 3)


def group_looks(looks: Sequence[LookAt]) -> list[tuple[LookAt, list[str]]]:
    """Rows with the same reason together: a broken sandbox is one thing to look at, not a hundred."""
    groups: dict[tuple[Reason, str, tuple[str, ...]], tuple[LookAt, list[str]]] = {}
    for look in looks:
        _, students = groups.setdefault((look.reason, look.what, look.others), (look, []))
        students += [look.student_id, *look.others]
    return list(groups.values())


def name_students(students: Sequence[str]) -> str:
    """The first few ids."""
    more = f" and {len(students) - MOST_IDS} more" if len(students) > MOST_IDS else ""
    return ", ".join(students[:MOST_IDS]) + more


def name_command(look: LookAt, students: Sequence[str], out: Path) -> str:
    """What to run to see more, or to mend it."""
    if look.reason is Reason.NOT_GRADED:
        return "run the same command again"
    if len(students) > 1 and look.reason is Reason.NEEDS_REVIEW:
        return name_results("--state", "needs_review", out=out)
    return name_results(look.student_id, out=out)


def name_results(*arguments: str, out: Path) -> str:
    """A `grade results` to copy."""
    place = () if out == DEFAULT_OUT else ("--out", str(out))
    return shlex.join(("grade", "results", *arguments, *place))


def add_unmatched(screen: Screen, unmatched: Sequence[Unmatched]) -> None:
    """What lies among the submissions and is nobody's: listed, never guessed."""
    lines = [f"{shorten(file.path.name, MOST_WHAT)}: {file.reason}" for file in unmatched[:MOST_UNMATCHED]]
    if len(unmatched) > MOST_UNMATCHED:
        lines.append(f"and {len(unmatched) - MOST_UNMATCHED:,} more")
    add_lines(screen, "nobody's", lines)


def find_warnings(summary: Summary) -> list[str]:
    """What the results are worth, where that isn't what it should be."""
    warnings = list(summary.work.cautions)
    if summary.standins:
        names = ", ".join(summary.standins)
        warnings.append(f"Stand-in weights were used ({names}): these points show that it works. Never post them.")
    if summary.unsafe:
        rows = count_of(summary.unsafe, "submission")
        warnings.append(f"{rows} ran without a sandbox, or in one that isn't what it claims to be.")
    return warnings


def print_stopped(console: Console, *, slug: str, done: int, total: int, plain: bool = False) -> None:
    """A batch that was interrupted: what is kept, and how to go on."""
    screen = open_screen(console, plain=plain)
    screen.add(f"{slug} · stopped: {done:,} of {total:,} are done and kept", indent=0, style="bold yellow")
    screen.add("To go on, run the same command again; nothing that is done is run twice.")
    screen.print_to(console)


def print_difference(console: Console, difference: Difference, *, slug: str = "", plain: bool = False) -> None:
    """What a regrade changed: who moves up, who down, who turned, each with why."""
    screen = open_screen(console, plain=plain)
    screen.add(f"{slug} · {conclude(difference)}" if slug else conclude(difference), indent=0, style="bold")
    add_moves(screen, "up", difference.up, "green")
    add_moves(screen, "down", difference.down, "red")
    add_moves(screen, "turned", difference.turned, "magenta")
    add_moves(screen, "inside", difference.inside, "dim")
    for word, students in (("came", difference.came), ("went", difference.went)):
        if students:
            screen.add(name_students(students), lead=word, lead_width=LEAD)
    for word, old, new in (
        ("mean", difference.mean_before, difference.mean_after),
        ("out of", difference.most_before, difference.most_after),
    ):
        if old != new:
            screen.add(f"{show_some(old)} → {show_some(new)}", lead=word, lead_width=LEAD)
    screen.print_to(console)


def conclude(difference: Difference) -> str:
    """How many moved which way."""
    kinds = (("up", difference.up), ("down", difference.down), ("turned", difference.turned))
    parts = [f"{len(moves)} {word}" for word, moves in kinds if moves]
    parts += [f"{len(difference.inside)} the same in sum"] if difference.inside else []
    if not parts:
        return f"nothing changed for {count_of(difference.same, 'student')}"
    return " · ".join([*parts, f"{difference.same} as they were"])


def add_moves(screen: Screen, word: str, moves: Sequence[Moved], style: str) -> None:
    """The rows of one kind."""
    width = min(max((len(move.student_id) for move in moves), default=0), 20) + 2
    for number, move in enumerate(moves[:MOST_MOVED]):
        points = f"{show_some(move.before)} → {show_some(move.after)}"
        cells = [("" if number else word, LEAD, style), (move.student_id, width, "bold"), (points, 14, style)]
        screen.add_row([*cells, (", ".join(move.because), 0, "")], "")
    if len(moves) > MOST_MOVED:
        screen.add(f"and {len(moves) - MOST_MOVED:,} more", indent=LEAD + 1)


def show_some(points: Decimal | None) -> str:
    """Points, or a dash where there are none."""
    return spell_points(points) or "–"
