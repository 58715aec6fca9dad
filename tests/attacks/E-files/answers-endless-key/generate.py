"""A right program beside answers that nobody can read."""

from pathlib import Path

PROGRAM = "def double(number):\n    return 2 * number\n"
PIECES = (b"count", b".a" * 60_000, b" = 168")


def make(folder: Path) -> None:
    """Write it."""
    (folder / "quiz.py").write_text(PROGRAM)
    with (folder / "answers.toml").open("wb") as file:
        file.writelines(PIECES)
