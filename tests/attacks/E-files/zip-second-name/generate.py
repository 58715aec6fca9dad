"""Info-ZIP's field of a name in Unicode, which differs."""

import struct
import zlib
from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    member, write_zip = making["member"], making["write_zip"]
    write_zip(folder, member(extra=struct.pack("<HHBL7s", 0x7075, 12, 1, zlib.crc32(b"plain.py"), b"evil.py")))
