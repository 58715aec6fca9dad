"""A path with dots."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    right = making["right_tar_member"]()
    content = making["build_tar"](right, {"name": "../../.bashrc", "content": b"true"})
    (folder / "plain.tar.gz").write_bytes(gzip.compress(content))
