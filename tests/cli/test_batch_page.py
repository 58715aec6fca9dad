import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from grader.batch.appeal import Basis, RunTrace, explain_checks
from grader.batch.difference import compare_grades, describe_difference
from grader.batch.gradebook import draw_gradebook
from grader.batch.model import RowState, Unmatched
from grader.batch.select_grades import Filter, select_grades
from grader.batch.summary import Work, describe_summary, summarize
from grader.cli.batch_board import BatchBoard
from grader.cli.batch_screens import print_batch_summary, print_difference, print_stopped
from grader.cli.explain_screen import print_explanation
from grader.cli.results_screens import print_table
from grader.report import Audience, Report
from tests.batch.class_samples import grade, make_large_class, missing, ours
from tests.batch.test_summary import REFUSED
from tests.cli.test_batch_board import NOW, Clock
from tests.house.reading import CHECKOUT
from tests.report.samples import DIGEST, HW1, STARTED, all_passed, failed, good_report, report_of, unfinished_report

PAGE = (CHECKOUT / "docs" / "batch.md").read_text("utf-8")
EIGHTY = 80


def console() -> tuple[Console, io.StringIO]:
    """A terminal of eighty columns, and what stands on it."""
    file = io.StringIO()
    return Console(file=file, width=EIGHTY, color_system=None), file


def trim(text: str) -> str:
    """Without the spaces at lines' ends."""
    return "\n".join(line.rstrip() for line in text.splitlines())


def draw_board() -> str:
    """The board in the middle of a batch, with two failures above it."""
    shown, file = console()
    clock = Clock()
    board = BatchBoard(shown, "hw1", 180, drawn=True, clock=clock)
    board.skip(3, RowState.MISSING)
    board.skip(30)
    board.start("s1031")
    for number in range(79):
        clock.seconds += 0.7
        board.end(f"s{1031 + number}", RowState.NEEDS_REVIEW if number == 70 else RowState.GRADED, TOLD.get(number, ""))
    board.start("s1110")
    clock.seconds += 1.2
    board.start("s1111")
    shown.print(board)
    return file.getvalue()


TOLD = {11: "fine_tune: stopped after 90 s", 46: "refused: ../hw1.py leads out of the archive"}


def draw_log() -> str:
    """The same where there is no terminal."""
    shown, file = console()
    clock = Clock()
    board = BatchBoard(shown, "hw1", 180, now=lambda: NOW, clock=clock)
    board.skip(3, RowState.MISSING)
    board.skip(30)
    board.start("s1031")
    for number in range(79):
        clock.seconds += 0.7
        board.end(f"s{1031 + number}", RowState.NEEDS_REVIEW if number == 70 else RowState.GRADED)
    board.tell_counts()
    board.end("s1101", RowState.NOT_GRADED, "our fault: the sandbox did not start (3 tries)")
    return "\n".join(file.getvalue().splitlines()[1:])


def draw_stopped() -> str:
    """A batch that was interrupted."""
    shown, file = console()
    print_stopped(shown, slug="hw1", done=112, total=180)
    return file.getvalue()


def draw_end() -> str:
    """The end of a batch."""
    shown, file = console()
    stray = [Unmatched(path=Path("subs/essay.docx"), reason="no student of the roster is named in it")]
    work = Work(wall_seconds=129, place="bubblewrap, 2 at a time", runs_made=175)
    good = good_report(audience=Audience.INSTRUCTOR)
    marks = {1: good, 2: unfinished_report(REFUSED), 3: make_flawed()}
    summary = summarize(make_large_class(), HW1, marks=marks, unmatched=stray, work=work)
    print_batch_summary(shown, summary, out=Path("results"))
    return file.getvalue()


def draw_table() -> str:
    """The table, filtered."""
    shown, file = console()
    every = make_large_class()
    chosen = Filter(states=(RowState.LATE,))
    print_table(shown, select_grades(every, chosen), slug="hw1", students=len(every), chosen=chosen, assignment=HW1)
    return file.getvalue()


def draw_difference() -> str:
    """What a regrade changed."""
    shown, file = console()
    every = {row.student_id: row for row in make_large_class()}
    before = [grade("s1017", lost={"head": "2"}), grade("s1042", lost={"head": "1"}), grade("s1055"), ours("s1101")]
    after = [grade("s1017"), grade("s1042", lost={"head": "2"}), grade("s1055", lost={"count": "1.5"}), grade("s1101")]
    difference = compare_grades(*({**every, **{row.student_id: row for row in rows}} for rows in (before, after)))
    print_difference(shown, difference, slug="hw1")
    return file.getvalue()


def make_flawed() -> Report:
    """A report in which ten classes were built where seven were asked for."""
    results = all_passed()
    results["head"]["any_classes"] = failed("shape_differs", [4, 7], [4, 10], name="other_logits")
    return report_of(results, audience=Audience.INSTRUCTOR)


def draw_explanation() -> str:
    """One check explained."""
    shown, file = console()
    report = make_flawed()
    trace = RunTrace(id=41, questions=("head",), started_at=STARTED, wall_seconds=8.9, draw=3, sandbox="bubblewrap")
    basis = Basis(
        mark_id=37,
        mark_key="5f0c1e9b2a7d4c68",
        marked_at=STARTED,
        submission_digest=DIGEST,
        assignment_digest=DIGEST,
        runs=(trace,),
    )
    explained = explain_checks(report, "head.any_classes", assignment=HW1)
    print_explanation(shown, explained, report, grade("s1042", lost={"head": "2"}), basis)
    return file.getvalue()


SCREENS = (draw_board, draw_log, draw_stopped, draw_end, draw_table, draw_difference, draw_explanation)


@pytest.mark.parametrize("draw", SCREENS)
def test_the_page_shows_screens_as_they_are(draw: Callable[[], str]) -> None:
    """Each screen in docs/batch.md is what the command prints."""
    assert trim(draw()) in PAGE


def test_the_page_shows_a_gradebook() -> None:
    """Its header and three rows."""
    text = draw_gradebook([grade("s1001", lost={"head": "2.5"}), missing("s1090"), ours("s1101")], HW1)

    assert text in PAGE


def test_every_field_is_documented() -> None:
    """Of summary.json and of a difference."""
    summary = describe_summary(summarize(make_large_class(), HW1))
    difference = describe_difference(compare_grades({}, {}))

    assert [name for name in (*summary, *difference) if f"`{name}`" not in PAGE] == []
