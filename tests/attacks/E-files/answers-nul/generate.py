"""A right program beside answers that nobody can read."""

from pathlib import Path

PROGRAM = "def double(number):\n    return 2 * number\n"
PIECES = (b"count = 168\n", b'colour = "Blue\x00\x1b[2J\x1b]0;pwned\x07"\n')


def make(folder: Path) -> None:
    """Write it."""
    (folder / "quiz.py").write_text(PROGRAM)
    with (folder / "answers.toml").open("wb") as file:
        file.writelines(PIECES)
