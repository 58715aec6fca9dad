"""Everything that `class.toml` may say: one table for the reader and for the tests that hold docs/class.md to it."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from grader.batch.rules.model import Counting, Per, ShareOf
from grader.batch.rules.stretch import NO_TIME, Stretch
from grader.batch.rules.zone import Moment, ZoneName
from grader.spec.values import (
    REQUIRED,
    Choice,
    Complain,
    Field,
    Flag,
    Points,
    Table,
    Text,
    describe_value,
    shorten,
)

__all__ = [
    "ACCOMMODATION",
    "CAP",
    "LANGUAGES",
    "PENALTY",
    "STUDENT",
    "TEAM",
    "MomentOrStretch",
    "Stretches",
    "list_class",
    "list_rules",
]

PARTS = re.compile(r"(?:(\d{1,4})w)? ?(?:(\d{1,4})d)? ?(?:(\d{1,5})h)? ?(?:(\d{1,6})m)?", re.ASCII)
MOST_DAYS = 400
LANGUAGES = ("en",)
STUDENT = Text(longest=200, form="a student's id, as the roster has it,")
TEAM = Text(longest=100, form="a team's name of one line")


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """A stretch of time, "1d12h"; one that is added to a date begins with a plus."""

    plus: bool = False
    zero: bool = True

    @property
    def words(self) -> str:
        """What is right."""
        sign = "+" if self.plus else ""
        return f'a stretch of time, such as "{sign}3d", "{sign}12h" or "{sign}1d30m",'

    def read(self, value: Any, complain: Complain) -> Stretch:
        """The stretch; none at all if it can't be read."""
        if not isinstance(value, str):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
            return NO_TIME
        found = PARTS.fullmatch(value.removeprefix("+") if self.plus else value)
        if found is None or not any(found.groups()) or value.startswith("+") is not self.plus:
            complain(f"{describe_value(value)} is no stretch of time", f"{self.words} is right")
            return NO_TIME
        return self.measure(value, *(int(part or 0) for part in found.groups()), complain=complain)

    def measure(self, value: str, weeks: int, days: int, hours: int, minutes: int, *, complain: Complain) -> Stretch:
        """The stretch of so much, if it is within bounds."""
        stretch = Stretch(days=7 * weeks + days, seconds=3600 * hours + 60 * minutes)
        if stretch.days + stretch.seconds / 86_400 > MOST_DAYS:
            complain(f"{shorten(value)!r} is out of bounds", f"at most {MOST_DAYS} days are right")
        elif not self.zero and stretch == NO_TIME:
            complain(f"{shorten(value)!r} is no time at all", "leave the line out")
        else:
            return stretch
        return NO_TIME

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": r"^\+?([0-9]+w)? ?([0-9]+d)? ?([0-9]+h)? ?([0-9]+m)?$"}


@dataclass(frozen=True, kw_only=True)
class MomentOrStretch:
    """A date, or a stretch of time that counts from the due date."""

    moment: Moment
    zero: bool = False

    @property
    def words(self) -> str:
        """What is right."""
        return f'"+3d", or {self.moment.words}'

    def read(self, value: Any, complain: Complain) -> Any:
        """A moment, a stretch, or None if it is neither."""
        if isinstance(value, str) and value[:4].isdigit():
            return self.moment.read(value, complain)
        if isinstance(value, str):
            return Stretches(plus=True, zero=self.zero).read(value, complain)
        if isinstance(value, date):
            return self.moment.read(value, complain)
        hint = "an id with a dot in it stands in quotes" if isinstance(value, dict) else None
        complain(f"{describe_value(value)} where {self.words} belongs", hint)
        return None

    def schema(self) -> dict[str, Any]:
        """Either."""
        return {"anyOf": [Stretches(plus=True).schema(), self.moment.schema()]}


@dataclass(frozen=True)
class Percent:
    """A percentage, exactly."""

    words: str = "a number from 0 to 100"

    def read(self, value: Any, complain: Complain) -> Decimal:
        """The percentage."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            complain(f"{describe_value(value)} where {self.words} belongs", f"{self.words} is right, without quotes")
            return Decimal(0)
        number = Decimal(value)
        if not (number.is_finite() and 0 <= number <= 100 and number == round(number, 4)):
            complain(f"{shorten(str(value))} is out of bounds", f"{self.words} with at most four decimals is right")
            return Decimal(0)
        return number

    def schema(self) -> dict[str, Any]:
        """A number."""
        return {"type": "number", "minimum": 0, "maximum": 100}


@dataclass(frozen=True)
class Language:
    """The language of messages."""

    words: str = '"en"'

    def read(self, value: Any, complain: Complain) -> str:
        """The language."""
        if not isinstance(value, str):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
        elif value not in LANGUAGES:
            complain(f"messages are in English alone so far, not in {shorten(value)!r}", f"{self.words} is right")
        return LANGUAGES[0]

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(LANGUAGES)}


def list_options(states: Any) -> tuple[str, ...]:
    """The words for an enum's members."""
    return tuple(state.value for state in states)


SHARE: tuple[Field, ...] = (
    Field("points", Points(), None, "So many points."),
    Field("percent", Percent(), None, "So many percent."),
    Field("of", Choice(list_options(ShareOf)), None, "Of what the percent are: the points there are, or those earned."),
)
PENALTY: tuple[Field, ...] = (*SHARE, Field("per", Choice(list_options(Per)), REQUIRED, "How often it is taken."))
CAP = SHARE
ACCOMMODATION: tuple[Field, ...] = (
    Field("extra", Stretches(plus=True, zero=False), NO_TIME, "So much more time for whatever is due."),
    Field("no_penalty", Flag(), False, "Lateness takes no points."),
)


def list_rules(moment: Moment) -> tuple[Field, ...]:
    """What may be said for the class, and for each assignment otherwise."""
    closing = MomentOrStretch(moment=moment, zero=True)
    return (
        Field("due", moment, None, "Until when there is time."),
        Field("grace", Stretches(), NO_TIME, "So much later is still not late."),
        Field("penalty", Table("a table, [penalty]"), None, "What lateness takes."),
        Field("cap", Table("a table, [cap]"), None, "The most that lateness takes."),
        Field("closes", closing, None, "After when nothing is accepted."),
        Field("attempts", Choice(list_options(Counting)), Counting.LAST.value, "Which attempt counts."),
        Field("extensions", Table("a table, [extensions]: id = date"), None, "Other due dates, by student."),
        Field("teams", Table("a table, [teams]: name = [ids]"), None, "Who hands in together."),
    )


def list_class(moment: Moment) -> tuple[Field, ...]:
    """What may be said at the file's top."""
    return (
        Field("zone", ZoneName(), None, "The zone of times that have none of their own."),
        Field("language", Language(), LANGUAGES[0], "The language of messages."),
        *list_rules(moment),
        Field("accommodations", Table("a table, [accommodations.ID]"), None, "What holds for a student everywhere."),
        Field("assignments", Table("a table, [assignments.SLUG]"), None, "What is otherwise for an assignment."),
    )
