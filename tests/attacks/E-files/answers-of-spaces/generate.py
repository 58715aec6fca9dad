"""A right program beside answers that nobody can read."""

from pathlib import Path

PROGRAM = "def double(number):\n    return 2 * number\n"
PIECES = (b"count", b" " * 100_000, b"#\n", b"colour = ", b" " * 100_000, b"'Blue\n")


def make(folder: Path) -> None:
    """Write it."""
    (folder / "quiz.py").write_text(PROGRAM)
    with (folder / "answers.toml").open("wb") as file:
        file.writelines(PIECES)
