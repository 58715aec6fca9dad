"""The assignments of this repository, for the tests that hold them to what they say."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np

from grader.draws import Draw
from grader.spec import Assignment, load_assignment

__all__ = ["HW1", "ROOT", "Numbers", "draw_number", "load_course", "load_hw1", "run_data"]

ROOT = Path(__file__).parents[2]
HW1 = ROOT / "reference/hw1"
Numbers = dict[str, Any]


def load_course(slug: str) -> Assignment:
    """An assignment, with its private part."""
    return load_assignment(ROOT / "assignments" / slug, reference=ROOT / "reference" / slug)


def load_hw1() -> Assignment:
    """hw1, with its private part."""
    return load_course("hw1")


def draw_number(number: int) -> Draw:
    """A draw of the tests' own."""
    key = np.random.default_rng(number).bytes(32).hex()
    return Draw(number, key, data_key=key)


def run_data(number: int) -> tuple[Numbers, Numbers]:
    """What hw1's data.py gives and keeps in a draw."""
    given, kept = runpy.run_path(str(HW1 / "data.py"))["data"](draw_number(number))
    return given, kept
