"""Archives and other files made byte by byte, for the `generate.py` beside it: programs that make right ones won't do.

An attack's own file takes what it needs with `runpy.run_path`, for it is no module of any package.
"""

import io
import json
import struct
import tarfile
import zlib
from pathlib import Path

RIGHT = """def double(number):
    return 2 * number


def classify(rows):
    return [row.index(max(row)) for row in rows]


def greet(name):
    return f"Hello, {name}!"
"""
"""What earns every point of the plain course."""


def deflate(content: bytes) -> bytes:
    """A raw stream, as zips have it."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(content) + stream.flush()


def member(name: bytes = b"plain.py", content: bytes = RIGHT.encode(), **lies: object) -> dict:
    """A file of a zip. What isn't among the lies is true."""
    packed = lies.pop("packed", None) or (deflate(content) if lies.get("method", 8) == 8 else content)
    truth = {"flags": 0, "method": 8, "crc": zlib.crc32(content), "size": len(content), "mode": 0o100644, "extra": b""}
    return {"name": name, "packed": packed, "local": {}, "offset": None, "central_packed": None, **truth, **lies}


def build_zip(*members: dict, before: bytes = b"", between: bytes = b"", comment: bytes = b"", **end: int) -> bytes:
    """A zip of these members. `end` lies about the end record: count, size, offset."""
    body, directory = bytearray(before), bytearray()
    for part in members:
        offset = len(body) if part["offset"] is None else part["offset"]
        if part["offset"] is None:
            body += build_local({**part, **part["local"]})
        directory += build_central(part, offset)
    body += between
    count, size, offset = (
        end.get(key, true)
        for key, true in zip(("count", "size", "offset"), (len(members), len(directory), len(body)), strict=True)
    )
    record = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, offset, len(comment))
    return bytes(body + directory) + end.get("records", b"") + record + comment


def build_local(part: dict) -> bytes:
    """A local header and the packed bytes."""
    sizes = (part["crc"], len(part["packed"]), part["size"])
    numbers = (20, part["flags"], part["method"], 0, 0x21, *sizes, len(part["name"]), len(part["extra"]))
    return struct.pack("<4s5H3L2H", b"PK\3\4", *numbers) + part["name"] + part["extra"] + part["packed"]


def build_central(part: dict, offset: int) -> bytes:
    """An entry of the list of files."""
    packed = len(part["packed"]) if part["central_packed"] is None else part["central_packed"]
    numbers = (3 << 8 | 20, 20, part["flags"], part["method"], 0, 0x21, part["crc"], packed, part["size"])
    lengths = (len(part["name"]), len(part["extra"]), 0, 0, 0, part["mode"] << 16, offset)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers, *lengths) + part["name"] + part["extra"]


def write_zip(folder: Path, *members: dict, **lies: object) -> None:
    """The zip that is handed in."""
    (folder / "plain.zip").write_bytes(build_zip(*members, **lies))


def build_tar(*members: dict) -> bytes:
    """A tar of members: fields of `tarfile.TarInfo`, and `content`. It ends as a tar does."""
    return b"".join(build_tar_member(**part) for part in members) + bytes(1024)


def build_tar_member(
    *, content: bytes = b"", size: int | None = None, pax: dict | None = None, **fields: object
) -> bytes:
    """A header and the bytes behind it. `size` may be a lie."""
    info = tarfile.TarInfo()
    info.size = len(content) if size is None else size
    for name, value in fields.items():
        setattr(info, name, value)
    info.pax_headers = pax or {}
    header = info.tobuf(tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
    return header + content + bytes(-len(content) % 512)


def right_tar_member() -> dict:
    """The right solution."""
    return {"name": "plain.py", "content": RIGHT.encode()}


def make_notebook(*sources: object, **more: object) -> dict:
    """A notebook of code cells, as Jupyter writes it; `more` are its other fields."""
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": source}
        for source in sources
    ]
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells, **more}


def write_notebook(folder: Path, notebook: object) -> None:
    """The notebook that is handed in."""
    (folder / "plain.ipynb").write_text(json.dumps(notebook), "utf-8")


def compress_in_pieces(compressor: object, pieces: object) -> bytes:
    """What a compressor makes of pieces, one at a time."""
    buffer = io.BytesIO()
    for piece in pieces:
        buffer.write(compressor.compress(piece))
    buffer.write(compressor.flush())
    return buffer.getvalue()
