"""Every second byte is a NUL."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-16")
