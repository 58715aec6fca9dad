"""Values as bytes between machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from grader.batch.engines.wire import pack_value, unpack_value
from grader.draws import Draw
from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.ingest.submission import Cell, Note, Program, Submission, SubmittedFile
from grader.sandbox.request import RunResult


@dataclass(frozen=True, kw_only=True)
class Mixed:
    """One of each."""

    at: datetime
    points: Decimal
    path: Path
    parts: Mapping[str, tuple[bytes, ...]]
    said: str | None = None


@dataclass(frozen=True)
class Loose:
    """Anything."""

    value: Any


SUBMISSION = Submission(
    source="hw1.ipynb",
    digest="sha256:0",
    files=(SubmittedFile(path="a", content=b"\x00\xff", digest="sha256:1"),),
    programs=(Program(path="a", cells=(Cell(number=1, source='{"bytes": 3}\n"é\u2028"'),), cell_count=2),),
    notes=(Note(code="c", facts={"bytes": 3, "map": "[[1, 2]]"}),),
)
RESULT = RunResult(
    exit=Exit.WALL_LIMIT,
    frames=(Frame(Kind.READY, b"{}"), Frame(Kind.ARRAYS, b"\x00" * 1000, 3)),
    cpu_seconds=0.1 + 0.2,
    gpus=("GPU-1",),
)
MIXED = Mixed(at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), points=Decimal("2.50"), path=Path("/a"), parts={"p": ()})


@pytest.mark.parametrize(
    "value", [SUBMISSION, RESULT, MIXED, Draw(3, "ab", data_key="cd")], ids=lambda v: type(v).__name__
)
def test_a_value_arrives_as_it_was(value: Any) -> None:
    """Every field, of the same type."""
    assert unpack_value(type(value), pack_value(value)) == value


def test_the_same_value_has_the_same_bytes() -> None:
    """So bytes can be named by a digest."""
    assert pack_value(SUBMISSION) == pack_value(unpack_value(Submission, pack_value(SUBMISSION)))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x00\x00\x00\xff{}",
        b"\x00\x00\x00\x02{}",
        b"\x00\x00\x00\x02[]",
        b'\x00\x00\x00\x0b{"bytes":9}',
        b'\x00\x00\x00\x0c{"bytes":-1}',
        b'\x00\x00\x00\x0a{"what":[]}',
        b"\x00\x00\x00\x04" + b"[" * 4,
        pack_value(SUBMISSION),
        pack_value(RESULT)[:-1],
        pack_value(RESULT) + b"x",
    ],
)
def test_bytes_of_anything_else_are_refused(packed: bytes) -> None:
    """Cut short, longer, of another type, or no value at all."""
    with pytest.raises(SandboxError, match="bytes from another machine are no RunResult"):
        unpack_value(RunResult, packed)


@pytest.mark.parametrize("value", [object(), {1: 2}, float("nan")])
def test_what_isnt_plain_isnt_sent(value: object) -> None:
    """An object of any class, keys that aren't text, a number that isn't one."""
    with pytest.raises((TypeError, ValueError)):
        pack_value(Loose(value))
