"""Nothing but ends of lines, and at last a right solution."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text("#\n" * 1_000_000 + making["RIGHT"])
