"""Nobody who reads it sees what runs."""

import codecs
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    code = codecs.encode(making["RIGHT"], "rot13")
    (folder / "plain.py").write_text("# coding: rot13\n" + code)
