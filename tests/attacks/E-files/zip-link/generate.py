"""The link leads out; the file would be written through it."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(b"out", b"/etc", mode=0o120777, method=0), member(b"out/passwd", b"root::0:0::/:/bin/sh"))
