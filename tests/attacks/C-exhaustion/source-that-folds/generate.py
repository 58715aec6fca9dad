"""Constants that a compiler might work out: gigabytes each, never used."""

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
    (folder / "plain.py").write_text(
        "def never():\n"
        + "".join(f"    x{n} = ('x' * 4_000) * 4_000 * 4_000, 2 ** 127 ** 3 ** 9, (0,) * 10**9\n" for n in range(200))
        + RIGHT
    )
