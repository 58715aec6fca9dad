"""The outputs are what is large, and they shrink well, but not too well."""

import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it, a piece at a time."""
    size, checksum = 0, 0
    for piece in list_pieces():
        size, checksum = size + len(piece), zlib.crc32(piece, checksum)
    packed = making["compress_in_pieces"](zlib.compressobj(9, wbits=-15), list_pieces())
    making["write_zip"](folder, making["member"](b"plain.ipynb", packed=packed, size=size, crc=checksum))


def list_pieces() -> Iterator[bytes]:
    """The notebook's bytes."""
    before, after = json.dumps(making["make_notebook"](making["RIGHT"])).split('"outputs": []')
    yield before.encode() + b'"outputs": [{"output_type": "stream", "name": "stdout", "text": ["'
    for number in range(80):
        noise = random.Random(number).randbytes(10_000).hex().encode()
        yield noise + b"x" * 980_000 + b'","'
    yield b'"]}]' + after.encode()
