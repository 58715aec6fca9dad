"""Faults are collected, not raised one by one: an author sees everything that is wrong at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from rapidfuzz import fuzz, process

from grader.errors import Fault
from grader.spec.values import Complain, Field, shorten

__all__ = ["Faults", "join_path", "make_plain", "read_fields", "suggest_name"]

LONGEST = 2_000
NEAR = 70.0
"""How alike two names must be, of 100, for one to be meant by the other."""


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: str, message: str, suggestion: str | None = None) -> None:
        """Note a fault."""
        shown = None if suggestion is None else make_plain(suggestion)
        self.found.append(Fault(make_plain(path), make_plain(message), shown))

    def at(self, path: str) -> Complain:
        """What a value type complains to about the value at a path."""
        return lambda message, suggestion: self.add(path, message, suggestion)


def read_fields(table: Mapping[str, Any], fields: Iterable[Field], path: str, faults: Faults) -> dict[str, Any]:
    """The values of a table, defaults filled in; unknown keys, missing keys and wrong values become faults."""
    known = {field.name: field for field in fields}
    meant = find_unknown(table, known, path, faults)
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in table:
            values[name] = field.type.read(table[name], faults.at(join_path(path, name)))
        elif not field.required:
            values[name] = field.default
        elif name not in meant:
            faults.add(join_path(path, name), "it is missing", f"{field.type.words} is right")
    return values


def find_unknown(table: Mapping[str, Any], known: Mapping[str, Field], path: str, faults: Faults) -> set[str]:
    """Complain about keys that mean nothing here; returns the keys that they were probably meant to be."""
    meant: set[str] = set()
    for name in table:
        if name not in known:
            near = suggest_name(name, [other for other in known if other not in table])
            hint = f'did you mean "{near}"?' if near else f"known here: {', '.join(known)}"
            faults.add(join_path(path, shorten(name)), "unknown key", hint)
            meant.update([near] if near else [])
    return meant


def suggest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, if one is near."""
    best = process.extractOne(name, list(known), scorer=fuzz.ratio, score_cutoff=NEAR)
    return None if best is None else str(best[0])


def make_plain(text: str, *, longest: int = LONGEST) -> str:
    """A line that can be printed, whatever a file's keys and texts hold: control characters are spelt."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:longest])
    return line if len(text) <= longest else line + "…"


def join_path(path: str, name: str) -> str:
    """The path of a key in a table."""
    name = name or '""'
    return f"{path}.{name}" if path else name
