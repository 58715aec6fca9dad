"""What stands before the first file is read by other programs."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(), before=b"#!/bin/sh\n<html><script>alert(1)</script></html>\n")
