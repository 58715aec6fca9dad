"""Rosters: CSV that somebody exported, and what spreadsheets made of it."""

import tempfile
from functools import cache
from pathlib import Path

from grader.batch.roster import read_roster
from grader.errors import SpecError
from grader.hand_in import name_folder
from tests.fuzz.dice import Dice
from tests.fuzz.mutate import mutate_bytes, mutate_text
from tests.fuzz.target import TAKEN, Target

__all__ = ["ROSTER"]

SOUND = (
    "student_id,name,email,lms_id,submitted_at\n"
    's1,"Lee, Ann",a@example.org,17,2026-11-21T09:13:58+01:00\ns2,Jo Doe,,,\n00042,,,18,\n',
    "student_id\ns1\nS2\nj.doe\n",
    "Student,ID,SIS User ID,SIS Login ID,Section,hw1 (3321)\n    Points Possible,,,,,10\n"
    '"Smith, John",4711,s1042,jsmith,A,\n"Lee, Ann",4712,,alee,A,9.5\n"Student, Test",4799,,9f3e,A,\n',
    "Identifier,Full name,ID number,Email address,Last modified (submission)\n"
    'Participant 981,John Smith,s1042,j@example.org,"Friday, 13 February 2026, 11:59 PM"\n'
    "Participant 982,Ann Lee,,a@example.org,-\n",
    "First Name,Last Name,SID,Email,Role\nJohn,Smith,s1042,j@example.org,Student\nTa,Ta,t1,t@example.org,TA\n",
)
PIECES = (
    *(",", ";", "\t", '"', '""', '"\n', "\n", "\r\n", "\r", "\n\n", ",,,", '","', "'", " ", "\u00a0", "\ufeff"),
    *("=1+1", "+1", "-", "-17", "@SUM(A1)", '="00123"', "\t=1", "s1", "S1", "s\u0308", "\u1e69", "\u017f1", "\u2028"),
    *("\0", "\x1b[31m", "\x85", "\u202e", "x" * 300, "x" * 70_000, "," * 600, "," * 9_000, "\n" * 300, "N/A", "EX"),
    *(
        "Points Possible",
        "Student, Test",
        "Participant 981",
        "Participant 99999999999999999999",
        "student_id",
        "sep=;\n",
    ),
    *(
        "2026-11-21",
        "2026-11-21T09:13",
        "2026-02-30T09:13Z",
        "9999-12-31T23:59-14:00",
        "11/21/26 9:13",
        "0001-01-01T0Z",
    ),
)
CODINGS = ("utf-8",) * 40 + ("utf-8-sig", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252")
SIZES = (
    ",".join(["x"] * 200_000),
    "x\n" * 200_000,
    '"' + "x" * 600_000,
    '"\n' * 100_000,
    "student_id\n" + "=1\n" * 9_000,
)
COMPLAINTS = (
    *("that of line", "begins like a formula", "is a formula", "no id", "names no student", "can't be seen", "cells;"),
    *(
        "isn't taken",
        "stands there twice",
        "no student in it",
        "nothing in it",
        "read as CSV",
        "a NUL",
        "UTF-16",
        "UTF-32",
    ),
    *("isn't UTF-8", "KiB", "columns", "characters", "carriage return", "header isn't known", "Moodle's", "not CSV"),
)


@cache
def find_folder() -> Path:
    """Where the cases lie."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def change_line(dice: Dice, lines: list[str]) -> None:
    """One line with another cell, one more, one less, twice, or two exchanged."""
    at = dice.whole(0, len(lines) - 1)
    cells = lines[at].split(",")
    how = dice.whole(0, 9)
    if how < 4:
        cells[dice.whole(0, len(cells) - 1)] = dice.pick(PIECES) if dice.chance(0.7) else dice.text()
        lines[at] = ",".join(cells)
    elif how < 6:
        lines.insert(at, lines[at])
    elif how < 7:
        del lines[at]
    elif how < 8:
        lines[at] = ",".join(cells[:-1])
    elif how < 9:
        lines[at] += "," + dice.text()
    else:
        dice.rotate(lines)


def make(dice: Dice) -> bytes:
    """One roster."""
    lines = dice.pick(SOUND).split("\n")[:-1]
    for _ in range(dice.pick((0, 1, 1, 2, 3))):
        if lines:
            change_line(dice, lines)
    text = dice.pick(("\n", "\n", "\n", "\r\n", "\r")).join(lines) + dice.pick(("\n", "\n", ""))
    if dice.chance(0.1):
        text = text.replace(",", dice.pick(";\t"))
    if dice.chance(0.3):
        text = mutate_text(dice, text, PIECES, 2)
    if dice.chance(0.003):
        text += dice.pick(SIZES)
    content = text.encode(dice.pick(CODINGS), "replace")
    if dice.chance(0.1):
        content = mutate_bytes(dice, content, (b"\xed\xa0\x80", b"\xff\xfe", b"\0", b",", b"\n", b'"', b"PK\x03\x04"))
    return content


def read(content: bytes) -> str:
    """A roster keeps its promises, or each fault can be shown and has its line."""
    path = find_folder() / "roster.csv"
    path.write_bytes(content)
    try:
        roster = read_roster(path)
    except SpecError as error:
        return check_error(error, content.count(b"\n") + content.count(b"\r") + 1)
    ids = [student.id for student in roster.students]
    assert ids
    assert len({name_folder(id_) for id_ in ids}) == len({id_.casefold() for id_ in ids}) == len(ids)
    for student in roster.students:
        for text in (student.id, student.name, student.email, student.lms_id, *student.aliases):
            assert text.isprintable()
            assert not text.startswith(("=", "+", "-", "@"))
        assert student.submitted_at is None or student.submitted_at.tzinfo is not None
        assert student.line > 1
    return TAKEN if roster.format == "plain" else roster.format


def check_error(error: SpecError, lines: int) -> str:
    """The faults of a bad roster. Returns what kind of fault came first."""
    assert 1 <= len(error.faults) <= 50
    for text in (error.message, *error.details):
        assert text.isprintable(), f"a message that can't be shown: {text!r}"
        assert len(text) < 1_000
    for fault in error.faults:
        file, _, line = fault.path.rpartition(", line ")
        assert file == "roster.csv"
        assert 1 <= int(line) <= lines
    return "unsound: " + next((word for word in COMPLAINTS if word in error.faults[0].message), "otherwise")


REACHES = frozenset(("canvas", "gradescope", "moodle", TAKEN, *(f"unsound: {word}" for word in COMPLAINTS)))
ROSTER = Target(
    name="roster", make=make, read=read, reaches=REACHES, sound=frozenset((TAKEN, "canvas", "gradescope", "moodle"))
)
