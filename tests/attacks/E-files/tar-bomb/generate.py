"""Zeros, by gzip."""

import zlib
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    content = making["build_tar_member"](name="zeros.bin", size=1 << 30)
    pieces = [content, *(bytes(1 << 20) for _ in range(256))]
    (folder / "plain.tar.gz").write_bytes(making["compress_in_pieces"](zlib.compressobj(9, wbits=31), pieces))
