"""Tars made by hand, so that each can lie in one place."""

import bz2
import gzip
import lzma
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.ingest import read_submission
from grader.ingest.submission import Submission
from grader.limits import IngestLimits
from tests.ingest.zips import CODE

__all__ = ["Block", "build_tar", "long_name", "pack", "pax", "read_tar_at", "record", "refused_tar"]

POSIX, GNU = b"ustar\x0000", b"ustar  \0"
SUFFIXES = {"": ".tar", "gzip": ".tar.gz", "bzip2": ".tar.bz2", "xz": ".tar.xz"}


@dataclass(frozen=True, kw_only=True)
class Block:
    """A header with its content; what is None is as it should be."""

    name: bytes = b"hw1.py"
    content: bytes = CODE
    kind: bytes = b"0"
    magic: bytes = POSIX
    prefix: bytes = b""
    link: bytes = b""
    size: bytes | None = None
    checksum: bytes | None = None
    padding: bytes | None = None
    rest: bytes = b""

    @property
    def header(self) -> bytes:
        """The 512 bytes."""
        size = b"%011o\0" % len(self.content) if self.size is None else self.size
        before = self.name.ljust(100, b"\0") + b"0000644\x000001750\x000001750\0" + size + b"14737000000\0"
        after = self.kind + self.link.ljust(100, b"\0") + self.magic + b"student".ljust(32, b"\0") * 2
        after += b"0000000\x000000000\0" + self.prefix.ljust(155, b"\0") + self.rest.ljust(12, b"\0")
        total = sum(before) + sum(after) + 8 * 32
        checksum = b"%06o\0 " % total if self.checksum is None else self.checksum
        return before + checksum + after

    @property
    def whole(self) -> bytes:
        """Header, content, and zeros to the end of the block."""
        padding = bytes(-len(self.content) % 512) if self.padding is None else self.padding
        return self.header + self.content + padding


def build_tar(*blocks: Block, end: bytes = bytes(1024), prefix: bytes = b"") -> bytes:
    """The archive."""
    return prefix + b"".join(block.whole for block in blocks) + end


def record(key: bytes, value: bytes) -> bytes:
    """One record of an extended header."""
    body = b" " + key + b"=" + value + b"\n"
    size = len(body) + 1
    while size != len(body) + len(b"%d" % size):
        size = len(body) + len(b"%d" % size)
    return b"%d" % size + body


def pax(*records: tuple[bytes, bytes], kind: bytes = b"x") -> Block:
    """An extended header."""
    return Block(name=b"PaxHeaders/hw1.py", kind=kind, content=b"".join(record(*pair) for pair in records))


def long_name(name: bytes, kind: bytes = b"L") -> Block:
    """GNU's long name."""
    return Block(name=b"././@LongLink", kind=kind, content=name + b"\0", magic=GNU)


def pack(content: bytes, how: str) -> bytes:
    """The archive compressed."""
    packers = {"": bytes, "gzip": lambda data: gzip.compress(data, 9), "bzip2": bz2.compress, "xz": lzma.compress}
    return packers[how](content)


def read_tar_at(folder: Path, content: bytes, how: str = "", limits: IngestLimits | None = None) -> Submission:
    """A tar of those bytes, read under the name that says how it is packed."""
    path = folder / ("hw1" + SUFFIXES[how])
    path.write_bytes(content)
    return read_submission(path, files=("hw1.py",), limits=limits)


def refused_tar(folder: Path, content: bytes, how: str = "", limits: IngestLimits | None = None) -> SubmissionError:
    """Why a tar of those bytes is refused."""
    with pytest.raises(SubmissionError) as caught:
        read_tar_at(folder, content, how, limits)
    return caught.value
