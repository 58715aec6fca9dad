from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from grader.batch.model import Roster, Student
from grader.batch.rules import (
    Accommodation,
    ClassRules,
    Counting,
    Penalty,
    Per,
    Share,
    ShareOf,
    Stretch,
    find_strangers,
    read_rules,
)
from grader.errors import SpecError
from tests.batch.rules.writing import find_faults, read

BERLIN = ZoneInfo("Europe/Berlin")
WHOLE = """
zone = "Europe/Berlin"
language = "en"
grace = "15m"
attempts = "best"
penalty = { percent = 10, per = "day" }
cap = { percent = 50.5, of = "earned" }
closes = "+1w 1d"

[accommodations.s1]
extra = "+2d"
no_penalty = true

[teams]
owls = ["s1", "s2"]

[extensions]
s3 = "+3d"
s4 = "+1d"

[assignments.hw1]
due = 2026-11-20T23:59:00

[assignments.hw1.extensions]
s4 = 2026-11-25T12:00:00

[assignments.hw2]
due = "2026-12-11 23:59"
grace = "0m"
penalty = { points = 1.5, per = "once" }
closes = 2026-12-20T00:00:00+01:00
teams = { bats = ["s1"] }
"""


def test_nothing_said(tmp_path: Path) -> None:
    """An empty file is no due date, no penalty, and the last attempt."""
    rules = read(tmp_path, "")

    assert rules == ClassRules()
    assert rules.digest == ClassRules().digest
    assert (rules.due, rules.penalty, rules.attempts) == (None, None, Counting.LAST)


def test_a_whole_file(tmp_path: Path) -> None:
    """The file's top holds for every assignment, an assignment's own part before it."""
    rules = read(tmp_path, WHOLE)

    assert rules == ClassRules(
        due=datetime(2026, 11, 20, 23, 59, tzinfo=BERLIN),
        grace=Stretch(seconds=900),
        penalty=Penalty(share=Share(percent=Decimal(10)), per=Per.DAY),
        cap=Share(percent=Decimal("50.5"), of=ShareOf.EARNED),
        closes=Stretch(days=8),
        attempts=Counting.BEST,
        extensions={"s3": Stretch(days=3), "s4": datetime(2026, 11, 25, 12, tzinfo=BERLIN)},
        accommodations={"s1": Accommodation(extra=Stretch(days=2), no_penalty=True)},
        teams={"owls": ("s1", "s2")},
        zone=BERLIN,
    )


def test_another_assignment(tmp_path: Path) -> None:
    """What an assignment says itself replaces the class's word; extensions are joined, student by student."""
    rules = read(tmp_path, WHOLE, slug="hw2")

    assert rules.due == datetime(2026, 12, 11, 23, 59, tzinfo=BERLIN)
    assert rules.penalty == Penalty(share=Share(points=Decimal("1.5")), per=Per.ONCE)
    assert (rules.grace, rules.teams) == (Stretch(), {"bats": ("s1",)})
    assert rules.closes == datetime(2026, 12, 20, tzinfo=BERLIN)
    assert rules.extensions == {"s3": Stretch(days=3), "s4": Stretch(days=1)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20T23:59:00+01:00", datetime(2026, 11, 20, 22, 59, tzinfo=UTC)),
        ("2026-11-20T22:59:00Z", datetime(2026, 11, 20, 22, 59, tzinfo=UTC)),
        ('"2026-11-20T23:59+01:00"', datetime(2026, 11, 20, 22, 59, tzinfo=UTC)),
        ('"2026-11-20 23:59:00-05:30"', datetime(2026, 11, 21, 5, 29, tzinfo=UTC)),
        ("2028-02-29T23:59:00Z", datetime(2028, 2, 29, 23, 59, tzinfo=UTC)),
    ],
)
def test_a_date_with_an_offset(written: str, meant: datetime, tmp_path: Path) -> None:
    """TOML's own dates and texts are taken, with an offset or Z."""
    assert read(tmp_path, f"due = {written}").due == meant


def test_an_offset_beside_a_zone(tmp_path: Path) -> None:
    """A date's own offset says when; the zone says by which clock days are counted from then on."""
    rules = read(tmp_path, 'zone = "Europe/Berlin"\ndue = 2026-10-24T21:59:00Z\nextensions = { s1 = "+1d" }')

    assert rules.due_for("s1") == datetime(2026, 10, 25, 22, 59, tzinfo=UTC)  # the clocks went back in between


def test_a_local_time(tmp_path: Path) -> None:
    """A time without a zone is refused, and both ways to mend it are told."""
    (fault,) = find_faults(tmp_path, "due = 2026-11-20T23:59:00")

    assert fault.path == "due"
    assert "local time" in fault.message
    assert "+01:00" in str(fault.suggestion) and 'zone = "Europe/Berlin"' in str(fault.suggestion)


@pytest.mark.parametrize(
    ("local", "readings"),
    [
        ("2026-03-29T02:30:00", ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00")),
        ("2026-10-25T02:30:00", ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")),
    ],
)
def test_a_night_in_which_the_clocks_change(local: str, readings: tuple[str, str], tmp_path: Path) -> None:
    """A time that isn't there, or is there twice, is refused with the two moments that it could be."""
    (fault,) = find_faults(tmp_path, f'zone = "Europe/Berlin"\ndue = {local}')

    assert fault.suggestion == f"write {readings[0]} or {readings[1]}"
    assert read(tmp_path, f'zone = "Europe/Berlin"\ndue = {readings[1]}').due is not None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('dew = "2026-11-20T23:59:00Z"', "dew"),
        ("due = 2026-11-20", "due"),
        ("due = 23:59:00", "due"),
        ('due = "tomorrow"', "due"),
        ('due = "2026-02-30T23:59:00Z"', "due"),
        ('due = "2026-11-20T23:59:00"', "due"),
        ('due = "20261120T2359Z"', "due"),
        ('due = "٢026-11-20T23:59:00Z"', "due"),
        ("due = 1206-11-20T23:59:00Z", "due"),
        ("due = 20261120", "due"),
        ("due = true", "due"),
        ('zone = "Europe/Berln"', "zone"),
        ('zone = "../../etc/passwd"', "zone"),
        ('zone = "localtime"', "zone"),
        ('zone = "CEST"\ndue = 2026-11-20T23:59:00', "zone"),
        ("zone = 1", "zone"),
        ("grace = 15", "grace"),
        ('grace = ""', "grace"),
        ('grace = "15"', "grace"),
        ('grace = "+15m"', "grace"),
        ('grace = "-15m"', "grace"),
        ('grace = "1m1h"', "grace"),
        ('grace = "500d"', "grace"),
        ('grace = "१m"', "grace"),
        ('attempts = "first"', "attempts"),
        ("attempts = 3", "attempts"),
        ('language = "de"', "language"),
        ("penalty = 10", "penalty"),
        ('penalty = { per = "day" }', "penalty"),
        ('penalty = { percent = 10, points = 1, per = "day" }', "penalty"),
        ("penalty = { percent = 10 }", "penalty.per"),
        ('penalty = { percent = 101, per = "day" }', "penalty.percent"),
        ('penalty = { percent = -1, per = "day" }', "penalty.percent"),
        ('penalty = { percent = nan, per = "day" }', "penalty.percent"),
        ('penalty = { percent = 1e-9, per = "day" }', "penalty.percent"),
        ('penalty = { percent = "10", per = "day" }', "penalty.percent"),
        ('penalty = { points = 0.001, per = "day" }', "penalty.points"),
        ('penalty = { points = 1, per = "week" }', "penalty.per"),
        ('penalty = { points = 1, of = "max", per = "day" }', "penalty.of"),
        ('penalty = { percent = 1, of = "all", per = "day" }', "penalty.of"),
        ("cap = {}", "cap"),
        ("cap = [1]", "cap"),
        ("teams = 1", "teams"),
        ('teams = { owls = "s1" }', "teams.owls"),
        ("teams = { owls = [] }", "teams.owls"),
        ("teams = { owls = [1042] }", "teams.owls"),
        ('teams = { owls = ["s1", "s1"] }', "teams.owls"),
        ('teams = { owls = ["s1"], bats = ["s2", "s1"] }', "teams.bats"),
        ('teams = { "" = ["s1"] }', 'teams.""'),
        ('extensions = "s1"', "extensions"),
        ('extensions = { s1 = "+3d" }', "extensions.s1"),
        ('due = 2026-11-20T23:59:00Z\nextensions = { s1 = "3d" }', "extensions.s1"),
        ('due = 2026-11-20T23:59:00Z\nextensions = { s1 = "+0d" }', "extensions.s1"),
        ("due = 2026-11-20T23:59:00Z\nextensions = { s1 = 3 }", "extensions.s1"),
        ('due = 2026-11-20T23:59:00Z\nextensions.s.1 = "+3d"', "extensions.s"),
        ("due = 2026-11-20T23:59:00Z\nextensions = { s1 = 2026-11-20T23:58:00Z }", "extensions.s1"),
        ("due = 2026-11-20T23:59:00Z\ncloses = 2026-11-20T23:58:00Z", "closes"),
        ("closes = 2026-11-20T23:59:00Z", "closes"),
        ("accommodations = 1", "accommodations"),
        ("accommodations = { s1 = 2 }", "accommodations.s1"),
        ('accommodations.s1.extra = "2d"', "accommodations.s1.extra"),
        ("accommodations.s1.no_penalty = 1", "accommodations.s1.no_penalty"),
        ("accommodations.s1.time_factor = 1.5", "accommodations.s1.time_factor"),
        ("assignments = 1", "assignments"),
        ("[assignments.hw2]", "assignments"),
        ("[assignments]\nhw1 = 1", "assignments.hw1"),
        ('[assignments.hw1]\nlanguage = "en"', "assignments.hw1.language"),
        ('[assignments.hw1]\n[assignments.hw2]\ngrace = "x"', "assignments.hw2.grace"),
        ('[assignments.hw1]\n[assignments.hw2.extensions]\ns1 = "+1d"', "assignments.hw2.extensions.s1"),
        ("closes = 2026-11-20T23:59:00Z\n[assignments.hw1]\ndue = 2026-12-20T23:59:00Z", "closes"),
    ],
)
def test_faults(text: str, path: str, tmp_path: Path) -> None:
    """It is read as strictly as an assignment, and each fault is told once, with its path."""
    assert [fault.path for fault in find_faults(tmp_path, text)] == [path]


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Whoever mends a file sees everything that is wrong with it, in the same order each time."""
    text = 'grac = "1h"\nattempts = "first"\npenalty = {}\nteams = 3\n[assignments.hw1]\ndue = 2026-11-20T23:59:00'

    found = [fault.path for fault in find_faults(tmp_path, text)]

    assert found == ["grac", "attempts", "penalty.per", "penalty", "teams", "assignments.hw1.due"]


def test_what_was_meant(tmp_path: Path) -> None:
    """A key, a zone and an assignment that are nearly right are named."""
    text = 'garce = "1h"\nzone = "Europe/Pariss"\n[assignments.homework_1]\n'

    suggestions = [fault.suggestion for fault in find_faults(tmp_path, text, slug="homework1")]

    assert 'did you mean "grace"?' in suggestions
    assert 'did you mean "Europe/Paris"?' in suggestions
    assert str(suggestions[-1]).startswith('is it "homework_1"?')


def test_inherited_words_do_no_harm(tmp_path: Path) -> None:
    """Extensions and a closing that count from a due date mean nothing for an assignment without one."""
    text = (
        'closes = "+7d"\nextensions = { s1 = "+3d" }\n[assignments.hw1]\n[assignments.hw2]\ndue = 2026-11-20T23:59:00Z'
    )

    assert read(tmp_path, text).due_for("s1") is None
    assert read(tmp_path, text, slug="hw2").due_for("s1") == datetime(2026, 11, 23, 23, 59, tzinfo=UTC)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is a SpecError."""
    with pytest.raises(SpecError, match="can't be read"):
        read_rules(tmp_path / "class.toml", slug="hw1")


def test_ids_are_composed(tmp_path: Path) -> None:
    """An id in decomposed letters is the roster's."""
    rules = read(tmp_path, 'accommodations."ju\u0308rgen".no_penalty = true')

    assert rules.excuses("j\u00fcrgen")


def test_strangers(tmp_path: Path) -> None:
    """Every place that names somebody who isn't in the roster is told, another assignment's too, and who was meant."""
    students = tuple(Student(id=id) for id in ("s1042", "s2", "s3", "bats"))
    text = WHOLE.replace("s1", "s1024").replace("s4", "S3")

    strangers = find_strangers(read(tmp_path, text), Roster(students=students, path=tmp_path, format="plain"))

    assert {fault.path: fault.suggestion for fault in strangers} == {
        "extensions.S3": None,
        "assignments.hw1.extensions.S3": None,
        "accommodations.s1024": 'did you mean "s1042"?',
        "teams.owls[0]": 'did you mean "s1042"?',
        "assignments.hw2.teams.bats[0]": 'did you mean "s1042"?',
    }


def test_a_team_named_like_a_student(tmp_path: Path) -> None:
    """A folder of that name would be anybody's."""
    roster = Roster(students=(Student(id="s1"), Student(id="s2")), path=tmp_path, format="plain")

    (fault,) = find_strangers(read(tmp_path, 'teams = { s2 = ["s1"] }'), roster)

    assert fault.path == "teams.s2"


def test_nobody_is_a_stranger_to_no_rules(tmp_path: Path) -> None:
    """Without a class.toml there is nobody to look for."""
    assert find_strangers(ClassRules(), Roster(students=(), path=tmp_path, format="plain")) == ()


def test_the_digest(tmp_path: Path) -> None:
    """It is the same for the same rules however they are written, and another for any other rules."""
    text = 'penalty = { percent = 10, per = "day" }\nteams = { a = ["x", "y"], b = ["z"] }\ndue = 2026-11-20T23:59:00Z'
    same = 'due = "2026-11-20T23:59Z"\nteams = { b = ["z"], a = ["y", "x"] }\npenalty = { per = "day", percent = 10.0 }'
    others = ['zone = "Europe/Berlin"', 'grace = "1m"', 'attempts = "best"', 'closes = "+1d"', "cap = { percent = 10 }"]
    others += ["accommodations.x.no_penalty = true", 'extensions.x = "+24h"', 'extensions.x = "+1d"']

    digests = {read(tmp_path, f"{text}\n{line}").digest for line in ("", *others)}

    assert read(tmp_path, same).digest == read(tmp_path, text).digest
    assert len(digests) == 1 + len(others)
    assert all(digest.startswith("sha256:") for digest in digests)


def test_the_digest_of_an_offset() -> None:
    """Two due dates at one moment that count days by other clocks are other rules."""
    berlin = ClassRules(due=datetime(2026, 11, 20, 23, tzinfo=BERLIN))
    offset = ClassRules(due=datetime(2026, 11, 20, 23, tzinfo=timezone(timedelta(hours=1))))

    assert berlin.digest != offset.digest
