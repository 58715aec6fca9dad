"""Times as LMSs, columns and nbgrader write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from grader.batch.roster.times import read_iso_time, read_moodle_time, read_nbgrader_time

WHEN = datetime(2015, 2, 2, 15, 58, 23, 948203, UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2015-02-02 15:58:23.948203 UTC",
        "2015-02-02 15:58:23.948203 UTC\n",
        "2015-02-02 15:58:23.948203",
        "2015-02-02 16:58:23.948203 +0100",
        "2015-02-02 16:58:23.948203 +01:00",
        "2015-02-02 07:58:23.948203 -0800",
        "2015-02-02T15:58:23.948203Z",
        "2015-02-02 16:58:23.948203 Europe/Berlin",
    ],
)
def test_a_time_of_nbgrader(text: str) -> None:
    """With a zone's name, with an offset, or with nothing, which is UTC."""
    assert read_nbgrader_time(text) == WHEN


@pytest.mark.parametrize("text", ["", "yesterday", "2015-02-02", "2015-02-02 15:58:23 NOWHERE", "2015-02-30 15:58:23"])
def test_what_is_no_time(text: str) -> None:
    """Is none: it isn't made up."""
    assert read_nbgrader_time(text) is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T10:00:00", "x"])
def test_a_time_that_cant_be_compared(text: str) -> None:
    """Without a zone, or beyond the calendar."""
    assert read_iso_time(text) is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Friday, 13 February 2026, 11:59 PM", datetime(2026, 2, 13, 23, 59)),
        ("Friday, 13 February 2026, 12:05 AM", datetime(2026, 2, 13, 0, 5)),
        ("Friday, 13 February 2026, 23:59", datetime(2026, 2, 13, 23, 59)),
        ("Freitag, 13. Februar 2026, 23:59", None),
        ("Friday, 31 February 2026, 11:59 PM", None),
        ("Friday, 13 February 2026, 99:59", None),
        ("-", None),
    ],
)
def test_a_time_of_moodle(text: str, when: datetime | None) -> None:
    """In English, in the zone that is given."""
    zone = timezone(timedelta(hours=-5))

    assert read_moodle_time(text, zone) == (None if when is None else when.replace(tzinfo=zone))
    assert read_moodle_time(text, None) is None
