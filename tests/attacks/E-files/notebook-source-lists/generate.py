"""Readers differ in what they make of it."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    making["write_notebook"](folder, making["make_notebook"]([[making["RIGHT"]]]))
