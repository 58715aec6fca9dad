from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.batch.rules import (
    ClassRules,
    Lateness,
    Penalized,
    Penalty,
    Per,
    Share,
    ShareOf,
    Stretch,
    apply_penalty,
    judge_lateness,
)

LATE = Lateness(late_seconds=90_000, days=2)  # 25 hours


def percent(number: str, per: Per = Per.DAY, of: ShareOf = ShareOf.MAX, **others: Share) -> ClassRules:
    """Rules that take so many percent."""
    return ClassRules(penalty=Penalty(share=Share(percent=Decimal(number), of=of), per=per), **others)  # type: ignore[arg-type]


def points(number: str, per: Per = Per.DAY, **others: Share) -> ClassRules:
    """Rules that take so many points."""
    return ClassRules(penalty=Penalty(share=Share(points=Decimal(number)), per=per), **others)  # type: ignore[arg-type]


def take(rules: ClassRules, earned: str, most: str = "10", lateness: Lateness = LATE) -> str:
    """What is taken of so many points, as text."""
    taken = apply_penalty(rules, lateness, points=Decimal(earned), max_points=Decimal(most))
    assert taken.penalty + taken.final_points == Decimal(earned)
    return str(taken.penalty)


@pytest.mark.parametrize(
    ("rules", "taken"),
    [
        (ClassRules(), "0"),
        (percent("10"), "2.00"),
        (percent("10", Per.ONCE), "1.00"),
        (percent("1", Per.HOUR), "2.50"),
        (percent("10", of=ShareOf.EARNED), "1.60"),
        (points("0.5"), "1.00"),
        (points("0.5", Per.ONCE), "0.50"),
        (points("0.1", Per.HOUR), "2.50"),
        (percent("0"), "0.00"),
        (percent("100"), "8"),
        (percent("10", cap=Share(percent=Decimal(15))), "1.50"),
        (percent("10", cap=Share(percent=Decimal(15), of=ShareOf.EARNED)), "1.20"),
        (percent("10", cap=Share(points=Decimal("0.25"))), "0.25"),
        (points("3", cap=Share(percent=Decimal(50))), "5.00"),
        (points("3", cap=Share(points=Decimal(100))), "6.00"),
    ],
)
def test_what_is_taken(rules: ClassRules, taken: str) -> None:
    """Of 8 points of 10, 25 hours late: by day, hour or once, of what there is or what was earned, up to the cap."""
    assert take(rules, "8") == taken


def test_in_time() -> None:
    """Nothing is taken of what isn't late, nor of what is excused."""
    assert take(percent("10"), "8", lateness=Lateness()) == "0"
    assert take(percent("10"), "8", lateness=replace(LATE, excused=True)) == "0"


def test_closed() -> None:
    """Of what isn't accepted nothing is left, with a cap or without any penalty."""
    closed = replace(LATE, accepted=False)

    assert take(ClassRules(), "8", lateness=closed) == "8"
    assert take(percent("10", cap=Share(points=Decimal(1))), "8", lateness=closed) == "8"
    assert take(percent("10"), "8", lateness=replace(closed, excused=True)) == "8"


@pytest.mark.parametrize(("earned", "left"), [("0.25", "0.23"), ("0.15", "0.14"), ("0.35", "0.32"), ("0.34", "0.31")])
def test_rounding(earned: str, left: str) -> None:
    """What is left is rounded half up: 0.225 is 0.23, 0.306 is 0.31."""
    rules = percent("10", Per.ONCE, ShareOf.EARNED)

    taken = apply_penalty(rules, LATE, points=Decimal(earned), max_points=Decimal(1))
    assert taken.final_points == Decimal(left)


def test_extra_points() -> None:
    """Of more than there is, a percentage of what was earned counts the extra points, one of the maximum doesn't."""
    assert take(percent("10", Per.ONCE), "12") == "1.00"
    assert take(percent("10", Per.ONCE, ShareOf.EARNED), "12") == "1.20"


def test_no_points_to_take() -> None:
    """An assignment without points, or nothing earned, has nothing that could be taken; below 0 there is nothing."""
    nothing = Penalized(penalty=Decimal(0), final_points=Decimal(0))

    for rules in (percent("10"), points("3"), percent("10", of=ShareOf.EARNED)):
        assert apply_penalty(rules, LATE, points=Decimal(0), max_points=Decimal(0)) == nothing
        assert apply_penalty(rules, LATE, points=Decimal(-3), max_points=Decimal(10)) == nothing
    assert take(percent("10"), "3", most="0") == "0.00"


HUNDREDTHS = st.integers(0, 2_000).map(lambda number: Decimal(number) / 100)
SHARES = st.one_of(
    st.builds(lambda number: Share(points=number), HUNDREDTHS),
    st.builds(
        lambda number, of: Share(percent=number, of=of),
        st.integers(0, 10_000).map(lambda n: Decimal(n) / 100),
        st.sampled_from(ShareOf),
    ),
)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
STRETCHES = st.builds(Stretch, days=st.integers(0, 4), seconds=st.integers(0, 1_500).map(lambda minutes: 60 * minutes))
CHANGES = tuple(
    datetime(*day) for day in ((2026, 3, 5), (2026, 3, 26), (2026, 4, 2), (2026, 10, 22), (2026, 10, 30), (2028, 2, 26))
)
DUES = st.builds(
    lambda start, seconds, zone, fold: (start + timedelta(seconds=seconds)).replace(tzinfo=ZoneInfo(zone), fold=fold),
    st.sampled_from(CHANGES),
    st.integers(0, 5 * 86_400),
    ZONES,
    st.sampled_from((0, 1)),
)
RULES = st.builds(
    ClassRules,
    due=DUES,
    grace=STRETCHES,
    penalty=st.none() | st.builds(Penalty, share=SHARES, per=st.sampled_from(Per)),
    cap=st.none() | SHARES,
    closes=st.none() | STRETCHES,
    extensions=st.dictionaries(st.sampled_from(["s1", "s2"]), STRETCHES),
    teams=st.sampled_from([{}, {"owls": ("s1", "s2")}]),
)
SECONDS = st.integers(-86_400, 12 * 86_400)


def judge(rules: ClassRules, seconds: int, points: Decimal, most: Decimal) -> Penalized:
    """What is left of points that "s1" handed in so long after the class's due date."""
    assert rules.due is not None
    submitted_at = rules.due.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)
    lateness = judge_lateness(rules, student_ids=("s1",), submitted_at=submitted_at)
    return apply_penalty(rules, lateness, points=points, max_points=most)


@given(RULES, SECONDS, SECONDS, HUNDREDTHS, HUNDREDTHS)
@settings(deadline=None, max_examples=400)
def test_later_is_never_better(rules: ClassRules, one: int, other: int, points: Decimal, most: Decimal) -> None:
    """Whatever the rules and the clocks, what is left is between 0 and what was earned, exact to hundredths, and no
    more than what an earlier moment leaves.
    """
    earlier, later = (judge(rules, seconds, points, most) for seconds in sorted((one, other)))

    for taken in (earlier, later):
        assert 0 <= taken.final_points <= points
        assert taken.penalty + taken.final_points == points
        assert taken.final_points == taken.final_points.quantize(Decimal("0.01"))
    assert later.final_points <= earlier.final_points


@given(RULES, SECONDS, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS)
@settings(deadline=None)
def test_more_is_never_worse(rules: ClassRules, seconds: int, one: Decimal, other: Decimal, most: Decimal) -> None:
    """Who earned more, at the same moment, is left with no less."""
    less, more = (judge(rules, seconds, points, most) for points in sorted((one, other)))

    assert less.final_points <= more.final_points


@given(RULES, SECONDS, STRETCHES, HUNDREDTHS)
@settings(deadline=None)
def test_more_time_is_never_worse(rules: ClassRules, seconds: int, extra: Stretch, points: Decimal) -> None:
    """An extension never costs anything, whichever way the clocks change."""
    without = replace(rules, extensions={})
    longer = replace(rules, extensions={"s1": extra})

    assert judge(without, seconds, points, points).final_points <= judge(longer, seconds, points, points).final_points
