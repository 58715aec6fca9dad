"""What is left out isn't read, but each of its names is looked at."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    for number in range(6_000):
        (folder / f"._{number}").touch()
