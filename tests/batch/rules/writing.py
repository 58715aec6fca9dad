"""class.toml for tests: written, read, and what was wrong with it."""

from pathlib import Path

import pytest

from grader.batch.rules import ClassRules, read_rules
from grader.errors import Fault, SpecError

__all__ = ["find_faults", "read"]


def read(folder: Path, text: str, *, slug: str = "hw1") -> ClassRules:
    """The rules that a text says for an assignment."""
    path = folder / "class.toml"
    path.write_text(text, "utf-8")
    return read_rules(path, slug=slug)


def find_faults(folder: Path, text: str, *, slug: str = "hw1") -> tuple[Fault, ...]:
    """What is wrong with a text."""
    with pytest.raises(SpecError) as caught:
        read(folder, text, slug=slug)
    return caught.value.faults
