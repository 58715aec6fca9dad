"""`answers.toml`: TOML that a student wrote, read outside every sandbox. Whatever it holds, it gives a sheet."""

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

from grader.answers import NOTHING_RAN, note_answers, settle_answers
from grader.evidence.strict_json import parse_json
from grader.ingest import read_sheet
from grader.limits import MIB
from grader.spec.model import Assignment, Question
from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes, mutate_text
from tests.fuzz.target import TAKEN, Target
from tests.fuzz.toml_cases import PIECES, SIZES, VALUES

__all__ = ["ANSWERS"]

KINDS = {"colour": "choice", "primes": "choices", "total": "number", "grid": "shape", "pairs": "match", "why": "text"}
ASSIGNMENT = Assignment(
    slug="hw",
    title="HW",
    folder=Path(),
    reference=None,
    digest="sha256:0",
    questions=tuple(Question(id=name, title=name, points=Decimal(1), kind=kind) for name, kind in KINDS.items()),
)
LINES = (
    *('colour = "Blue"', 'primes = ["2", "7"]', "total = 5050", "grid = [3, 4]", 'pairs = { cat = "meows" }'),
    *('why = "Because."', '[pairs]\ncat = "meows"', "# nothing", "color = 1", 'why = """\ncolour = 2\n"""'),
    *("colour = because it is", "total = 5,050", "total: 5050", "why = it's", 'why = "so', "grid =", "total = None"),
)
ENDS = frozenset({TAKEN, "faults", "noted"})


def make(dice: Dice) -> bytes:
    """One file."""
    lines = list(dict.fromkeys(dice.pick(LINES[:9] if dice.chance(0.9) else LINES) for _ in range(dice.whole(0, 6))))
    if dice.chance(0.3):
        lines.append(f"{dice.pick(tuple(KINDS))} = {dice.pick(VALUES)}")
    text = dice.pick(("\n", "\n", "\n", "\r\n")).join(lines) + "\n"
    if dice.chance(0.3):
        text = mutate_text(dice, text, PIECES, 2)
    if dice.chance(0.004):
        text = dice.pick((*SIZES, "a" + " " * 90_000 + "#", "a = '" + "x" * 300_000 + "'\n")) + text
    content = text.encode(dice.pick(("utf-8",) * 40 + ("utf-16", "utf-8-sig", "latin-1")), "replace")
    if dice.chance(0.1):
        content = mutate_bytes(dice, content, (b"\xed\xa0\x80", b"\xff", b"\0", b"=", b"[", b'"', b"\x1b["))
    return content


def read(content: bytes) -> str:
    """Read a file, and hold what came of it to its promises."""
    sheet = read_sheet(content)
    evidence = settle_answers(ASSIGNMENT, sheet, NOTHING_RAN, programs=False)
    assert list(evidence.questions) == list(KINDS)
    if sheet.faults:
        assert not sheet.values
        assert len(sheet.faults) <= 10
        problem = evidence.questions["colour"].problem
        assert problem is not None
        for said in problem.message.split("\n"):
            assert said.isprintable() and 0 < len(said) <= 2_100, f"a fault that can't be shown: {said!r}"
        assert all(fault.line is None or 1 <= fault.line <= content.count(b"\n") + 1 for fault in sheet.faults)
        return "faults"
    written = json.dumps(dict(sheet.values), ensure_ascii=False, allow_nan=False).encode()
    assert same(parse_json(written, most_bytes=4 * MIB, most_depth=16), dict(sheet.values))
    for name, line in sheet.lines.items():
        assert name in sheet.values
        assert name.encode() in content.split(b"\n")[line - 1]
    return "noted" if list(note_answers(ASSIGNMENT, sheet)) else TAKEN


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, types too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and not (isinstance(one, float) and not math.isfinite(one))


ANSWERS = Target(name="answers", make=make, read=read, reaches=ENDS, sound=frozenset({TAKEN, "noted"}))
