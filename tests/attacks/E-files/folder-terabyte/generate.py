"""A hole: its length is all there is of it."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    with (folder / "data.bin").open("wb") as file:
        file.truncate(1 << 40)
