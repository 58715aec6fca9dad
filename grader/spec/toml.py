"""Read a TOML file that a person wrote: exact decimals, and a syntax error with its line and a caret."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from grader.errors import Fault, SpecError
from grader.limits import MIB
from grader.spec.faults import join_path, make_plain

__all__ = ["TomlError", "decode_text", "find_times", "mark_column", "parse_toml", "read_text", "read_toml"]

MOST_BYTES = 1 * MIB
MOST_LEVELS = 20
MOST_BITS = 64
TOO_DEEP, TOO_LONG = "it is nested too deeply", "a number in it is too long"
# A key of very many parts, wherever it stands: the parser's time grows with their square.
PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
LONG_KEY = re.compile(rf"(?<![A-Za-z0-9_-])(?:{PART}\.[ \t]*+){{40}}")
WIDTH = 100
MOST_SAID = 300
"""Of what the parser says: it repeats whole keys."""
PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


class TomlError(Exception):
    """A text that isn't TOML, or is beyond what a person writes. `line` and `column` count from 1, None if unknown.

    `at_end` says that the text ended too early: a quote or bracket that was never closed.
    """

    def __init__(self, what: str, *, line: int | None = None, column: int | None = None, at_end: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.column = column
        self.at_end = at_end


def read_toml(path: Path) -> dict[str, Any]:
    """The document; numbers with a point are `Decimal`.

    Raises:
        SpecError: there is no such file, it isn't TOML, or it is nested beyond what any specification is.
    """
    text = read_text(path)
    try:
        return parse_toml(text)
    except TomlError as error:
        if error.line is None or error.column is None:
            raise SpecError(f"{path} can't be read: {error.what}") from None
        line = text.split("\n")[error.line - 1]
        raise SpecError(
            f"{path} isn't TOML: {error.what}",
            faults=(Fault(f"{path.name}, line {error.line}, column {error.column}", error.what),),
            details=mark_column(line, error.line, error.column),
        ) from None


def parse_toml(text: str) -> dict[str, Any]:
    """The document in a text; numbers with a point are `Decimal`. The text may be anybody's.

    Raises:
        TomlError: it isn't TOML, or it is nested beyond what a person writes.
    """
    if LONG_KEY.search(text):
        raise TomlError(TOO_DEEP)
    try:
        document = tomllib.loads(text, parse_float=read_decimal)
    except tomllib.TOMLDecodeError as error:
        raise describe_syntax(text, str(error)) from None
    except (ValueError, RecursionError) as error:
        raise TomlError(TOO_DEEP if isinstance(error, RecursionError) else TOO_LONG) from None
    check_bounds(document)
    return document


def check_bounds(document: dict[str, Any]) -> None:
    """Refuse what would cost more to look at than it can mean: many levels, integers beyond TOML's own 64 bits."""
    waiting: list[tuple[Any, int]] = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth >= MOST_LEVELS:
                raise TomlError(TOO_DEEP)
            waiting += [(item, depth + 1) for item in (value.values() if isinstance(value, dict) else value)]
        elif isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise TomlError(TOO_LONG)


def read_text(path: Path) -> str:
    """The text of a file of a specification; a byte order mark at its beginning doesn't count.

    Raises:
        SpecError: there is no such file, or it isn't text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path} can't be read: {(error.strerror or 'no such file').lower()}") from None
    if len(content) > MOST_BYTES:
        raise SpecError(f"{path} is larger than {MOST_BYTES:,} bytes; a specification is a short text")
    try:
        return decode_text(content)
    except TomlError as error:
        raise SpecError(f"{path}, line {error.line}: {error.what}") from None


def decode_text(content: bytes) -> str:
    """Bytes as text in UTF-8, a byte order mark left out.

    Raises:
        TomlError: it isn't UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TomlError(f"not UTF-8 (byte {content[error.start]:#04x}); save it as UTF-8", line=line) from None


def find_times(value: Any, path: str = "") -> Iterator[tuple[str, date | time]]:
    """Every date or time of a document, with its path."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from find_times(item, join_path(path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from find_times(item, f"{path}[{number}]")
    elif isinstance(value, datetime | date | time):
        yield path, value


def describe_syntax(text: str, message: str) -> TomlError:
    """A syntax error with its place, out of what the parser says of it."""
    found = PLACE.search(message)
    what = make_plain(PLACE.sub("", message).strip(), longest=MOST_SAID)
    what = what[:1].lower() + what[1:]
    lines = text.split("\n")
    if found is None or found[1] is None:
        return TomlError(what, line=len(lines), column=len(lines[-1]) + 1, at_end=True)
    return TomlError(what, line=int(found[1]), column=int(found[2]))


def mark_column(line: str, number: int, column: int) -> tuple[str, str]:
    """A line of a file with its number, and a caret below a column, which counts from 1."""
    start = max(0, column - WIDTH + 20)
    shown = "".join(c if c.isprintable() else " " for c in line[start : start + WIDTH])
    lead = f"{number:>5} | "
    return lead + shown, " " * (len(lead) + column - 1 - start) + "^"


def read_decimal(text: str) -> Decimal:
    """A number with a point, exactly; one that no decimal can hold is no number."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")
