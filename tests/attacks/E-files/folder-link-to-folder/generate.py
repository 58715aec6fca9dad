"""Whoever goes down it reads everything there is, and itself again."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    (folder / "data").symlink_to("/", target_is_directory=True)
