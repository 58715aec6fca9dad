"""Reads `answers.toml`, a quiz answered by hand: data that a student wrote, read here and never run.

Whatever its bytes hold, this returns a `Sheet` and raises nothing: a file that isn't TOML has its faults told, each
with its line and what would be right, and costs the quiz's questions alone. What TOML can hold and an answer can't be
(a date, a number beyond any count, tables in tables) crosses as the marker that the recorder would have sent for such a
value, so it costs its own question, by the rules that hold for answers of a program.
"""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from grader.ingest.refusal import show_size
from grader.ingest.submission import Sheet, SheetFault
from grader.limits import IngestLimits
from grader.spec.toml import TomlError, decode_text, parse_toml
from grader.spec.vocabulary import SHEET_NAME

__all__ = ["read_sheet"]

MOST_ANSWERS = 1_000
MOST_ITEMS = 1_000
MOST_CHARACTERS = 20_000
MOST_FAULTS = 10
SAFE_INTEGER = 2**53
DEPTH = 3
MOST_SHOWN = 200
MOST_EXPLAINED = 2_000
"""Characters of a line whose fault is put in better words than the parser's."""
# A line that says one thing by itself, so that the rest can be read without it.
STATEMENT = re.compile(r"""\s*(?P<key>[A-Za-z0-9_-]+|"[^"]*"|'[^']*')\s*(?P<sign>[=:]?)\s*(?P<value>.*?)\s*(?:\#.*)?""")
ASSIGNED = re.compile(r"""^[ \t]*(?:\[[ \t]*)?(?P<quote>["']?)(?P<key>[A-Za-z0-9_-]{1,64})(?P=quote)[ \t]*[=\].]""")
UNENDED = "the answer above doesn't end"
PYTHONS = {"True": "true", "False": "false", "None": "nothing: leave the line out"}
NUMBER = re.compile(r"[+-]?\d[\d., _]*")


def read_sheet(content: bytes, *, limits: IngestLimits | None = None, path: str = SHEET_NAME) -> Sheet:
    """What the file says, or its faults."""
    limits = limits or IngestLimits()
    if len(content) > limits.sheet_bytes:
        message = f"it has {show_size(len(content))}; at most {show_size(limits.sheet_bytes)} are taken"
        return Sheet(path=path, faults=(SheetFault(message=message, suggestion="answers are a short text"),))
    try:
        text = decode_text(content)
    except TomlError as error:
        return Sheet(path=path, faults=(SheetFault(message=error.what, line=error.line),))
    try:
        document = parse_toml(text)
    except TomlError:
        return Sheet(path=path, faults=tuple(find_faults(text)))
    if len(document) > MOST_ANSWERS:
        message = f"it has {len(document):,} answers; at most {MOST_ANSWERS:,} are taken"
        return Sheet(path=path, faults=(SheetFault(message=message),))
    values = {name: encode(value, DEPTH) for name, value in document.items()}
    return Sheet(path=path, values=values, lines=find_lines(text, values))


def find_faults(text: str) -> Iterator[SheetFault]:
    """Every fault of a text that isn't TOML: the first, then, without its line, the next."""
    lines = text.split("\n")
    for _ in range(MOST_FAULTS):
        try:
            parse_toml("\n".join(lines))
        except TomlError as error:
            line = None if error.line is None else lines[error.line - 1]
            fault = describe_fault(error, line)
            yield fault
            if error.line is None or line is None or error.at_end or fault.message == UNENDED or not stands_alone(line):
                return
            lines[error.line - 1] = ""
        else:
            return


def stands_alone(line: str) -> bool:
    """Whether a line can be left out without making nonsense of the others."""
    found = match_statement(line)
    opened = line.count("[") > line.count("]") or line.count("{") > line.count("}")
    return found is not None and not opened and '"""' not in line and "'''" not in line


def match_statement(line: str) -> re.Match[str] | None:
    """The parts of a line that says one thing; None where it is something else, or very long."""
    return STATEMENT.fullmatch(line) if len(line) <= MOST_EXPLAINED else None


def describe_fault(error: TomlError, line: str | None) -> SheetFault:
    """A fault in a person's words."""
    found = None if line is None or error.at_end else match_statement(line)
    message, suggestion = error.what, None
    if error.at_end:
        message = "the file ends before a quote, bracket or brace is closed"
    elif found is not None:
        message, suggestion = explain(error, found["key"], found["sign"], found["value"])
    return SheetFault(
        message=message,
        suggestion=suggestion,
        line=error.line,
        column=error.column,
        text=(line or "").rstrip("\r")[:MOST_SHOWN],
    )


def explain(error: TomlError, key: str, sign: str, value: str) -> tuple[str, str | None]:
    """What is wrong with `key = value`, and what would be right."""
    if error.what.startswith("cannot overwrite"):
        return f"{key} is answered twice", "keep one of the two lines"
    if error.column == 1 and sign == "=":
        return UNENDED, "close its bracket, brace or quote"
    if not value.isprintable():
        return "an invisible control character stands there", "write the line anew"
    if sign != "=":
        return "an equals sign is missing", f"write {key} = {write_value(value)}"[:MOST_SHOWN]
    if not value:
        return "there is no answer after the equals sign", "write one, or leave the line out"
    if value in PYTHONS:
        return f"{value} is Python's word, not TOML's", f"write {PYTHONS[value]}"
    if NUMBER.fullmatch(value):
        plain = value.replace(",", "").replace(" ", "")
        return "the number isn't written as TOML has it", f'write {key} = {plain}, or in quotes: "{value}"'
    if value[0] in "\"'" and value.count(value[0]) % 2:
        return "a quote is missing", f"write {key} = {value}{value[0]}"[:MOST_SHOWN]
    if value[0] not in "\"'[{":
        return "text stands between quotes", f"write {key} = {write_value(value)}"[:MOST_SHOWN]
    if value[0] == '"' and "\\" in value:
        return error.what, "between single quotes a backslash is itself: '…'"
    return error.what, None


def write_value(value: str) -> str:
    """What stands behind a key, as TOML would have it: text in quotes."""
    if value and (value[0] in "\"'[{" or NUMBER.fullmatch(value) or value in ("true", "false")):
        return value
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted or "…"}"'


def find_lines(text: str, values: Mapping[str, Any]) -> dict[str, int]:
    """The line on which each answer stands; none of a name that begins several lines (one may be within a text)."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        begin = ASSIGNED.match(line[:MOST_SHOWN])
        if begin is not None:
            found.setdefault(begin["key"], []).append(number)
    return {name: found[name][0] for name in values if len(found.get(name, ())) == 1}


def encode(value: Any, room: int) -> Any:
    """A value of TOML as the recorder encodes an answer (`grader.guest.answers`)."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return value if len(value) <= MOST_CHARACTERS else mark_long("str", len(value))
    if isinstance(value, int):
        return value if abs(value) <= SAFE_INTEGER else {"$": "int", "type": "int", "digits": str(value)}
    if isinstance(value, Decimal):
        return encode_number(float(value))
    if isinstance(value, list | dict):
        return encode_container(value, room)
    return {"$": "object", "type": type(value).__name__}  # a date or a time


def encode_number(number: float) -> Any:
    """A number with a point."""
    if math.isfinite(number):
        return number
    return {"$": "nan" if number != number else "inf" if number > 0 else "-inf"}


def encode_container(value: list[Any] | dict[str, Any], room: int) -> Any:
    """A list or a table."""
    kind = type(value).__name__
    if not room:
        return {"$": "deep", "type": kind}
    if len(value) > MOST_ITEMS:
        return mark_long(kind, len(value))
    if isinstance(value, list):
        return [encode(item, room - 1) for item in value]
    if "$" in value:
        return {"$": "dict", "items": [[key, encode(item, room - 1)] for key, item in value.items()]}
    return {key: encode(item, room - 1) for key, item in value.items()}


def mark_long(kind: str, length: int) -> dict[str, Any]:
    """What stands for something too long."""
    return {"$": "long", "type": kind, "length": length}
