"""A comment that ends where its escape says."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text("# coding: unicode_escape\n# \\\\nprint('BREACH')\n" + making["RIGHT"])
