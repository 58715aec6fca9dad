"""docs/threat-model.md and the corpus of attacks speak of the same things."""

import re

from tests.house.reading import CHECKOUT, PACKAGE

CORPUS = CHECKOUT / "tests" / "attacks"
ROW = re.compile(r"^\| (?P<control>[^|]+) \| (?P<where>[^|]*) \| (?P<tried>[^|]*) \|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


def read_rows() -> list[tuple[str, list[str], list[str]]]:
    """Each control, the files in which it is, and what tries it."""
    text = (CHECKOUT / "docs" / "threat-model.md").read_text("utf-8")
    tables = re.findall(r"^\| control \| where \| tried by \|\n\|---\|---\|---\|\n((?:\|.*\|\n)+)", text, re.MULTILINE)
    rows = [row for table in tables for row in ROW.finditer(table)]
    return [(row["control"], CODE.findall(row["where"]), CODE.findall(row["tried"])) for row in rows]


def list_attacks() -> set[str]:
    """The ids of all attacks."""
    return {path.parent.name for path in CORPUS.glob("[A-F]-*/*/expect.toml")}


def test_every_control_is_tried() -> None:
    """By an attack or a test; each says where it is."""
    rows = read_rows()

    assert len(rows) > 30
    assert [control for control, where, tried in rows if not where or not tried] == []


def test_every_name_is_an_attack_or_a_test() -> None:
    """What a row names is there."""
    known = list_attacks()
    names = [name for _, _, tried in read_rows() for name in tried]

    assert [name for name in names if name not in known and not (CHECKOUT / name).exists()] == []


def test_every_attack_is_named_once() -> None:
    """A new attack is put beside the control that it tries."""
    names = [name for _, _, tried in read_rows() for name in tried]

    assert sorted(list_attacks() - set(names)) == []
    assert sorted({name for name in names if names.count(name) > 1 and name in list_attacks()}) == []


def test_every_place_is_there() -> None:
    """The files and folders of the package in which a control is."""
    assert [place for _, where, _ in read_rows() for place in where if not (PACKAGE / place).exists()] == []
