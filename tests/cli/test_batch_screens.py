import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.batch.difference import compare_grades
from grader.batch.model import RowState, Unmatched
from grader.batch.summary import LookAt, Reason, Summary, Work, summarize
from grader.cli.batch_screens import print_batch_summary, print_difference, print_stopped
from tests.batch.class_samples import CLASS, grade, missing, ours
from tests.report.samples import HW1

WORK = Work(wall_seconds=129, place="bubblewrap, 2 at a time", runs_made=5, runs_reused=1)


def shown(summary: Summary, *, width: int = 80, plain: bool = False, out: str = "results") -> str:
    """The end of a batch."""
    file = io.StringIO()
    print_batch_summary(Console(file=file, width=width, color_system=None), summary, out=Path(out), plain=plain)
    return file.getvalue()


def test_the_end_of_a_batch() -> None:
    """How many of what, how well, what was hard, where to look, where the gradebook is, how to go on."""
    assert shown(summarize(CLASS, HW1, work=WORK)) == (
        "hw1 · 7 students · 2 min 9 s · bubblewrap, 2 at a time\n"
        " graded 4 · late 1 · missing 1 · not graded 1\n"
        " median 14.5 of 15 (mean 12.8)   0–3 ·  3–6 ·  6–9 ·  9–12 ▆  12–15 █\n"
        " hardest    fine_tune 65 %, optimizer 80 %, head 97 %\n"
        " runs       5 made, 1 known already\n"
        "            1 submission the same as one before: run once\n"
        " look at    s1101: our fault: the sandbox did not start (3 tries)\n"
        "              run the same command again\n"
        "            s1102, s1103: handed in the same, byte for byte\n"
        "              grade results s1102\n"
        " gradebook  results/gradebook.csv\n"
        " again      the same command; nothing that is done is run twice\n"
    )


def test_a_plain_screen_has_numbers_for_bars() -> None:
    """And nothing beyond ASCII."""
    text = shown(summarize(CLASS, HW1, work=WORK), plain=True)

    assert "0-3: 0  3-6: 0  6-9: 0  9-12: 2  12-15: 3" in text
    assert text.isascii()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    """Whatever is to be said."""
    stray = [Unmatched(path=Path(f"{'long ' * 12}{n}.py"), reason="no such student") for n in range(30)]
    warned = replace(WORK, cautions=("It isn't what it claims to be: " + "long " * 20,))
    text = shown(summarize(CLASS, HW1, unmatched=stray, work=warned), width=width)

    assert max(map(cell_len, text.splitlines())) <= min(width, 100)
    assert "and 10 more" in text


def test_rows_with_one_reason_are_one_thing_to_look_at() -> None:
    """A broken sandbox is told once, however many it hit."""
    text = shown(summarize([ours(f"s{n}") for n in range(40)], HW1))

    assert "s0, s1, s2, s3 and 36 more: our fault" in text
    assert text.count("our fault") == 1
    assert "median" not in text


def test_commands_name_the_folder_and_can_be_copied() -> None:
    """Quoted for a shell, and on one line."""
    look = LookAt(reason=Reason.REFUSED, student_id="a b;c", what="refused: too large")
    text = shown(replace(summarize(CLASS, HW1), look_at=(look,)), out="my results")

    assert "grade results 'a b;c' --out 'my results'\n" in text
    assert "gradebook  my results/gradebook.csv" in text


def test_a_reason_is_harmless() -> None:
    """A student's file name moves no cursor and makes no colour."""
    look = LookAt(reason=Reason.REFUSED, student_id="s1", what="refused: \x1b[2J[red]x\nhw1 · 0 students")
    text = shown(replace(summarize(CLASS, HW1), look_at=(look,)))

    assert "s1: refused: [red]x hw1 · 0 students" in text
    assert "\x1b" not in text


def test_what_results_are_worth_stands_out() -> None:
    """Stand-in weights, and code that ran outside a sandbox."""
    summary = replace(summarize(CLASS, HW1), standins=("torchvision/resnet18/IMAGENET1K_V1",), unsafe=7)
    text = shown(summary, width=100)

    assert " ! Stand-in weights were used (torchvision/resnet18/IMAGENET1K_V1)" in text
    assert "Never post them." in text
    assert " ! 7 submissions ran without a sandbox" in text


def test_nothing_was_run() -> None:
    """A rerun with nothing changed says so."""
    text = shown(summarize(CLASS[:2], HW1, work=Work(wall_seconds=0.3, runs_reused=2)))

    assert "runs       none: everything was known already" in text


def test_a_batch_that_was_stopped() -> None:
    """What is kept, and how to go on."""
    file = io.StringIO()
    print_stopped(Console(file=file, width=80), slug="hw1", done=112, total=180)

    assert file.getvalue().splitlines() == [
        "hw1 · stopped: 112 of 180 are done and kept",
        " To go on, run the same command again; nothing that is done is run twice.",
    ]


def test_what_a_regrade_changed() -> None:
    """Who moves up, who down, who turned, each with why."""
    before = [grade("s1", lost={"head": "2"}), grade("s2"), ours("s3"), grade("s4"), missing("s5")]
    after = [grade("s1"), grade("s2", lost={"load": "0", "count": "1"}), grade("s3", lost={"head": "0"})]
    after += [grade("s4"), missing("s5")]
    difference = compare_grades({row.student_id: row for row in before}, {row.student_id: row for row in after})
    file = io.StringIO()
    print_difference(Console(file=file, width=80), difference, slug="hw1")
    lines = file.getvalue().splitlines()

    assert lines[0] == "hw1 · 1 up · 1 down · 1 turned · 2 as they were"
    assert lines[1] == " up         s1  14 → 15       head 2 → 3"
    assert lines[2] == " down       s2  15 → 12       load 2 → 0, count 2 → 1"
    assert lines[3].startswith(" turned     s3  – → 12        not graded → graded")
    assert lines[-1] == " mean       14.67 → 14"


def test_a_regrade_that_changed_nothing() -> None:
    """One line."""
    file = io.StringIO()
    table = {row.student_id: row for row in CLASS}
    print_difference(Console(file=file, width=80), compare_grades(table, table), slug="hw1")

    assert file.getvalue() == "hw1 · nothing changed for 7 students\n"


def test_an_average_isnt_rounded_away() -> None:
    """Points below one keep their hundredths."""
    row = grade("s1", RowState.GRADED, points=Decimal("0.07"), final_points=Decimal("0.07"))

    assert "median 0.07 of 15 (mean 0.07)" in shown(summarize([row], HW1))
