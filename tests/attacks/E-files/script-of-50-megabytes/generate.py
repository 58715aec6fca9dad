"""A right solution and a comment."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    with (folder / "plain.py").open("w") as file:
        file.write(making["RIGHT"] + "# ")
        file.writelines("x" * 1_000_000 for _ in range(50))
