"""More than is taken, each of them empty."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    for number in range(3_000):
        (folder / f"{number}.txt").touch()
