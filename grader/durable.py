"""Files that are there whole or not at all, after a crash and on a full disk too.

Written beside their place, to the disk, then renamed; the folder is flushed as well, for the name is in the folder.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

__all__ = ["flush", "write_pieces", "write_whole"]


def write_whole(path: Path, content: bytes, *, flushed: bool = True) -> None:
    """Write a file whole or not at all. Two writers at once: the later one's file stays.

    With `flushed` false it is whole for every reader, and on the disk only when the system gets to it or `flush` is
    called: for many files that are made again where that didn't come to pass.

    Raises:
        OSError: the disk is full or can't be written; what was there before still is.
    """
    write_pieces(path, (content,), flushed=flushed)


def write_pieces(path: Path, pieces: Iterable[bytes], *, mode: int = 0o644, flushed: bool = True) -> None:
    """The same for a content that comes in pieces, of which only one is held at a time; `mode` says who may read it.

    Raises:
        OSError: the disk is full or can't be written; what was there before still is.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:64]}-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            if flushed:
                os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    if flushed:
        flush(path.parent)


def flush(path: Path) -> None:
    """Have the system write a file or folder to the disk. Some systems can't open or flush a folder (Windows, a few
    network shares); there the rename alone has to do.

    Raises:
        OSError: a file can't be flushed.
    """
    with contextlib.suppress(OSError) if path.is_dir() else contextlib.nullcontext():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
