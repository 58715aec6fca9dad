"""Zips made by hand, so that each can lie in one place."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.ingest import read_submission
from grader.ingest.submission import Submission
from grader.limits import IngestLimits

__all__ = ["CODE", "Part", "build", "read", "refused"]

CODE = b"def f():\n    return 1\n"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One member; what is None is as it should be."""

    name: bytes = b"hw1.py"
    content: bytes = CODE
    method: int = 8
    flags: int = 0
    attributes: int = 0o100644 << 16
    extra: bytes = b""
    local_name: bytes | None = None
    local_extra: bytes = b""
    local_flags: int | None = None
    local_method: int | None = None
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    central_size: int | None = None
    offset: int | None = None
    before: bytes = b""
    descriptor: bytes = b""
    hide_sizes: bool = False

    @property
    def data(self) -> bytes:
        """The packed bytes."""
        if self.packed is not None:
            return self.packed
        if self.method != 8:
            return self.content
        stream = zlib.compressobj(9, zlib.DEFLATED, -15)
        return stream.compress(self.content) + stream.flush()

    @property
    def sums(self) -> tuple[int, int, int]:
        """Checksum, packed and unpacked size."""
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        return crc, len(self.data), len(self.content) if self.size is None else self.size


@dataclass
class Archive:
    """The bytes so far."""

    body: bytes = b""
    central: bytes = b""
    offsets: list[int] = field(default_factory=list)


def build(
    *parts: Part,
    prefix: bytes = b"",
    gap: bytes = b"",
    tail: bytes = b"",
    count: int | None = None,
    entries: int | None = None,
) -> bytes:
    """The archive. `prefix` stands before everything, `gap` before the list of files, `tail` after the end."""
    archive = Archive(body=prefix)
    for part in parts:
        add_local(archive, part)
    archive.body += gap
    for part, offset in zip(parts, archive.offsets, strict=True):
        add_central(archive, part, offset if part.offset is None else part.offset)
    total = len(parts) if count is None else count
    here = total if entries is None else entries
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, here, total, len(archive.central), len(archive.body), 0)
    return archive.body + archive.central + end + tail


def add_local(archive: Archive, part: Part) -> None:
    """The local header and the data."""
    archive.body += part.before
    archive.offsets.append(len(archive.body))
    name = part.name if part.local_name is None else part.local_name
    flags = part.flags if part.local_flags is None else part.local_flags
    method = part.method if part.local_method is None else part.local_method
    sums = (0, 0, 0) if part.hide_sizes else part.sums
    header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, method, 0, 0, *sums, len(name), len(part.local_extra))
    archive.body += header + name + part.local_extra + part.data + part.descriptor


def add_central(archive: Archive, part: Part, offset: int) -> None:
    """The entry in the list of files."""
    crc, packed, size = part.sums
    size = size if part.central_size is None else part.central_size
    archive.central += struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 3 << 8 | 20, 20, part.flags, part.method, 0, 0, crc, packed, size, len(part.name),
        len(part.extra), 0, 0, 0, part.attributes, offset,
    )  # fmt: skip
    archive.central += part.name + part.extra


def read(
    folder: Path, content: bytes, *, files: tuple[str, ...] = ("hw1.py",), limits: IngestLimits | None = None
) -> Submission:
    """A zip of those bytes, read."""
    path = folder / "hw1.zip"
    path.write_bytes(content)
    return read_submission(path, files=files, limits=limits)


def refused(folder: Path, content: bytes, *, limits: IngestLimits | None = None) -> SubmissionError:
    """Why a zip of those bytes is refused."""
    with pytest.raises(SubmissionError) as caught:
        read(folder, content, limits=limits)
    return caught.value
