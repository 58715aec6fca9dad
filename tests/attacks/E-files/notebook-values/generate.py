"""Values take more memory than their bytes, and one character of four bytes makes all others in its text as wide."""

import json
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    text = json.dumps(making["make_notebook"](making["RIGHT"]))
    with (folder / "plain.ipynb").open("w", encoding="utf-8") as file:
        file.write(' {"wide": "\N{GRINNING FACE}", "strings": [')
        file.writelines(f'"{number:015}",' for number in range(500_000))
        file.write('""], ' + text[1:])
