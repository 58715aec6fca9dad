"""Times as rosters and downloads write them. One without a zone is taken only where the zone is known otherwise."""

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["read_iso_time", "read_moodle_time", "read_nbgrader_time"]

MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
MOODLE_TIME = re.compile(
    r"[A-Za-z]+, (?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]+) (?P<year>[0-9]{4}), "
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?: (?P<half>AM|PM))?"
)
NAMED_ZONE = re.compile(r"(?P<time>.+[0-9]) (?P<zone>[A-Za-z][A-Za-z0-9_+/-]{0,63})")
OFFSET = re.compile(r"(?P<time>.+[0-9]) (?P<offset>[+-][0-9]{2}:?[0-9]{2})")
MOST_CHARACTERS = 100


def read_iso_time(text: str) -> datetime | None:
    """A time as ISO 8601 writes it, with its zone; None where it is something else, or has no zone."""
    time = parse(text)
    return time if time is not None and time.tzinfo is not None else None


def read_moodle_time(text: str, zone: tzinfo | None) -> datetime | None:
    """A time as Moodle writes it in English, "Friday, 13 February 2026, 11:59 PM", in a zone that it doesn't tell."""
    found = MOODLE_TIME.fullmatch(text)
    if found is None or zone is None or found["month"].casefold() not in MONTHS:
        return None
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    month = MONTHS.index(found["month"].casefold()) + 1
    try:
        return datetime(int(found["year"]), month, int(found["day"]), hour, int(found["minute"]), tzinfo=zone)
    except ValueError:
        return None


def read_nbgrader_time(text: str) -> datetime | None:
    """A time as nbgrader writes it: "2015-02-02 15:58:23.948203 UTC", or with an offset. Without a zone it is in UTC,
    as nbgrader itself takes it (`nbgrader.utils.parse_utc`).
    """
    text = text.strip()
    if (offset := OFFSET.fullmatch(text)) is not None:
        return parse(offset["time"] + offset["offset"])
    if (named := NAMED_ZONE.fullmatch(text)) is not None:
        time, zone = parse(named["time"]), find_zone(named["zone"])
        return None if time is None or time.tzinfo is not None or zone is None else time.replace(tzinfo=zone)
    time = parse(text)
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)


def find_zone(name: str) -> tzinfo | None:
    """A zone by its name; None where there is none of that name."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def parse(text: str) -> datetime | None:
    """A date and a time of ISO 8601."""
    if len(text) > MOST_CHARACTERS or not text.isascii() or ":" not in text:
        return None  # a date alone is no time
    try:
        time = datetime.fromisoformat(text)
        time.astimezone(UTC)  # beyond the first and the last year there is none
    except (ValueError, OverflowError):
        return None
    return time
