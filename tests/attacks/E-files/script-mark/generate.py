"""UTF-8 by its first bytes, Latin-1 by its first line."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_bytes(b"\xef\xbb\xbf# coding: latin-1\n" + making["RIGHT"].encode())
