"""Dates with a time and a zone, as class.toml writes them. A time that isn't exactly one moment is refused: one without
a zone, and one that the clocks of its zone leave out or show twice.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from grader.batch.rules.stretch import in_utc
from grader.spec.faults import suggest_name
from grader.spec.values import Complain, describe_value, shorten

__all__ = ["Moment", "ZoneName"]

FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
EXAMPLE = "2026-11-20T23:59:00+01:00"
YEARS = range(2000, 2100)
OF_THE_MACHINE = "localtime"
"""A name that means another zone on each machine."""


@dataclass(frozen=True)
class ZoneName:
    """The name of a time zone."""

    words: str = 'the name of a time zone, such as "Europe/Berlin",'

    def read(self, value: Any, complain: Complain) -> ZoneInfo | None:
        """The zone; None if it isn't known."""
        if not isinstance(value, str):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
            return None
        known = available_timezones() - {OF_THE_MACHINE}
        if value in known:
            return ZoneInfo(value)
        if not known:
            complain("this machine knows no time zones", 'run "pip install tzdata", or write each time with its offset')
            return None
        near = suggest_name(value, known)
        complain(
            f"{shorten(value)!r} is no time zone that is known here",
            f'did you mean "{near}"?' if near else "an area and a city are right, such as Europe/Berlin",
        )
        return None

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string"}


@dataclass(frozen=True)
class Moment:
    """A date with a time, of a zone: its own offset, or the class's `zone`, in which its days are then counted."""

    zone: ZoneInfo | None = None
    zone_is_broken: bool = False
    """A zone was named and isn't known: that is one fault, not one for each time."""

    @property
    def words(self) -> str:
        """What is right."""
        return f"a date with a time and a zone, such as {EXAMPLE},"

    def read(self, value: Any, complain: Complain) -> datetime | None:
        """The moment, with its zone; None if it is none."""
        found = parse_moment(value, complain) if isinstance(value, str) else value
        if isinstance(found, date) and not isinstance(found, datetime):
            complain(f"{found} has no time of day", f"write it as {found}T23:59:00, with its zone")
        elif not isinstance(found, datetime):
            if found is not None:
                shown = f"the time {found}" if isinstance(found, time) else describe_value(found)
                complain(f"{shown} where {self.words} belongs", None)
        elif found.year not in YEARS:
            complain(f"{found} is in the year {found.year}", f"{YEARS[0]} to {YEARS[-1]} are right")
        elif found.tzinfo is not None:
            return found if self.zone is None else found.astimezone(self.zone)
        elif self.zone is not None:
            return place_moment(found, self.zone, complain)
        elif not self.zone_is_broken:
            complain(
                f"{found.isoformat()} is a local time, and there is no telling of where",
                f'write its offset, {found.isoformat()}+01:00, or zone = "Europe/Berlin" at the top',
            )
        return None

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "format": "date-time"}


def parse_moment(text: str, complain: Complain) -> datetime | None:
    """The moment in a text, in the one form that is read the same everywhere."""
    if FORM.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    complain(f"{describe_value(text)} is no date with a time", f"{EXAMPLE} is right, with or without quotes")
    return None


def place_moment(local: datetime, zone: ZoneInfo, complain: Complain) -> datetime | None:
    """A local time in its zone, if that is one moment."""
    readings = [local.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    exact = sorted({in_utc(reading) for reading in readings})
    if len(exact) == 1:
        return readings[0]
    exists = exact[0].astimezone(zone).replace(tzinfo=None, fold=0) == local
    what = "there twice" if exists else "left out"
    first, second = (moment.astimezone(zone).isoformat() for moment in exact)
    complain(f"the clocks change in {zone.key} on that day, and {local.time()} is {what}", f"write {first} or {second}")
    return None
