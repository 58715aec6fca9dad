"""They would clear the screen, write to the clipboard and name a link as soon as they are shown."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(), member(b"\x1b[2J\x1b]52;c;cm0gLXJm\x07\x1b]8;;http://localhost/\x1b\\.py", b""))
