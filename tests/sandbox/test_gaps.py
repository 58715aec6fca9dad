"""The table of behaviours in the documents is the one that the suite holds."""

from pathlib import Path

from grader.sandbox.gaps import known_gaps, make_gap_table

DOCUMENT = Path(__file__).parents[2] / "docs" / "sandboxes.md"


def test_document_has_the_table_of_known_gaps() -> None:
    """Whoever changes a gap changes the document."""
    assert make_gap_table() in DOCUMENT.read_text(encoding="utf-8")


def test_what_keeps_hostile_code_in_has_no_gap() -> None:
    """What is for other people's code keeps every behaviour, on this machine's own kernel."""
    assert {gap.sandbox for gap in known_gaps()} == {"process", "process, no fork", "fake", "docker, runsc"}
