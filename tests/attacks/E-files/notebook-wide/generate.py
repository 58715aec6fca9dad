"""One character of four bytes makes the text take four times its size, wherever it is copied."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    text = json.dumps(making["make_notebook"](making["RIGHT"]))
    more = ' {"wide": "\N{GRINNING FACE}' + "x" * 49_000_000 + '\\n", '
    (folder / "plain.ipynb").write_text(more + text[1:], "utf-8")
