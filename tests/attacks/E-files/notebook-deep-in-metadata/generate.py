"""Ninety-five levels, in each cell."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    deep = {}
    for _ in range(95):
        deep = {"x": deep}
    notebook = making["make_notebook"](making["RIGHT"])
    notebook["cells"][0]["metadata"] = deep
    making["write_notebook"](folder, notebook)
