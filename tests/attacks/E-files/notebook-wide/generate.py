"""One character of four bytes makes a text take four times its size, wherever it is copied."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    text = json.dumps(making["make_notebook"](making["RIGHT"]))
    with (folder / "plain.ipynb").open("w", encoding="utf-8") as file:
        file.write(' {"wide": "\N{GRINNING FACE}')
        file.writelines("x" * 1_000_000 for _ in range(20))
        file.write('\\n", ' + text[1:])
