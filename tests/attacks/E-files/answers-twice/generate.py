"""A right program beside answers that nobody can read."""

from pathlib import Path

PROGRAM = "def double(number):\n    return 2 * number\n"
PIECES = (b'count = 1\ncolour = "Blue"\ncount = 168\n',)


def make(folder: Path) -> None:
    """Write it."""
    (folder / "quiz.py").write_text(PROGRAM)
    with (folder / "answers.toml").open("wb") as file:
        file.writelines(PIECES)
