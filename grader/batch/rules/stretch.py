"""Stretches of time as people mean them: a day ends at the same time of day, an hour is sixty minutes.

A due date of 23:59 plus three days is 23:59, also where the clocks change in between; so days are counted by the
calendar of the moment's zone, everything smaller by seconds that pass. Python compares two moments of the same zone
by what the clock shows, which is wrong in the night that has an hour twice: here moments are compared in UTC.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["NO_TIME", "Stretch", "count_days", "find_latest", "in_utc", "shift"]

FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""What is earlier or later is taken for these: a forged date can't overflow anything."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days of the calendar, and then seconds."""

    days: int = 0
    seconds: int = 0

    @property
    def words(self) -> str:
        """As class.toml writes it: "1d12h"; "0m" for none."""
        minutes = self.seconds // 60
        parts = ((self.days, "d"), (minutes // 60, "h"), (minutes % 60, "m"))
        return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


NO_TIME = Stretch()


def in_utc(moment: datetime) -> datetime:
    """A moment in UTC.

    Raises:
        ValueError: it has no zone: nobody can say when that was.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    if not FIRST.year <= moment.year < LAST.year:
        return FIRST if moment.year < FIRST.year else LAST
    return moment.astimezone(UTC)


def find_latest(*moments: datetime) -> datetime:
    """The latest of some moments, each in its zone."""
    return max(moments, key=in_utc)


def shift(moment: datetime, stretch: Stretch) -> datetime:
    """The moment a stretch later, in the same zone.

    A time that the clocks leave out on that day, or show twice, is taken for the later of its two readings.
    """
    if stretch.days:
        local = moment.replace(tzinfo=None, fold=0) + timedelta(days=stretch.days)
        moment = find_latest(*(local.replace(tzinfo=moment.tzinfo, fold=fold) for fold in (0, 1)))
    if stretch.seconds:
        moment = (in_utc(moment) + timedelta(seconds=stretch.seconds)).astimezone(moment.tzinfo)
    return moment


def count_days(since: datetime, until: datetime) -> int:
    """How many days of the calendar have begun between two moments: 0 for none, 1 for a second."""
    end = in_utc(until)
    passed = (end - in_utc(since)) // timedelta(days=1)
    days = max(0, passed - 1)  # a zone that moves over the date line leaves out a day
    while in_utc(shift(since, Stretch(days=days))) < end:
        days += 1
    return days
