"""As many and as large files as are taken: more than a run's disk and nearly its memory."""

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
    (folder / "plain.py").write_text(RIGHT)
    for number in range(1_990):
        (folder / f"data{number:04}.bin").write_bytes(number.to_bytes(2) * 47_500)
