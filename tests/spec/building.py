"""Small assignments on disk."""

from pathlib import Path

import pytest

from grader.errors import Fault, SpecError
from grader.spec import Assignment, load_assignment

__all__ = ["PROBE", "QUESTION", "faults_of", "load", "write"]

PROBE = "def q(student, given, record):\n    pass\n"
QUESTION = 'id = "q"\npoints = 2\nchecks = [{ use = "close", of = "logits" }]\n'


def write(folder: Path, toml: str, probe: str = PROBE) -> Path:
    """An assignment "hw9" in a folder."""
    place = folder / "hw9"
    place.mkdir(parents=True, exist_ok=True)
    (place / "assignment.toml").write_text(toml, "utf-8")
    (place / "probe.py").write_text(probe, "utf-8")
    return place


def load(folder: Path, toml: str, probe: str = PROBE, *, reference: Path | None = None) -> Assignment:
    """That assignment, read."""
    return load_assignment(write(folder, toml, probe), reference=reference)


def faults_of(folder: Path, toml: str, probe: str = PROBE, *, reference: Path | None = None) -> list[Fault]:
    """The faults of an assignment that is unsound."""
    with pytest.raises(SpecError) as caught:
        load(folder, toml, probe, reference=reference)
    return list(caught.value.faults)
