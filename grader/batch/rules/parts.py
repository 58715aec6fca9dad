"""The tables of class.toml: penalties, extensions, accommodations, teams."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from grader.batch.rules.model import Accommodation, Penalty, Per, Share, ShareOf
from grader.batch.rules.stretch import Stretch
from grader.batch.rules.words import ACCOMMODATION, CAP, PENALTY, STUDENT, TEAM, MomentOrStretch
from grader.batch.rules.zone import Moment
from grader.spec.faults import Faults, join_path, read_fields
from grader.spec.values import Texts, describe_value, shorten

__all__ = [
    "normalize_id",
    "read_accommodations",
    "read_cap",
    "read_extensions",
    "read_penalty",
    "read_table",
    "read_teams",
]

MEMBERS = Texts(item=STUDENT, least=1, most=100)


def read_table(value: Any, path: str, example: str, faults: Faults) -> Mapping[str, Any]:
    """A table; an empty one where something else stands."""
    if isinstance(value, dict):
        return value
    faults.add(path, f"{describe_value(value)} where a table belongs", example)
    return {}


def normalize_id(student_id: str) -> str:
    """An id in composed letters, as the roster's are."""
    return unicodedata.normalize("NFC", student_id)


def read_penalty(value: Any, path: str, faults: Faults) -> Penalty | None:
    """What lateness takes."""
    table = read_table(value, path, 'penalty = { percent = 10, per = "day" }', faults)
    if not isinstance(value, dict):
        return None
    values = read_fields(table, PENALTY, path, faults)
    share = read_share(values, path, faults)
    return Penalty(share=share, per=Per(values.get("per", Per.ONCE.value)))


def read_cap(value: Any, path: str, faults: Faults) -> Share | None:
    """The most that lateness takes."""
    table = read_table(value, path, "cap = { percent = 50 }", faults)
    return read_share(read_fields(table, CAP, path, faults), path, faults) if isinstance(value, dict) else None


def read_share(values: Mapping[str, Any], path: str, faults: Faults) -> Share:
    """Points or a percentage: exactly one of them."""
    points: Decimal | None = values["points"]
    percent: Decimal | None = values["percent"]
    if (points is None) is (percent is None):
        what = "neither points nor percent stands there" if points is None else "points and percent both stand there"
        faults.add(path, what, "one of the two is right")
    if points is not None and values["of"] is not None:
        faults.add(join_path(path, "of"), "it says of what a percentage is, and there is none", "leave it out")
    return Share(points=points, percent=percent, of=ShareOf(values["of"] or ShareOf.MAX.value))


def read_extensions(value: Any, path: str, faults: Faults, *, moment: Moment) -> dict[str, datetime | Stretch]:
    """Other due dates, by student."""
    kind = MomentOrStretch(moment=moment)
    read = {}
    for student, date in read_table(value, path, '[extensions], and below it: s1042 = "+3d"', faults).items():
        where = join_path(path, shorten(student))
        STUDENT.read(student, faults.at(where))
        read[normalize_id(student)] = kind.read(date, faults.at(where))
    return read


def read_accommodations(value: Any, path: str, faults: Faults) -> dict[str, Accommodation]:
    """What holds for a student everywhere."""
    read = {}
    for student, table in read_table(
        value, path, '[accommodations.s1042], and below it: extra = "+2d"', faults
    ).items():
        where = join_path(path, shorten(student))
        STUDENT.read(student, faults.at(where))
        inner = read_table(table, where, '{ extra = "+2d" }', faults)
        read[normalize_id(student)] = Accommodation(**read_fields(inner, ACCOMMODATION, where, faults))
    return read


def read_teams(value: Any, path: str, faults: Faults) -> dict[str, tuple[str, ...]]:
    """Who hands in together; nobody in two teams."""
    read: dict[str, tuple[str, ...]] = {}
    homes: dict[str, str] = {}
    for name, members in read_table(value, path, '[teams], and below it: owls = ["s1", "s2"]', faults).items():
        where = join_path(path, shorten(name))
        TEAM.read(name, faults.at(where))
        read[name] = tuple(normalize_id(member) for member in MEMBERS.read(members, faults.at(where)))
        for member in dict.fromkeys(filter(None, read[name])):
            if homes.setdefault(member, name) != name:
                other = shorten(homes[member])
                faults.add(where, f"{shorten(member)!r} is in the team {other!r} as well", "a student is in one team")
    return read
