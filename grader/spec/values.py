"""The types of values that a specification may hold: each reads a TOML value strictly, and describes itself.

One table of fields (`vocabulary`) made of these types is what the reader obeys, what the JSON schema is made from and
what the reference documentation is tested against, so the three can't drift apart.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

__all__ = [
    "REQUIRED",
    "Choice",
    "Complain",
    "Field",
    "Flag",
    "Number",
    "Points",
    "Span",
    "Table",
    "Text",
    "Texts",
    "ValueType",
    "Whole",
    "describe_value",
]

Complain = Callable[[str, str | None], None]
"""Takes a message (what is wrong, with the value) and what would be right."""

REQUIRED = object()
"""The default of a field that must be there."""

SHOWN = 60


class ValueType(Protocol):
    """One type of value."""

    @property
    def words(self) -> str:
        """What is right, for a person: "a whole number from 1 to 128"."""
        ...

    def read(self, value: Any, complain: Complain) -> Any:
        """The value as the rest of the program uses it; whatever is wrong with it goes to `complain`."""
        ...

    def schema(self) -> dict[str, Any]:
        """The type in JSON Schema."""
        ...


@dataclass(frozen=True)
class Field:
    """One key of a table: its type, its default (`REQUIRED`: none), and what it is for."""

    name: str
    type: ValueType
    default: Any
    meaning: str

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is REQUIRED


@dataclass(frozen=True, kw_only=True)
class Text:
    """A string: of one line unless `lines`, not empty, and of the form `pattern` where there is one."""

    pattern: str | None = None
    form: str = ""
    lines: bool = False
    longest: int = 2_000

    @property
    def words(self) -> str:
        """What is right."""
        return self.form or ("text" if self.lines else "text of one line")

    def read(self, value: Any, complain: Complain) -> str:
        """The string."""
        if not isinstance(value, str):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
            return ""
        fault = self.find_fault(value)
        if fault is not None:
            complain(fault, f"{self.words} is right" if self.pattern else None)
        return value

    def find_fault(self, value: str) -> str | None:
        """What is wrong with a string."""
        if not value.strip():
            return "it is empty"
        if len(value) > self.longest:
            return f"it has {len(value):,} characters; at most {self.longest:,} are taken"
        allowed = "\n\t" if self.lines else ""
        odd = next((c for c in value if (ord(c) < 32 or 127 <= ord(c) < 160) and c not in allowed), None)
        if odd is not None:
            return f"{shorten(value)!r} holds {'a line break' if odd in chr(10) + chr(13) else 'a control character'}"
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            return f"{shorten(value)!r} can't be used here"
        return None

    def schema(self) -> dict[str, Any]:
        """A string."""
        pattern = {} if self.pattern is None else {"pattern": f"^(?:{self.pattern})$"}
        return {"type": "string", "minLength": 1, "maxLength": self.longest, **pattern}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is right."""
        return join_words([f'"{option}"' for option in self.options])

    def read(self, value: Any, complain: Complain) -> str:
        """The word."""
        if not isinstance(value, str):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
        elif value not in self.options:
            complain(f"{shorten(value)!r} isn't known here", f"{self.words} is right")
        else:
            return value
        return self.options[0]

    def schema(self) -> dict[str, Any]:
        """An enumeration."""
        return {"enum": list(self.options)}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    words: str = "true or false"

    def read(self, value: Any, complain: Complain) -> bool:
        """The truth value."""
        if not isinstance(value, bool):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
            return False
        return value

    def schema(self) -> dict[str, Any]:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number within bounds."""

    low: int = 0
    high: int
    unit: str = ""

    @property
    def words(self) -> str:
        """What is right."""
        return f"a whole number from {self.low:,} to {self.high:,}{self.unit and ' ' + self.unit}"

    def read(self, value: Any, complain: Complain) -> int:
        """The number."""
        if isinstance(value, bool) or not isinstance(value, int):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
        elif not self.low <= value <= self.high:
            complain(f"{shorten(str(value))} is out of bounds", f"{self.words} is right")
        else:
            return value
        return self.low

    def schema(self) -> dict[str, Any]:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number for computing with, read as a float."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    """Whether `low` itself is already too low."""
    unit: str = ""

    @property
    def words(self) -> str:
        """What is right."""
        unit = self.unit and " " + self.unit
        if math.isinf(self.low):
            return f"a number{unit}"
        start = f"above {self.low:g}" if self.above else f"from {self.low:g}"
        return f"a number {start}{unit}" if math.isinf(self.high) else f"a number {start} up to {self.high:g}{unit}"

    def read(self, value: Any, complain: Complain) -> float:
        """The number."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            complain(f"{describe_value(value)} where {self.words} belongs", None)
            return 1.0
        number = to_float(value)
        if not math.isfinite(number) or not self.low <= number <= self.high or (self.above and number == self.low):
            complain(f"{shorten(str(value))} is out of bounds", f"{self.words} is right")
            return 1.0
        return number

    def schema(self) -> dict[str, Any]:
        """A number."""
        low = {} if math.isinf(self.low) else {"exclusiveMinimum" if self.above else "minimum": self.low}
        return {"type": "number", **low, **({} if math.isinf(self.high) else {"maximum": self.high})}


@dataclass(frozen=True)
class Points:
    """Points: exact, positive, at most two decimal places."""

    words: str = "a positive number with at most two decimal places"
    most: int = 10_000

    def read(self, value: Any, complain: Complain) -> Decimal:
        """The points as an exact decimal."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            complain(f"{describe_value(value)} where points belong", f"{self.words} is right, without quotes")
            return Decimal(1)
        points = value if isinstance(value, Decimal) else Decimal(value)
        fault = self.find_fault(points)
        if fault is not None:
            complain(f"{shorten(str(value))} {fault}", f"{self.words} is right")
            return Decimal(1)
        return points

    def find_fault(self, points: Decimal) -> str | None:
        """What is wrong with a number of points."""
        if not points.is_finite():
            return "is no number of points"
        if points <= 0:
            return "isn't positive"
        if points > self.most:
            return f"is more than {self.most:,} points"
        if points != points.quantize(Decimal("0.01")):
            return "has more than two decimal places"
        return None

    def schema(self) -> dict[str, Any]:
        """A number."""
        return {"type": "number", "exclusiveMinimum": 0, "maximum": self.most}


@dataclass(frozen=True, kw_only=True)
class Texts:
    """A list of strings, none twice."""

    item: Text = field(default_factory=Text)
    least: int = 0
    most: int = 200

    @property
    def words(self) -> str:
        """What is right."""
        return "a list of texts" if not self.item.form else f"a list, each item {self.item.form}"

    def read(self, value: Any, complain: Complain) -> tuple[str, ...]:
        """The strings."""
        if not isinstance(value, list):
            hint = f"write [{quote(value)}]" if isinstance(value, str) else None
            complain(f"{describe_value(value)} where {self.words} belongs", hint)
            return ()
        if not self.least <= len(value) <= self.most:
            complain(f"it has {len(value)} items", f"{self.least} to {self.most} items are right")
        items = []
        for number, item in enumerate(value[: self.most]):
            items.append(self.item.read(item, prefix(complain, f"item {number}: ")))
            if isinstance(item, str) and item in value[:number]:
                complain(f"{shorten(item)!r} stands there twice", None)
        return tuple(items)

    def schema(self) -> dict[str, Any]:
        """An array of strings."""
        return {
            "type": "array",
            "items": self.item.schema(),
            "minItems": self.least,
            "maxItems": self.most,
            "uniqueItems": True,
        }


@dataclass(frozen=True, kw_only=True)
class Span:
    """Two whole numbers, the least and the most."""

    high: int

    @property
    def words(self) -> str:
        """What is right."""
        return f"two whole numbers [least, most] from 0 to {self.high:,}"

    def read(self, value: Any, complain: Complain) -> tuple[int, int]:
        """The two numbers."""
        right = isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)
        if not right:
            complain(f"{describe_value(value)} where {self.words} belong", None)
        elif not 0 <= value[0] <= value[1] <= self.high:
            complain(f"{value} is out of order or out of bounds", f"{self.words} are right")
        else:
            return value[0], value[1]
        return 0, self.high

    def schema(self) -> dict[str, Any]:
        """An array of two integers."""
        item = {"type": "integer", "minimum": 0, "maximum": self.high}
        return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}


@dataclass(frozen=True)
class Table:
    """A table or a list of tables, whose own fields are read elsewhere; only here so that the key is known."""

    words: str
    described: Mapping[str, Any] = field(default_factory=dict)

    def read(self, value: Any, complain: Complain) -> Any:
        """The table as it is."""
        return value

    def schema(self) -> dict[str, Any]:
        """As it was given."""
        return dict(self.described)


def prefix(complain: Complain, before: str) -> Complain:
    """Complain about a part of the value."""
    return lambda message, suggestion: complain(before + message, suggestion)


def to_float(value: int | Decimal) -> float:
    """A float; infinity where the number is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def quote(text: str) -> str:
    """A string as TOML writes it, for messages: control characters are spelt."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in shorten(text))
    return '"' + "".join({"\\": "\\\\", '"': '\\"'}.get(c, c) for c in shown) + '"'


def shorten(text: str) -> str:
    """At most so many characters of a text."""
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def join_words(words: Sequence[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def describe_value(value: Any) -> str:
    """What a value is, in a person's words, with the value where it is short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quote(value)}"
    if isinstance(value, int | Decimal):
        return f"the number {shorten(str(value))}"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "a table" if isinstance(value, dict) else f"{shorten(str(value))}"
