"""Does the public folder hold anything that is hidden: what `data.py` keeps, and what the reference answers?

Three searches, over every file of `assignments/<slug>/` and every member of the zip files in it:

- bytes: pieces of each kept array, in the number types in which arrays are stored, must stand nowhere;
- runs of values: several hidden values that follow one another must not do so in any text: four where they are numbers
  of three digits or more (compared to three), twelve where they are small numbers or words, and
  twenty-four where there are only two of them;
- single values that nobody writes by chance: numbers of many digits, long texts that are one case's answer.
"""

import io
import itertools
import math
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from grader.checks.comparison import is_unreadable, unwrap
from grader.draws import Data
from grader.evidence.model import Array, Evidence
from grader.spec.model import Assignment
from grader.validate.finding import Finding, Severity

__all__ = ["PublicFile", "Secret", "find_leaks", "list_secrets", "make_secret", "read_public"]

MOST_BYTES = 64 * 1024 * 1024
MOST_MEMBERS = 1_000
PIECE, LEAST_PIECE = 128, 32
LEAST_VARIETY = 6
RICH_RUN, POOR_RUN, LEAST_DISTINCT = 4, 12, 3
LONG_RUN, LEAST_TRIPLES = 24, 5
RUNS = (RICH_RUN, POOR_RUN, LONG_RUN)
RICH_DIGITS, LONE_DIGITS, LONE_LETTERS = 3, 6, 12
MOST_SINGLES = 20_000
MOST_VALUES = 20_000
TOKEN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[^\W\d_]+")
NUMBER = re.compile(r"[-+]?[\d.]")
Found = tuple[str, Severity]
Runs = Mapping[int, Mapping[tuple[str, ...], str]]
CASTS = ("<f4", "<f8", "<i8", "<i4", "u1")


@dataclass(frozen=True)
class PublicFile:
    """A file that students get, or a member of an archive."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Secret:
    """Something hidden: what it is, its values in order, and the array that it is, if it is one.

    `searched` is whether its single values are looked for, too.
    """

    name: str
    values: Sequence[Any]
    array: Array | None = None
    searched: bool = True


@dataclass(frozen=True, kw_only=True)
class Text:
    """A public text: its numbers and words in order, the long numbers in it, all of it in small letters."""

    name: str
    tokens: Sequence[str]
    written: frozenset[str]
    words: str


def read_public(folder: Path) -> Iterator[PublicFile]:
    """Every file of the public folder, and what is in its zip files (`.npz` is one, too)."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.stat().st_size <= MOST_BYTES:
            name, content = path.relative_to(folder).as_posix(), path.read_bytes()
            yield PublicFile(name, content)
            yield from read_members(name, content)


def read_members(name: str, content: bytes) -> Iterator[PublicFile]:
    """What a zip file holds; nothing where it is none, or can't be read."""
    if not content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist()[:MOST_MEMBERS]:
                if not member.is_dir() and member.file_size <= MOST_BYTES:
                    yield PublicFile(f"{name}/{member.filename}", archive.read(member))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return


# ── what is hidden ──


def list_secrets(assignment: Assignment, number: int, evidence: Evidence, data: Data | None) -> Iterator[Secret]:
    """What stays outside in one draw: kept values, expected answers and arrays."""
    for name, value in (data.kept if data is not None else {}).items():
        yield make_secret(f"kept[{name!r}] of draw {number}", value)
    for question in assignment.questions:
        found = evidence.questions.get(question.id)
        for check in question.checks if found is not None else ():
            if found is not None and check.use in ("cases", "equal") and check.of in found.records:
                value = found.records[str(check.of)].get("value")
                yield make_secret(f"what {question.id}.{check.id} expects in draw {number}", unwrap(value))
            if found is not None and check.use == "close":
                yield from (
                    make_secret(f"what {question.id}.{check.id} expects in draw {number}", array)
                    for name, array in found.arrays.items()
                    if name == check.of or name.startswith(f"{check.of}_")
                )


def make_secret(name: str, value: Any) -> Secret:
    """A hidden value; large arrays are searched for as bytes and runs only."""
    if isinstance(value, np.ndarray):
        return Secret(name, value.reshape(-1)[:MOST_VALUES].tolist(), value, searched=value.size <= 1_000)
    values = list(flatten(value))
    return Secret(name, values[:MOST_VALUES], searched=len(values) <= MOST_SINGLES)


def flatten(value: Any) -> Iterator[Any]:
    """The single values of a nested one, in order."""
    value = unwrap(value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if is_unreadable(value):
        return
    if isinstance(value, Mapping):
        value = value.get("items", list(value.values())) if "$" in value else list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from flatten(part)
    else:
        yield value


# ── searching ──


def find_leaks(public: Sequence[PublicFile], secrets: Sequence[Secret]) -> list[Finding]:
    """What of it stands in the public files: one finding for each secret and file at most, draws told together."""
    texts = [index_text(file.name, text) for file in public if (text := read_text(file)) is not None]
    runs = {size: {run: text.name for text in texts for run in list_runs(text.tokens, size)} for size in RUNS}
    findings: dict[tuple[str, str], Finding] = {}
    for secret in secrets:
        found = [(file.name, what) for file in public if (what := find_bytes(secret, file.content)) is not None]
        found += [hit for hit in (find_run(secret, runs),) if hit is not None]
        found += [(text.name, what) for text in texts if (what := find_single(secret, text)) is not None]
        for name, (said, severity) in found:
            key = secret.name.rsplit(" ", 1)[0], name
            findings.setdefault(key, tell_leak(secret, name, said, severity))
    return list(findings.values())


def tell_leak(secret: Secret, file: str, what: str, severity: Severity) -> Finding:
    """Something hidden that students can read."""
    return Finding(
        severity=severity,
        code="leak",
        where=file,
        what=f"{secret.name} stands in it: {what}",
        remedy="take it out, or draw it anew with draw.rng, so that what is public says nothing of what is asked",
    )


def find_bytes(secret: Secret, content: bytes) -> Found | None:
    """Whether pieces of an array stand in a file, in any usual number type."""
    if secret.array is None:
        return None
    for kind in CASTS:
        if any(piece in content for piece in cut_pieces(secret.array, kind)):
            return f"the array's bytes, as {np.dtype(kind).name}", Severity.ERROR
    return None


def cut_pieces(array: Array, kind: str) -> Iterator[bytes]:
    """Pieces of an array's bytes that don't stand anywhere by chance: from its beginning, middle and end."""
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f") != (np.dtype(kind).kind == "f"):
        return
    if array.dtype.kind != "f" and array.size and not np.array_equal(array.astype(kind), array):
        return
    content = np.ascontiguousarray(array).astype(kind).tobytes()
    step = np.dtype(kind).itemsize
    middle = len(content) // 2 // step * step
    for start in (0, middle, max(len(content) - PIECE, 0)):
        piece = content[start : start + PIECE]
        if len(piece) >= LEAST_PIECE and len(set(piece)) >= LEAST_VARIETY:
            yield piece


def find_run(secret: Secret, runs: Runs) -> tuple[str, Found] | None:
    """Whether several of the values stand one after the other in a text, and in which file."""
    tokens = [token for value in secret.values for token in split_value(value)]
    for size, known in runs.items():
        for start in range(len(tokens) - size + 1):
            run = tuple(tokens[start : start + size])
            if run in known and tells(run):
                return known[run], (f"{size} of its values in order, from {run[0]}", Severity.ERROR)
    return None


def tells(run: Sequence[str]) -> bool:
    """Whether a run of values is nobody's by chance: not all alike, no counting, and rich where it is short."""
    if len(run) == LONG_RUN:
        return len(set(zip(run, run[1:], run[2:], strict=False))) >= LEAST_TRIPLES and not counts(run)
    if len(set(run)) < LEAST_DISTINCT:
        return False
    if len(run) == RICH_RUN:
        return all(count_digits(token) >= RICH_DIGITS for token in run)
    return not counts(run)


def counts(run: Sequence[str]) -> bool:
    """Whether a run goes up or down in equal steps."""
    if not all(NUMBER.match(token) for token in run):
        return False
    return len({round(float(two) - float(one), 9) for one, two in itertools.pairwise(run)}) == 1


def count_digits(token: str) -> int:
    """The significant digits of a number's canonical form; 0 of a word."""
    if not NUMBER.match(token):
        return 0
    return len(token.split("e")[0].lstrip("-0.").replace(".", "").rstrip("0"))


def find_single(secret: Secret, text: Text) -> Found | None:
    """Whether one value stands in a text that nobody writes by chance."""
    if not secret.searched:
        return None
    for value in secret.values:
        if isinstance(value, float) and math.isfinite(value) and write_float(value) in text.written:
            return f"the number {value!r}", Severity.ERROR
        if (
            type(value) is int
            and len(str(abs(value)).rstrip("0")) >= LONE_DIGITS - 1
            and str(abs(value)) in text.written
        ):
            return f"the number {value:,}", Severity.WARNING
    for value, count in Counter(value for value in secret.values if isinstance(value, str)).items():
        shown = " ".join(value.casefold().split())
        if count == 1 and len(shown) >= LONE_LETTERS and shown in text.words:
            return f"the text {value[:60]!r}", Severity.WARNING
    return None


# ── text as values ──


def index_text(name: str, text: str) -> Text:
    """A text as it is searched."""
    words = " ".join(text.casefold().split())
    return Text(name=name, tokens=split_text(text), written=frozenset(list_written(text)), words=words)


def read_text(file: PublicFile) -> str | None:
    """A file as text; None where it is none."""
    try:
        return file.content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def split_text(text: str) -> list[str]:
    """The numbers and words of a text, in one form each."""
    return [canonical(token) for token in TOKEN.findall(text)]


def split_value(value: Any) -> Iterable[str]:
    """A hidden value in the same form."""
    if isinstance(value, bool) or value is None:
        return (str(value).casefold(),)
    if isinstance(value, int | float):
        return (canonical(repr(value)),) if math.isfinite(value) else ()
    return split_text(value) if isinstance(value, str) else ()


def canonical(token: str) -> str:
    """A number to three digits, a word in small letters."""
    if not NUMBER.match(token):
        return token.casefold()
    try:
        value = float(token)
    except (ValueError, OverflowError):
        return token
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.3g}"


def list_runs(tokens: Sequence[str], size: int) -> frozenset[tuple[str, ...]]:
    """Every run of so many tokens."""
    return frozenset(tuple(tokens[start : start + size]) for start in range(len(tokens) - size + 1))


def list_written(text: str) -> Iterator[str]:
    """The numbers of a text that stand for themselves: whole ones without separators, others to six digits."""
    for token in re.findall(r"\d+(?:[,_]\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?", text):
        plain = token.replace(",", "").replace("_", "")
        if plain.isdigit():
            yield plain
        elif len(plain) < 40 and (written := write_float(float(plain))):
            yield written


def write_float(value: float) -> str:
    """A number to six digits, without its sign; empty where it has fewer."""
    written = f"{abs(value):.5e}"
    digits = written.split("e")[0].replace(".", "").rstrip("0")
    return written if len(digits) >= LONE_DIGITS else ""
