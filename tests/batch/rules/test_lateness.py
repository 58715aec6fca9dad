from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.batch.rules import Accommodation, ClassRules, Lateness, Stretch, judge_lateness
from tests.batch.rules.writing import read

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 11, 20, 23, 59, tzinfo=BERLIN)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RULES = ClassRules(due=DUE, grace=Stretch(seconds=900))


def judge(rules: ClassRules, submitted_at: datetime | None, *students: str) -> Lateness:
    """The lateness of something that "s1" handed in, or those who are named."""
    return judge_lateness(rules, student_ids=students or ("s1",), submitted_at=submitted_at)


def test_nothing_due() -> None:
    """Without a due date nothing is late, whenever it came, and nothing needs to be said."""
    assert judge(ClassRules(), DUE) == Lateness()
    assert judge(ClassRules(), None) == Lateness()


def test_in_time() -> None:
    """The due date itself is in time."""
    assert judge(RULES, DUE) == Lateness(due=DUE)
    assert judge(RULES, DUE - 300 * DAY) == Lateness(due=DUE)


def test_within_the_grace() -> None:
    """Up to the grace's last moment nothing is late; the reason tells that it was used."""
    for moment in (DUE + timedelta(microseconds=1), DUE + 15 * MINUTE):
        lateness = judge(RULES, moment)

        assert (lateness.late_seconds, lateness.days, lateness.is_late) == (0, 0, False)
        assert lateness.reason == "after the due date, within its grace of 15m"


def test_late() -> None:
    """After the grace it counts from the due date; a part of a second counts as one."""
    lateness = judge(RULES, DUE + 15 * MINUTE + timedelta(microseconds=1))

    assert (lateness.late_seconds, lateness.hours, lateness.days, lateness.is_late) == (901, 1, 1, True)
    assert lateness.reason == "15 min 1 s late, due 2026-11-20 23:59:00+01:00"


@pytest.mark.parametrize(
    ("late", "hours", "days"),
    [(HOUR, 1, 1), (HOUR + SECOND, 2, 1), (DAY, 24, 1), (DAY + SECOND, 25, 2), (10 * DAY, 240, 10)],
)
def test_begun_hours_and_days(late: timedelta, hours: int, days: int) -> None:
    """What has begun counts, and what is just over doesn't begin another."""
    lateness = judge(RULES, DUE + late)

    assert (lateness.hours, lateness.days) == (hours, days)


@pytest.mark.parametrize(
    ("due", "hours_of_the_day"),
    [
        (datetime(2026, 3, 28, 23, 59, tzinfo=BERLIN), 23),
        (datetime(2026, 10, 24, 23, 59, tzinfo=BERLIN), 25),
        (datetime(2028, 2, 28, 23, 59, tzinfo=BERLIN), 24),
    ],
)
def test_days_are_the_calendars(due: datetime, hours_of_the_day: int) -> None:
    """A day late ends at the same time of day, in the weeks in which the clocks change too, and on 29 February."""
    rules = ClassRules(due=due)
    end = due.astimezone(UTC) + hours_of_the_day * HOUR

    assert end.astimezone(BERLIN).hour == 23
    assert judge(rules, end).days == 1
    assert judge(rules, end + SECOND).days == 2
    assert judge(rules, end).hours == hours_of_the_day


def test_the_hour_that_is_there_twice() -> None:
    """In the night in which the clocks go back, the second 02:30 is an hour after the first."""
    rules = ClassRules(due=datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0))

    assert judge(rules, datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)).late_seconds == 0
    assert judge(rules, datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)).late_seconds == 40 * 60
    assert judge(rules, datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)).late_seconds == 3600


def test_a_day_later_is_a_time_that_is_left_out() -> None:
    """An extension that would end at a time that the clocks leave out ends at the later reading."""
    rules = ClassRules(due=datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), extensions={"s1": Stretch(days=1)})

    assert str(rules.due_for("s1")) == "2026-03-29 02:30:00+01:00"
    assert judge(rules, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)).late_seconds == 0
    assert judge(rules, datetime(2026, 3, 29, 1, 30, 1, tzinfo=UTC)).late_seconds == 1


def test_a_day_later_is_a_time_that_is_there_twice() -> None:
    """An extension that would end in the hour that is there twice ends at its second time."""
    rules = ClassRules(due=datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN), extensions={"s1": Stretch(days=1)})

    assert str(rules.due_for("s1")) == "2026-10-25 02:30:00+01:00"


def test_the_later_of_two_dates_by_the_same_clock() -> None:
    """Which of two moments is later is told by when they are, not by what the clock shows."""
    second = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    rules = ClassRules(due=datetime(2026, 10, 25, 2, 50, tzinfo=BERLIN, fold=0), extensions={"s1": second})

    assert str(rules.due_for("s1")) == "2026-10-25 02:10:00+01:00"


def test_an_unknown_time() -> None:
    """What has no known time isn't late, and the reason says that it isn't known."""
    lateness = judge(RULES, None)

    assert (lateness.is_late, lateness.accepted) == (False, True)
    assert "isn't known" in lateness.reason


def test_a_time_without_a_zone() -> None:
    """It is a mistake of the caller: nobody can say when that was."""
    with pytest.raises(ValueError, match="no zone"):
        judge(RULES, datetime(2026, 11, 20, 23, 59))


@pytest.mark.parametrize("year", [1, 9999])
def test_a_forged_time(year: int) -> None:
    """A date at the end of all dates is early or late, and no error."""
    moment = datetime(year, 12, 31, 23, 59, 59, tzinfo=BERLIN) if year > 1 else datetime(1, 1, 1, tzinfo=BERLIN)

    assert judge(RULES, moment).is_late is (year > 1)


def test_extensions() -> None:
    """An extension is a date, or counts from the date that the student has anyway; others keep theirs."""
    rules = ClassRules(
        due=DUE,
        extensions={"s1": Stretch(days=3), "s2": DUE + DAY, "s3": Stretch(days=1), "s4": DUE + DAY},
        accommodations={name: Accommodation(extra=Stretch(days=2)) for name in ("s3", "s4", "s5")},
    )

    given = {name: rules.due_for(name) for name in ("s1", "s2", "s3", "s4", "s5", "s6")}
    assert given == {
        "s1": DUE + 3 * DAY,
        "s2": DUE + DAY,
        "s3": DUE + 3 * DAY,
        "s4": DUE + 2 * DAY,  # a date never takes time away
        "s5": DUE + 2 * DAY,
        "s6": DUE,
    }
    assert judge(rules, DUE + DAY, "s6").late_seconds == 86_400
    assert judge(rules, DUE + DAY, "s2").late_seconds == 0


def test_teams(tmp_path: Path) -> None:
    """A team has one submission and one due date, the latest of its members'; what excuses one excuses all."""
    text = """
        due = 2026-11-20T23:59:00+01:00
        penalty = { percent = 10, per = "day" }
        teams = { owls = ["s1", "s2"], bats = ["s3", "s4"] }
        extensions = { s2 = "+3d" }
        accommodations.s4.no_penalty = true
        closes = "+1d"
    """
    rules = read(tmp_path, text)

    assert rules.due_for("s1") == rules.due_for("s2") == DUE + 3 * DAY
    assert rules.due_for("s3") == rules.due_for("s5") == DUE
    assert rules.closes_for("s1") == DUE + 4 * DAY
    assert [rules.excuses(name) for name in ("s1", "s3", "s4")] == [False, True, True]
    assert rules.list_members("s5") == ("s5",)


def test_several_students() -> None:
    """Of several ids the most that any of them is given holds; without an id it is the class's date."""
    rules = ClassRules(
        due=DUE, extensions={"s2": Stretch(days=1)}, accommodations={"s3": Accommodation(no_penalty=True)}
    )

    assert judge(rules, DUE + DAY, "s1", "s2").late_seconds == 0
    assert judge(rules, DUE + DAY, "s1", "s3").excused
    assert judge_lateness(rules, student_ids=(), submitted_at=DUE + DAY).late_seconds == 86_400


def test_excused() -> None:
    """Who has no penalty is late all the same, and the reason doesn't tell why nothing is taken."""
    rules = ClassRules(due=DUE, accommodations={"s1": Accommodation(no_penalty=True)})

    lateness = judge(rules, DUE + DAY + HOUR)

    assert (lateness.excused, lateness.accepted, lateness.is_late) == (True, True, True)
    assert lateness.reason == "1 d 1 h late, due 2026-11-20 23:59:00+01:00; nothing is taken for it"


@pytest.mark.parametrize("closes", [Stretch(days=2), DUE + 2 * DAY])
def test_closed(closes: datetime | Stretch) -> None:
    """After the closing nothing is accepted, of the excused either; an extension beyond it holds."""
    rules = ClassRules(
        due=DUE,
        closes=closes,
        extensions={"s2": DUE + 5 * DAY},
        accommodations={"s3": Accommodation(no_penalty=True)},
    )

    assert judge(rules, DUE + 2 * DAY).accepted
    assert not judge(rules, DUE + 2 * DAY + SECOND).accepted
    assert not judge(rules, DUE + 2 * DAY + SECOND, "s3").accepted
    assert judge(rules, DUE + 5 * DAY, "s2").accepted
    assert rules.closes_for("s2") == (DUE + 7 * DAY if isinstance(closes, Stretch) else DUE + 5 * DAY)
    assert "closed" in judge(rules, DUE + 20 * DAY, "s3").reason


def test_closed_at_the_due_date(tmp_path: Path) -> None:
    """`closes` at the due date is a hard one, and its grace is still granted."""
    rules = read(tmp_path, f'due = {DUE.isoformat()}\ncloses = {DUE.isoformat()}\ngrace = "15m"')

    assert rules.closes_for("s1") == DUE + 15 * MINUTE
    assert judge(rules, DUE + 15 * MINUTE).accepted
    assert not judge(rules, DUE + 15 * MINUTE + SECOND).accepted


def test_a_zone_that_left_out_a_day() -> None:
    """Where a zone moved over the date line, days that weren't there aren't counted twice."""
    due = datetime(2011, 12, 29, 23, 59, tzinfo=ZoneInfo("Pacific/Apia"))
    moment = due.astimezone(UTC) + 23 * HOUR

    assert judge(ClassRules(due=due), moment).days == 1
    assert judge(ClassRules(due=due), moment + 24 * HOUR).days in (2, 3)
