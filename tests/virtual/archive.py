"""Writes a root file system as the kernel takes it at its start: a cpio archive in the form "newc"."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import IO

__all__ = ["write_root"]


def write_root(
    file: IO[bytes], files: Mapping[Path, Path], extra: Mapping[str, bytes], folders: tuple[str, ...]
) -> None:
    """Write files, links and folders by their paths; `extra` are programs and texts made for the occasion."""
    number = 0
    for name in folders:
        if Path(name) not in files:
            write_entry(file, number := number + 1, name, stat.S_IFDIR | 0o755, 0, b"")
    for place, source in files.items():
        about = source.lstat()
        number += 1
        if stat.S_ISLNK(about.st_mode):
            write_entry(file, number, str(place), about.st_mode, 0, os.fsencode(source.readlink()))
        elif stat.S_ISDIR(about.st_mode):
            write_entry(file, number, str(place), stat.S_IFDIR | 0o755, 0, b"")
        elif stat.S_ISREG(about.st_mode):
            write_entry(file, number, str(place), about.st_mode, int(about.st_mtime), source.read_bytes())
    for name, content in extra.items():
        write_entry(file, number := number + 1, name, stat.S_IFREG | 0o755, 0, content)
    write_entry(file, 0, "/TRAILER!!!", 0, 0, b"")


def write_entry(file: IO[bytes], number: int, name: str, mode: int, changed: int, content: bytes) -> None:
    """One entry: a header of hexadecimal numbers, the name, the content, each filled up to four bytes."""
    path = os.fsencode(name.lstrip("/")) + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (number, mode, 0, 0, links, changed, len(content), 0, 0, 0, 0, len(path), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields)
    for part in (header + path, content):
        file.write(part + bytes(-len(part) % 4))
