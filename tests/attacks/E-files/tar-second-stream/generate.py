"""gzip joins them, others don't."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    first = making["build_tar"](making["right_tar_member"]())
    second = making["build_tar"]({"name": "plain.py", "content": b"raise SystemExit"})
    (folder / "plain.tar.gz").write_bytes(gzip.compress(first) + gzip.compress(second))
