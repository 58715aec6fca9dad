"""Each unpacks to many of the next."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    inner = making["build_zip"](making["member"](b"zeros.bin", bytes(1_000_000)))
    inner = making["build_zip"](*(making["member"](b"%d.zip" % number, inner) for number in range(50)))
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(), member(b"notes.txt", inner))
