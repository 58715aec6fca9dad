"""The rules of a class for one assignment, as values: what holds for whom. Nothing here reads a file or a clock."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from grader.batch.rules.stretch import NO_TIME, Stretch, find_latest, in_utc, shift
from grader.spec.digest import digest_bytes

__all__ = ["Accommodation", "ClassRules", "Counting", "Penalty", "Per", "Share", "ShareOf"]


class Counting(Enum):
    """Which of a student's attempts counts."""

    LAST = "last"
    BEST = "best"  # after the penalty; the earlier of equals


class Per(Enum):
    """For what the penalty is taken."""

    ONCE = "once"
    HOUR = "hour"  # each that has begun
    DAY = "day"  # each that has begun, by the calendar of the due date's zone


class ShareOf(Enum):
    """What a percentage is of."""

    EARNED = "earned"
    MAX = "max"


@dataclass(frozen=True, kw_only=True)
class Share:
    """Points, or a percentage of something: one of the two is None."""

    points: Decimal | None = None
    percent: Decimal | None = None
    of: ShareOf = ShareOf.MAX


@dataclass(frozen=True, kw_only=True)
class Penalty:
    """What lateness takes."""

    share: Share
    per: Per


@dataclass(frozen=True, kw_only=True)
class Accommodation:
    """What holds for a student in every assignment: more time, and whether lateness takes points at all."""

    extra: Stretch = NO_TIME
    no_penalty: bool = False


@dataclass(frozen=True, kw_only=True)
class ClassRules:
    """The rules for one assignment. As it is made: nothing is due, nothing is taken, the last attempt counts.

    A team has one submission, so it has one due date: the latest of its members'. Whoever waits for somebody with more
    time isn't punished for it, and equal rows don't tell who that was.

    `closes` is a moment, or counts from each student's due date. `named` says where the file names students, this
    assignment's or another's; it is no part of the rules. `zone` is that of times which have none of their own.
    """

    due: datetime | None = None
    grace: Stretch = NO_TIME
    penalty: Penalty | None = None
    cap: Share | None = None
    closes: datetime | Stretch | None = None
    attempts: Counting = Counting.LAST
    extensions: Mapping[str, datetime | Stretch] = field(default_factory=dict)
    accommodations: Mapping[str, Accommodation] = field(default_factory=dict)
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "en"
    zone: ZoneInfo | None = None
    named: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def list_members(self, student_id: str) -> tuple[str, ...]:
        """The student's whole team; the student alone where there is none."""
        return self._homes.get(student_id, (student_id,))

    @cached_property
    def _homes(self) -> dict[str, tuple[str, ...]]:
        """Each student's team: looked up once for 10,000 students, not searched for each."""
        return {member: members for members in self.teams.values() for member in members}

    def due_for(self, student_id: str) -> datetime | None:
        """Until when the student has time, without the grace; None where nothing is due."""
        if self.due is None:
            return None
        return find_latest(*(self.extend_due(self.due, member) for member in self.list_members(student_id)))

    def extend_due(self, due: datetime, student_id: str) -> datetime:
        """The due date of one student, whoever else is in the team.

        An extension in days counts from the date that the student has anyway; one with a date never takes time away.
        """
        accommodation = self.accommodations.get(student_id)
        due = due if accommodation is None else shift(due, accommodation.extra)
        extension = self.extensions.get(student_id)
        if extension is None:
            return due
        return shift(due, extension) if isinstance(extension, Stretch) else find_latest(due, extension)

    def closes_for(self, student_id: str) -> datetime | None:
        """After when nothing of the student is accepted. Never before the student's own due date and its grace."""
        due = self.due_for(student_id)
        if due is None or self.closes is None:
            return None
        closes = shift(due, self.closes) if isinstance(self.closes, Stretch) else self.closes
        return find_latest(closes, shift(due, self.grace))

    def excuses(self, student_id: str) -> bool:
        """Whether lateness takes nothing from the student, or from anybody in the team."""
        members = self.list_members(student_id)
        return any(self.accommodations[member].no_penalty for member in members if member in self.accommodations)

    @property
    def digest(self) -> str:
        """Changes exactly when the rules do: the order of a file's lines doesn't matter, nor 10 or 10.0."""
        plain = {name: make_plain(getattr(self, name)) for name in list_names()}
        return digest_bytes(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode())


def list_names() -> Iterator[str]:
    """The fields that are the rules."""
    return (name for name, one in ClassRules.__dataclass_fields__.items() if one.compare)


def make_plain(value: Any) -> Any:
    """A value of the rules in JSON, equal for equals."""
    if isinstance(value, datetime):
        return [in_utc(value).isoformat(), str(value.tzinfo)]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: make_plain(item) for name, item in value.items()}
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, tuple):
        return sorted(value)
    if isinstance(value, Stretch | Share | Penalty | Accommodation):
        return {name: make_plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
