"""A million and more statements: their syntax tree takes gigabytes."""

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
    (folder / "plain.py").write_text("a = 0\n" + "a;" * 2_000_000 + "\n" + RIGHT)
