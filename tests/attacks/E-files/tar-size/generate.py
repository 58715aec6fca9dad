"""In the notation for large sizes; whoever makes room has none left."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    right = making["right_tar_member"]()
    content = making["build_tar"](right, {"name": "data.bin", "size": (1 << 63) - 1})
    (folder / "plain.tar.gz").write_bytes(gzip.compress(content))
