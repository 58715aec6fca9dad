"""The table of codes in the package's docstring, the page, and the code that raises them say the same."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

import grader.ingest
from grader.limits import IngestLimits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "submissions.md").read_text("utf-8")
SOURCE = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "grader" / "ingest").glob("*.py")))
ROWS = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
LISTED = re.compile(r"^    ([a-z][a-z0-9_]*(?:, [a-z_]+)*)(?:  |$)", re.MULTILINE)


def test_every_code_is_documented() -> None:
    """Refusals and notes: those that the code makes, those of the docstring, those of the page."""
    refusals = set(re.findall(r'refuse\(\s*"(\w+)"', SOURCE))
    notes = set(re.findall(r'Note\(\s*code="(\w+)"', SOURCE))
    listed = {code for names in LISTED.findall(grader.ingest.__doc__ or "") for code in names.split(", ")}

    assert len(refusals) > 30
    assert len(notes) == 8
    assert set(ROWS) == listed
    assert refusals | notes <= listed
    assert all(f'"{code}"' in SOURCE for code in listed)


@pytest.mark.parametrize("field", fields(IngestLimits), ids=lambda field: field.name)
def test_every_limit_is_documented(field: object) -> None:
    """By its value."""
    value = getattr(IngestLimits(), field.name)  # type: ignore[attr-defined]
    shown = {50_000_000: "50 MB", 200_000_000: "200 MB", 1024**2: "1 MiB", 4 * 1024**2: "4 MiB", 512: "512 bytes"}

    assert f"| {shown.get(value, f'{value:,}')}" in PAGE or f"more than {shown.get(value)}" in PAGE
