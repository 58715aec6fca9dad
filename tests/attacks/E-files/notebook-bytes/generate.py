"""Overlong letters, and halves of pairs in UTF-8."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    text = json.dumps(making["make_notebook"](making["RIGHT"])).encode()
    (folder / "plain.ipynb").write_bytes(text[:-1] + b', "x": "\xc0\xaf\xed\xa0\x80"}')
