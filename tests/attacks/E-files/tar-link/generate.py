"""The link leads out; the file would be written through it."""

import gzip
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    right = making["right_tar_member"]()
    content = making["build_tar"](
        right, {"name": "out", "type": b"2", "linkname": "/etc"}, {"name": "out/passwd", "content": b"x"}
    )
    (folder / "plain.tar.gz").write_bytes(gzip.compress(content))
