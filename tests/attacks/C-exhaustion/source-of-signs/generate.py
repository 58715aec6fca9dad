"""A million signs in front of a number: each one is a level for whoever parses it."""

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
    (folder / "plain.py").write_text("deep = " + "-" * 1_000_000 + "1\n" + RIGHT)
