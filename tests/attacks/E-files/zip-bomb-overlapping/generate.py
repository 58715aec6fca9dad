"""A thousand entries, one stream: a megabyte each, of the same bytes."""

from pathlib import Path
from runpy import run_path

making = run_path(str(Path(__file__).parents[1] / "making.py"))


def make(folder: Path) -> None:
    """Write it."""
    core = making["member"](b"core.bin", bytes(190_000))
    member, write_zip = making["member"], making["write_zip"]
    write_zip(
        folder,
        core,
        *(
            member(b"%d.bin" % number, offset=0, packed=core["packed"], size=core["size"], crc=core["crc"])
            for number in range(1_000)
        ),
    )
