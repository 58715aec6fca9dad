import io

import pytest
from rich.console import Console

from grader.cli.progress import Board, show_progress
from grader.collect import Progress
from tests.report.samples import HW1

STEPS = (
    Progress("starting", total=6),
    Progress("running", "load", 1, 6),
    Progress("running", "head", 2, 6),
    Progress("predicting", "fine_tune"),
    Progress("checking"),
)


def test_lines_where_there_is_no_terminal() -> None:
    """A line for each stage and each question that ended."""
    file = io.StringIO()
    with show_progress(HW1, Console(file=file, width=80)) as watch:
        for step in STEPS:
            watch(step)

    assert file.getvalue().splitlines() == [
        "starting the sandbox ...",
        "running your code ...",
        "  load ended (1 of 6)",
        "  head ended (2 of 6)",
        "trying the trained model on images it never saw ...",
        "checking ...",
    ]


def test_a_board_on_a_terminal() -> None:
    """A line for each question with its state, gone afterwards."""
    board = Board(["load", "head", "fine_tune"])
    seen = []
    for step in STEPS:
        board.watch(step)
        file = io.StringIO()
        Console(file=file, width=80, color_system=None).print(board)
        seen.append(file.getvalue())

    assert "running your code · 2 of 6 · " in seen[2]
    assert [line.split() for line in seen[2].splitlines()[1:]] == [
        ["load", "ran"],
        ["head", "ran"],
        ["fine_tune", "running", "or", "waiting"],
    ]
    assert "fine_tune    trying the trained model" in seen[3]


@pytest.mark.parametrize("plain", [False, True])
def test_plain_draws_nothing(plain: bool) -> None:
    """--plain is lines on a terminal too."""
    file = io.StringIO()
    with show_progress(HW1, Console(file=file, width=80, force_terminal=True), plain=plain) as watch:
        watch(Progress("checking"))

    assert ("\x1b[" not in file.getvalue()) == plain
