"""One name to a reader and two to a file system."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(), member("u\u0308bung.py".encode(), b""), member("\u00fcbung.py".encode(), b""))
