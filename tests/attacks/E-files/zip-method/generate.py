"""A number of no method, and one of a method that takes gigabytes."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(), member(b"a.bin", b"x", method=14), member(b"b.bin", b"x", method=97))
