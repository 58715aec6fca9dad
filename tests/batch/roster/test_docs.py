"""docs/rosters.md says what the readers do."""

import re
from pathlib import Path

import pytest

from grader.batch.roster import read_roster, table
from grader.batch.roster.formats import FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "rosters.md").read_text("utf-8")
SAMPLES = re.findall(r"\*\*(\w+)\*\*[^`]*(?:`[^`]+`[^`]*)*?```csv\n(.*?)```", PAGE, re.DOTALL)


def test_every_format_has_a_sample() -> None:
    """Each that one file can be in."""
    assert [name for name, _ in SAMPLES] == ["plain", "canvas", "moodle", "gradescope"]
    assert {name for name, _ in SAMPLES} == {format_.name for format_ in FORMATS}


@pytest.mark.parametrize(("name", "text"), SAMPLES)
def test_a_sample_is_read(tmp_path: Path, name: str, text: str) -> None:
    """As the format that it stands below, with the student that all have."""
    path = tmp_path / "roster.csv"
    path.write_text(text, "utf-8")
    roster = read_roster(path)

    assert (roster.format, roster.students[0].id) == (name, "s1042")


def test_the_limits_are_these() -> None:
    """The page's numbers are the reader's."""
    limits = (
        f"more than {table.MOST_BYTES // 2**20} MiB, {table.MOST_ROWS:,} rows, {table.MOST_COLUMNS} columns, "
        f"{table.MOST_CELL_CHARACTERS // 1024} KiB in a cell, {table.MOST_ROW_BYTES // 1024} KiB in a row"
    )

    assert limits in PAGE
