"""Bytes that no encoding knows, line ends, commands."""

import os
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    (folder / "plain.py").write_text(making["RIGHT"], "utf-8")
    for name in (b"\xff\xfe.py", b"two\nlines.py", b"\x1b]0;owned\x07.py"):
        (folder / os.fsdecode(name)).touch()
