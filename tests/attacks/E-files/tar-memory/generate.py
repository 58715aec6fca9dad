"""xz lets the archive say how much memory is set aside for it."""

import lzma
import zlib
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    content = making["build_tar"](making["right_tar_member"]())
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1_536 << 20}]
    packed = bytearray(lzma.compress(content, format=lzma.FORMAT_XZ, filters=[{**filters[0], "dict_size": 1 << 16}]))
    packed[16] = 39  # the dictionary's size, in the block's header: 3 GB
    packed[20:24] = zlib.crc32(bytes(packed[12:20])).to_bytes(4, "little")
    (folder / "plain.tar.xz").write_bytes(packed)
