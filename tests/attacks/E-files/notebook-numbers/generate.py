"""Turning digits into a number takes time that grows with their square."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    text = json.dumps(making["make_notebook"](making["RIGHT"]))
    odd = '{"a": ' + "9" * 1_000_000 + ', "b": NaN, "c": -Infinity, "d": 1e999999, "e": -' + "1" * 100_000 + ".5, "
    (folder / "plain.ipynb").write_text(odd + text[1:])
