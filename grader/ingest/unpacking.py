"""The bytes of a tar, unpacked as they are asked for and counted: gzip, bzip2, xz, or as they are.

Theory of operation
-------------------
A compressed tar is one stream of one kind, which its file's name says. It is unpacked piece by piece: no more is ever
unpacked than was asked for, and what comes out is counted against what is taken altogether and against what went in.
xz chooses how much memory unpacking takes, up to 4 GB, so it gets a limit: what its strongest setting needs. A second
stream behind the first, which some programs read and others don't, is refused, as is anything else there.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from grader.errors import SubmissionError
from grader.ingest.refusal import guess_kind, refuse, show_size
from grader.ingest.tar_records import REMAKE_TAR, corrupt
from grader.limits import KIB, MIB, IngestLimits

__all__ = ["PACKINGS", "Packing", "Unpacked"]

PIECE_BYTES = 64 * KIB
XZ_MEMORY_BYTES = 80 * MIB
"""xz -9 takes 65 MiB."""


class Decompressor(Protocol):
    """What `bz2` and `lzma` give."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Gunzip:
    """`zlib` in the same form. It checks length and checksum at the end of the stream by itself."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        """Whether everything that was given is used up."""
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the stream's end."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most so many bytes more."""
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


@dataclass(frozen=True)
class Packing:
    """A way in which a tar is compressed; `open` is None where it isn't."""

    name: str
    magic: bytes
    open: Callable[[], Decompressor] | None


PLAIN = Packing("", b"", None)
GZIP = Packing("gzip", b"\x1f\x8b", Gunzip)
BZIP2 = Packing("bzip2", b"BZh", bz2.BZ2Decompressor)
XZ = Packing("xz", b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES))

PACKINGS = {
    **{".tar": PLAIN, ".tar.gz": GZIP, ".tgz": GZIP, ".tar.bz2": BZIP2, ".tbz2": BZIP2, ".tbz": BZIP2},
    **{".tar.xz": XZ, ".txz": XZ},
}
"""By the end of a file's name."""


class Unpacked:
    """A tar's bytes, read from the first to the last."""

    def __init__(self, content: bytes, packing: Packing, limits: IngestLimits) -> None:
        if not content.startswith(packing.magic):
            raise refuse(
                "not_a_tar", f"the file isn't compressed with {packing.name}: it is {guess_kind(content)}", REMAKE_TAR
            )
        self._content = content
        self._at = 0
        self._stream = packing.open() if packing.open is not None else None
        self._limits = limits
        self._total = 0

    def read(self, count: int) -> bytes:
        """The next bytes, so many unless the archive ends before.

        Raises:
            SubmissionError: it can't be unpacked, or it becomes too large.
        """
        found = io.BytesIO()
        while found.tell() < count:
            piece = self._unpack(min(count - found.tell(), PIECE_BYTES))
            if not piece:
                break
            found.write(piece)
            self._count(len(piece))
        return found.getvalue()

    def check_end(self) -> None:
        """Refuse what stands behind the end of the compressed stream; to be asked when everything was read.

        Raises:
            SubmissionError: there is something.
        """
        if self._stream is not None and (self._at < len(self._content) or self._stream.unused_data):
            raise refuse("hidden_bytes", "the file goes on behind the end of the archive", REMAKE_TAR)

    def _count(self, size: int) -> None:
        self._total += size
        packed = len(self._content)
        if self._total > self._limits.unpacked_bytes:
            raise refuse("too_large", f"the archive is larger than {show_size(self._limits.unpacked_bytes)} unpacked")
        if self._total > max(self._limits.free_bytes, self._limits.ratio * packed):
            message = f"{show_size(packed)} would become more than {show_size(self._total)}"
            raise refuse("ratio", f"{message}: more than {self._limits.ratio} times as much")

    def _unpack(self, most: int) -> bytes:
        """The next piece; empty at the end."""
        if self._stream is None:
            return self._next_packed(most)
        try:
            while not self._stream.eof:
                packed = self._next_packed(PIECE_BYTES) if self._stream.needs_input else b""
                starved = self._stream.needs_input and not packed
                piece = self._stream.decompress(packed, most)
                if piece:
                    return piece
                if starved and not self._stream.eof:
                    raise corrupt("it is cut off")
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
            raise explain(error) from None
        return b""

    def _next_packed(self, most: int) -> bytes:
        piece = self._content[self._at : self._at + most]
        self._at += len(piece)
        return piece


def explain(error: Exception) -> SubmissionError:
    """Why a stream can't be unpacked. Only xz is told by its text: the library says the limit in no other way."""
    if isinstance(error, lzma.LZMAError) and "limit" in str(error).casefold():
        message = f"the archive needs more than {show_size(XZ_MEMORY_BYTES)} of memory to be unpacked"
        return refuse("compression", message, "Make it again with xz's usual settings, or with gzip.")
    return corrupt("it can't be unpacked")
