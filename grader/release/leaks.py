"""A proof by search that nothing hidden is in a release.

What is hidden becomes *needles* of three kinds, each searched in every piece of every member (`members`):

    bytes      a kept array as it lies in memory, each of its rows, a file of the reference, the secret
    text       a solution part, its lines, a mistake's description: spaces don't count, nor do JSON's escapes
    words      a list of strings that was kept, whatever stands between them
    numbers    an array or a list of numbers, in a text or an array of any type, as they follow one another

A needle that is too short or too plain (a single small number, true, ten zeros) is everywhere: it isn't searched, and
that is said. The search is as good as its needles: what is rewritten, or encoded in a way that nobody expects, it
doesn't find.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.release.members import Piece, open_members

__all__ = ["Hidden", "Leak", "Needles", "find_leaks"]

Numbers = np.ndarray[Any, np.dtype[np.float64]]
LEAST_BYTES, LEAST_TEXT, LEAST_WORDS, LEAST_NUMBERS = 16, 16, 6, 8
MOST_NUMBERS, MOST_WORDS, MOST_ROWS = 64, 24, 16
WORD = re.compile(r"\w+")
NEAR = 2e-3
"""How far, as a part of it, a number may be from a hidden one that it is: it may have been rounded."""
SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Leak:
    """Something hidden that was found: in which member, what it is, and how it begins."""

    path: str
    what: str
    begins: str = ""

    def __str__(self) -> str:
        said = f": {self.begins!r}" if self.begins else ""
        return f"{self.path} holds {self.what}{said}"


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What mustn't be found, each with what it is; `unsearched` are those that can't be searched for."""

    blobs: tuple[tuple[str, bytes], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    numbers: tuple[tuple[str, Numbers], ...] = ()
    unsearched: tuple[str, ...] = ()


@dataclass
class Needles:
    """Takes in what is hidden, and makes needles of it."""

    blobs: dict[bytes, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    numbers: dict[bytes, str] = field(default_factory=dict)
    unsearched: dict[str, None] = field(default_factory=dict)

    def add_blob(self, what: str, content: bytes) -> None:
        """Some bytes."""
        if len(content) < LEAST_BYTES or len(set(content)) < 4:
            self.unsearched[what] = None
        else:
            self.blobs.setdefault(content, what)

    def add_text(self, what: str, text: str, *, least: int = LEAST_TEXT) -> None:
        """A text. Too short a one isn't even told: lines like `return x` are no secret."""
        spaced = " ".join(text.split())
        if len(spaced.replace(" ", "")) >= least:
            self.texts.setdefault(spaced, what)

    def add_array(self, what: str, array: np.ndarray[Any, Any]) -> None:
        """An array: its bytes, those of each row, and its numbers."""
        if array.dtype.kind not in "biuf":
            self.add_value(what, array.tolist())
            return
        rows = list(array) if array.ndim > 1 else []
        for part in (array, *rows):
            content = np.ascontiguousarray(part).tobytes()
            if len(content) >= LEAST_BYTES and is_telling(flatten_numbers(part)):
                self.blobs.setdefault(content, what)
        searched = [self.add_numbers(what, flatten_numbers(part)) for part in (array, *rows[:MOST_ROWS])]
        if not any(searched):
            self.unsearched[what] = None

    def add_numbers(self, what: str, numbers: Numbers) -> bool:
        """A run of numbers; False where it is too plain to be searched for."""
        if not is_telling(numbers):
            return False
        self.numbers.setdefault(numbers[:MOST_NUMBERS].tobytes(), what)
        return True

    def add_value(self, what: str, value: Any) -> None:
        """A value that JSON can hold, or arrays in such."""
        if isinstance(value, np.ndarray):
            self.add_array(what, value)
            return
        leaves = list(list_leaves(value))
        numbers = np.array([leaf for leaf in leaves if isinstance(leaf, int | float)], np.float64)
        strings = [leaf for leaf in leaves if isinstance(leaf, str)]
        searched = self.add_numbers(what, numbers)
        if len(strings) == 1 and len(strings[0]) >= LEAST_TEXT // 2:
            self.texts.setdefault(" ".join(strings[0].split()), what)
            searched = True
        elif len(strings) >= LEAST_WORDS and len(set(strings)) > 1:
            self.words.setdefault(spell_words(" ".join(strings[:MOST_WORDS])), what)
            searched = True
        for array in list_arrays(value):
            self.add_array(what, array)
            searched = True
        if not searched:
            self.unsearched[what] = None

    def finish(self) -> Hidden:
        """Everything that was taken in."""
        return Hidden(
            blobs=tuple((what, content) for content, what in self.blobs.items()),
            texts=tuple((what, text) for text, what in self.texts.items()),
            words=tuple((what, words) for words, what in self.words.items()),
            numbers=tuple((what, np.frombuffer(numbers, np.float64)) for numbers, what in self.numbers.items()),
            unsearched=tuple(self.unsearched),
        )


def flatten_numbers(array: np.ndarray[Any, Any]) -> Numbers:
    """An array's first numbers in a row."""
    return np.asarray(array).reshape(-1)[:MOST_NUMBERS].astype(np.float64)


def is_telling(numbers: Numbers) -> bool:
    """Whether a run of numbers is nobody else's: long enough and irregular, or few that have many digits."""
    finite = numbers[np.isfinite(numbers)]
    if len(numbers) < LEAST_NUMBERS:
        return 0 < len(numbers) == sum(count_digits(number) >= 5 for number in finite)
    steps = np.unique(np.diff(finite))
    return len(np.unique(finite)) >= 3 and len(steps) >= 3


def count_digits(number: float) -> int:
    """How many digits a number has, zeros at its ends not counted."""
    return len(f"{abs(number):.8e}".partition("e")[0].replace(".", "").strip("0"))


def list_leaves(value: Any) -> Iterator[Any]:
    """The plain values in lists and tables, in their order."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from list_leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from list_leaves(item)
    elif isinstance(value, np.generic):
        yield value.item()
    elif not isinstance(value, np.ndarray):
        yield value


def list_arrays(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays in lists and tables."""
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from list_arrays(item)


def spell_words(text: str) -> str:
    """A text's words, one space between them."""
    return f" {' '.join(WORD.findall(text))} "


def find_leaks(members: Mapping[str, bytes], hidden: Hidden) -> list[Leak]:
    """Everything hidden that some files hold, opened as far as they can be; each thing once in each member.

    Raises:
        UsageError: there is more in them than can be searched.
    """
    heads = Heads(hidden.blobs)
    found: dict[tuple[str, str], Leak] = {}
    for piece in open_members(members):
        for what, begins in find_in_piece(piece, hidden, heads):
            found.setdefault((piece.path, what), Leak(path=piece.path, what=what, begins=begins[:SHOWN]))
    return list(found.values())


def find_in_piece(piece: Piece, hidden: Hidden, heads: "Heads") -> Iterator[tuple[str, str]]:
    """What is found in one piece."""
    yield from ((what, "") for what in heads.find(piece.content))
    if piece.text is not None:
        spaced, words = " ".join(piece.text.split()), spell_words(piece.text)
        yield from ((what, text) for what, text in hidden.texts if text in spaced)
        yield from ((what, text.strip()) for what, text in hidden.words if text in words)
    if piece.numbers is not None:
        runs = Runs(piece.numbers)
        yield from ((what, say_numbers(run)) for what, run in hidden.numbers if runs.has(run))


def say_numbers(numbers: Numbers) -> str:
    """How a run of numbers begins."""
    return ", ".join(f"{number:g}" for number in numbers[:6])


class Runs:
    """Searches numbers for many runs of them: sorted once, so that of each run the rarest number is looked up alone."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._order = np.argsort(numbers)
        self._sorted = numbers[self._order]

    def has(self, run: Numbers) -> bool:
        """Whether a run is there, one number after the other; each may have been rounded, whole ones not."""
        if not 0 < len(run) <= len(self._numbers):
            return False
        near = measure_nearness(run)
        places = self._find_places(run, near)
        for offset, wanted in enumerate(run):
            if not len(places):
                return False
            there = self._numbers[places + offset]
            close = np.abs(there - wanted) <= near[offset] if np.isfinite(wanted) else ~np.isfinite(there)
            places = places[close]
        return bool(len(places))

    def _find_places(self, run: Numbers, near: Numbers) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Where the run may begin: by the one of its numbers that is there least often."""
        last = len(self._numbers) - len(run)
        finite = np.flatnonzero(np.isfinite(run))
        if not len(finite):
            return np.arange(last + 1)
        room = near[finite] + 1e-12 * np.abs(run[finite])  # a little more: what is let through is compared again
        lows = np.searchsorted(self._sorted, run[finite] - room, "left")
        highs = np.searchsorted(self._sorted, run[finite] + room, "right")
        rarest = int(np.argmin(highs - lows))
        places: np.ndarray[Any, np.dtype[np.int64]] = self._order[lows[rarest] : highs[rarest]] - finite[rarest]
        return places[(places >= 0) & (places <= last)]


def measure_nearness(run: Numbers) -> Numbers:
    """How far each number of a run may be from what is found."""
    exact = np.isfinite(run) & (run == np.round(run)) if len(run) >= LEAST_NUMBERS else np.ones(len(run), bool)
    return np.where(exact, 1e-9, NEAR) * np.abs(run)


class Heads:
    """Searches bytes for many needles at once: by one telling word of eight bytes of each, then by the whole."""

    def __init__(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        self._by_word: dict[int, list[tuple[int, bytes, str]]] = {}
        for what, content in blobs:
            offset = choose_offset(content)
            word = int.from_bytes(content[offset : offset + 8], "little")
            self._by_word.setdefault(word, []).append((offset, content, what))
        self._words = np.array(sorted(self._by_word), np.uint64)

    def find(self, content: bytes) -> list[str]:
        """What of the needles is in there."""
        found: dict[str, None] = {}
        for shift in range(8) if len(self._words) else ():
            count = (len(content) - shift) // 8
            if count <= 0:
                break
            words = np.frombuffer(content, "<u8", count=count, offset=shift)
            for place in np.flatnonzero(np.isin(words, self._words)):
                at = shift + 8 * int(place)
                for offset, needle, what in self._by_word[int(words[place])]:
                    start = at - offset
                    if what not in found and start >= 0 and content[start : start + len(needle)] == needle:
                        found[what] = None
        return list(found)


def choose_offset(content: bytes) -> int:
    """Where in a needle its most telling eight bytes are, among the first few hundred."""
    places = range(0, max(1, min(len(content) - 7, 512)))
    return max(places, key=lambda place: len(set(content[place : place + 8])))
