"""As many values as are taken, each of its own, and one character that makes all others four times as wide."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    width = 15
    strings = ",".join(f'"{number:0{width}}"' for number in range(1_400_000))
    text = json.dumps(making["make_notebook"](making["RIGHT"]))
    more = ' {"wide": "\N{GRINNING FACE}", "long": "' + "x" * 20_000_000 + '", "strings": [' + strings + "], "
    (folder / "plain.ipynb").write_text(more + text[1:], "utf-8")
