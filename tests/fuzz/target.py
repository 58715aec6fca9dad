"""What a parser is held to, whatever the bytes: a value that keeps its promises, or the error that is documented."""

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderError
from tests.fuzz.dice import Dice

__all__ = ["CORPUS", "MIB", "TAKEN", "Target", "check_files", "check_words", "list_corpus"]

CORPUS = Path(__file__).parent / "corpus"
MIB = 1024 * 1024
TAKEN = "taken"
LONGEST_MESSAGE = 2_000
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser under attack.

    `make` gives the bytes of a case. `read` parses them and returns how that ended: `TAKEN`, or the refusal's code; it
    raises AssertionError where the value breaks a promise, and lets through whatever the parser shouldn't raise.
    `reaches` are ends that 100,000 cases must come to, so that the cases are known to reach every rule.
    """

    name: str
    make: Callable[[Dice], bytes]
    read: Callable[[bytes], str]
    reaches: frozenset[str]
    sound: frozenset[str] = frozenset((TAKEN,))
    """The ends of what was taken."""
    share: float = 1.0
    """Of the cases, how many are for the parser that has the target's name."""
    seconds: float = 5.0
    """Of processor time, for one case: far more than the slowest needs, far less than a hang."""
    memory_bytes: int = 96 * MIB
    """By which a process that reads all the cases may grow beyond what it had after the first few hundred."""


def list_corpus(name: str) -> list[Path]:
    """The kept cases of a target."""
    return sorted((CORPUS / name).iterdir())


def check_words(error: GraderError) -> str:
    """A refusal is something that can be shown to a person. Returns its code, if it has one."""
    for text in (error.message, *error.details):
        assert text.isprintable(), f"a message that can't be shown: {text!r}"
        assert 0 < len(text) <= LONGEST_MESSAGE, f"a message of {len(text)} characters"
    return str(getattr(error, "code", ""))


def check_files(files: Iterable[tuple[str, bytes]], *, most_bytes: int, most_files: int) -> dict[str, bytes]:
    """The promises of a submission's files, looked at in another way than the reader does. Returns them by name."""
    found = dict(pairs := list(files))
    assert len(found) == len(pairs) <= most_files
    assert sum(len(content) for content in found.values()) <= most_bytes
    assert all(type(content) is bytes for content in found.values())
    folded = {unicodedata.normalize("NFC", path.casefold()) for path in found}
    assert len(folded) == len(found), "two names that are one on some computers"
    for path in found:
        parts = path.split("/")
        assert not any(part in ("", ".", "..") for part in parts), path
        assert "\\" not in path, path
        assert not (path[1:2] == ":" and path[0].isascii() and path[0].isalpha()), path
        assert unicodedata.normalize("NFC", path) == path, path
        assert not any(ord(c) < 32 or c in BIDI or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in path), (
            path
        )
        assert len(path.encode()) <= 512, path
        assert not any("/".join(parts[:end]) in found for end in range(1, len(parts))), "a file in a file"
    return found
