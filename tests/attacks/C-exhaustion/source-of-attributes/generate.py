"""Parsed without recursion, but walked, compiled and freed with it."""

from pathlib import Path

RIGHT = """

def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
"""


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text("deep = a" + ".a" * 1_000_000 + "\n" + RIGHT)
