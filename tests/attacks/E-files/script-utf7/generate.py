"""Decoded as it declares, the comment holds a line of code."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    code = "print('BREACH')".encode("utf-7")
    (folder / "plain.py").write_bytes(b"# coding: utf-7\n# +AAo-" + code + b"\n" + making["RIGHT"].encode())
