"""The list of files is missing: some programs guess."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    content = making["build_zip"](making["member"]())
    (folder / "plain.zip").write_bytes(content[:-40])
