"""Whoever opens it waits for ever."""

import os
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    os.mkfifo(folder / "data.csv")
