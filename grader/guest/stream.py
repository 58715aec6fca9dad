"""Frames over file descriptors: whole reads, whole writes, and frames out of bytes that arrive bit by bit.

Theory of operation
-------------------
The job stream and the evidence stream are blocking descriptors with one trusted end each. An *inner* stream, from a
loader to init, is written by a process in which a student's code runs: `FrameBuffer` takes its bytes as they come,
looks at each header before it takes the payload, and gives whole frames with a right digest or raises.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .protocol import HEADER, MAGIC, FrameError, Kind

__all__ = ["FrameBuffer", "InnerFrame", "pack_header", "read_exactly_from", "write_whole"]

CHUNK_BYTES = 1 << 20
KINDS = {int(kind): kind for kind in Kind}


def read_exactly_from(fd: int) -> Callable[[int], bytes]:
    """A function that reads exactly n bytes of `fd`, fewer only at its end."""

    def read_exactly(count: int) -> bytes:
        parts, missing = [], count
        while missing and (part := os.read(fd, min(missing, CHUNK_BYTES))):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    return read_exactly


def write_whole(fd: int, *contents: bytes) -> None:
    """Write all the bytes, however often the descriptor takes only a part.

    Raises:
        OSError: nobody reads any more.
    """
    for content in contents:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view[:CHUNK_BYTES]) :]


def pack_header(kind: Kind, length: int, digest: bytes, question: int) -> bytes:
    """A frame's header where the payload's digest is known already."""
    return HEADER.pack(MAGIC, kind, question, length, digest)


@dataclass(frozen=True)
class InnerFrame:
    """A whole frame of an inner stream and its digest, which was compared with the payload."""

    kind: Kind
    payload: bytes
    digest: bytes


class FrameBuffer:
    """Frames out of bytes that arrive bit by bit. Holds one frame at most, and the rest of one read."""

    def __init__(self, accept: Callable[[Kind, int], None]) -> None:
        """`accept(kind, length)` sees each header before its payload is taken, and raises to refuse it."""
        self.accept = accept
        self.held = bytearray()
        self.header: tuple[Kind, int, bytes] | None = None

    def feed(self, content: bytes) -> Iterator[InnerFrame]:
        """Take some bytes and give the frames that are whole now.

        Raises:
            FrameError: these bytes are no frame, or its digest is wrong.
        """
        self.held += content
        while (frame := self.take_frame()) is not None:
            yield frame

    def take_frame(self) -> InnerFrame | None:
        """The next frame if it is whole."""
        if self.header is None:
            if len(self.held) < HEADER.size:
                return None
            self.header = self.read_header()
        kind, length, digest = self.header
        if len(self.held) < HEADER.size + length:
            return None
        payload = bytes(memoryview(self.held)[HEADER.size : HEADER.size + length])
        del self.held[: HEADER.size + length]
        self.header = None
        if hashlib.sha256(payload).digest() != digest:
            raise FrameError("a frame whose digest is wrong")
        return InnerFrame(kind, payload, digest)

    def read_header(self) -> tuple[Kind, int, bytes]:
        """Kind, length and digest of the frame that begins here."""
        magic, number, _question, length, digest = HEADER.unpack(bytes(self.held[: HEADER.size]))
        if magic != MAGIC:
            raise FrameError(f"not a frame: it begins with {magic!r}")
        if number not in KINDS:
            raise FrameError(f"a frame of the unknown kind {number}")
        self.accept(KINDS[number], length)
        return KINDS[number], length, digest
