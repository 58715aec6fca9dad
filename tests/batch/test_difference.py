import json
from dataclasses import replace
from decimal import Decimal

import pytest

from grader.batch.difference import Moved, compare_grades, describe_difference, show_late
from grader.batch.model import Grade, RowState
from tests.batch.class_samples import grade, missing, ours


def table(*grades: Grade) -> dict[str, Grade]:
    """Grades by student."""
    return {row.student_id: row for row in grades}


def test_nothing_changed() -> None:
    """When something was graded, and from which mark, is no change."""
    difference = compare_grades(table(grade("s1")), table(grade("s1", mark_id=3, graded_at=None)))

    assert (difference.up, difference.down, difference.turned, difference.inside) == ((), (), (), ())
    assert difference.same == 1


def test_who_moves_up_who_down_and_why() -> None:
    """By final points, the largest step first, with each question that changed."""
    before = table(
        grade("s1", lost={"head": "2"}), grade("s2", lost={"head": "0", "load": "1"}), grade("s3"), grade("s4")
    )
    after = table(grade("s1"), grade("s2", lost={"load": "1"}), grade("s3", lost={"count": "1.5"}), grade("s4"))
    difference = compare_grades(before, after)

    assert [(move.student_id, move.before, move.after, move.because) for move in difference.up] == [
        ("s2", Decimal(11), Decimal(14), ("head 0 → 3",)),
        ("s1", Decimal(14), Decimal(15), ("head 2 → 3",)),
    ]
    assert [(move.student_id, move.because) for move in difference.down] == [("s3", ("count 2 → 1.5",))]
    assert difference.same == 1
    assert (difference.mean_before, difference.mean_after) == (Decimal("13.75"), Decimal("14.62"))


def test_points_that_come_or_go_are_no_move() -> None:
    """Our fault mended: the row turned; it didn't move up from zero."""
    difference = compare_grades(table(ours("s1"), grade("s2")), table(grade("s1"), ours("s2")))

    assert [(move.student_id, move.before_state, move.after_state) for move in difference.turned] == [
        ("s1", RowState.NOT_GRADED, RowState.GRADED),
        ("s2", RowState.GRADED, RowState.NOT_GRADED),
    ]
    assert difference.turned[0].because == ("not graded → graded",)
    assert difference.turned[1].because[-1] == "graded → not graded"
    assert (difference.up, difference.down) == ((), ())


def test_an_extension() -> None:
    """It moves a row up, and says so: lateness, penalty and state."""
    late = grade("s1", RowState.LATE, late_seconds=5400, penalty=Decimal("1.5"))
    [move] = compare_grades(table(late), table(grade("s1"))).up

    assert move.because == ("penalty 1.5 → 0", "late by 1 h 30 min → nothing", "late → graded")


def test_a_change_that_cancels_out() -> None:
    """The sum is the same, what it is made of isn't."""
    before, after = table(grade("s1", lost={"load": "1"})), table(grade("s1", lost={"count": "1"}))
    difference = compare_grades(before, after)

    assert [move.because for move in difference.inside] == [("load 1 → 2", "count 2 → 1")]


def test_a_persons_decision_is_a_reason() -> None:
    """Of the whole, where no question changed."""
    decided = grade("s1", points=Decimal(12), final_points=Decimal(12), overridden=True)

    assert compare_grades(table(grade("s1")), table(decided)).down[0].because == ("a person decided", "points 15 → 12")


def test_a_question_worth_more_is_told_once() -> None:
    """What could be earned changed for everybody: that alone moves nobody."""
    before = table(grade("s1", max_points=Decimal(14)), replace(missing("s2"), max_points=Decimal(14)))
    difference = compare_grades(before, table(grade("s1"), missing("s2")))

    assert (difference.most_before, difference.most_after) == (Decimal(14), Decimal(15))
    assert difference.same == 2


def test_rows_that_come_and_go() -> None:
    """Another roster is told, and moves nobody."""
    difference = compare_grades(table(grade("s1"), grade("s2")), table(missing("s3"), grade("s2")))

    assert (difference.came, difference.went, difference.same) == (("s3",), ("s1",), 1)


def test_a_difference_as_json() -> None:
    """Plain numbers and words."""
    difference = compare_grades(table(grade("s1", lost={"head": "2"})), table(grade("s1")))
    said = json.loads(json.dumps(describe_difference(difference), allow_nan=False))

    assert said["up"] == [
        {
            "student_id": "s1",
            "before": 14.0,
            "after": 15.0,
            "before_state": "graded",
            "after_state": "graded",
            "because": ["head 2 → 3"],
        }
    ]
    assert isinstance(difference.up[0], Moved)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "nothing"), (1, "1 min"), (3600, "1 h"), (90_060, "1 d 1 h 1 min"), (172_800, "2 d")]
)
def test_how_late(seconds: int, said: str) -> None:
    """To the minute, rounded up."""
    assert show_late(seconds) == said
