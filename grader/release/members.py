"""What is in a release, opened as far as anybody would open it: archives in archives, arrays, the cells of notebooks.

A *piece* is something that can be searched: bytes, a text, or numbers. Nothing is run; what can't be opened is searched
as it is. Bounded in depth, number and size, and what is beyond is said, never passed over.
"""

import base64
import binascii
import gzip
import io
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.errors import EvidenceError, UsageError
from grader.evidence.safetensors_header import read_tensors
from grader.guest.protocol import FrameError, read_frame
from grader.limits import MIB, EvidenceLimits

__all__ = ["Piece", "open_members"]

MOST_DEPTH = 6
MOST_BYTES = 2048 * MIB
FRAME_MAGIC, NPY_MAGIC = b"GRD1", b"\x93NUMPY"
ZIP_MAGIC, GZIP_MAGIC, ZLIB_MAGICS = b"PK\x03\x04", b"\x1f\x8b", (b"x\x01", b"x\x9c", b"x\xda")
ENCODED = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
UNESCAPED = 2  # how often JSON's escapes are taken off a text: once in a notebook, twice in a string inside of it


@dataclass(frozen=True)
class Piece:
    """Something to search, and where it is: "hw1.zip > hw1/.grade/practice/0.given > train.0"."""

    path: str
    content: bytes = field(repr=False)
    text: str | None = field(default=None, repr=False)
    numbers: np.ndarray[Any, np.dtype[np.float64]] | None = field(default=None, repr=False)


def open_members(members: Mapping[str, bytes]) -> Iterator[Piece]:
    """Everything in some files by path.

    Raises:
        UsageError: there is more than can be searched, so that nothing can be said of it.
    """
    budget = Budget()
    for path, content in members.items():
        yield from open_piece(path, content, 0, budget)


class Budget:
    """How much may still be opened."""

    def __init__(self) -> None:
        self.left = MOST_BYTES

    def take(self, path: str, content: bytes) -> None:
        """Count some bytes.

        Raises:
            UsageError: it is too much.
        """
        self.left -= len(content)
        if self.left < 0:
            raise refuse_size(path)


def refuse_size(path: str) -> UsageError:
    """More than can be searched."""
    return UsageError(f"{path} unpacks to more than {MOST_BYTES:,} bytes: too much to be searched")


def open_piece(path: str, content: bytes, depth: int, budget: Budget) -> Iterator[Piece]:
    """Some bytes, and what is in them."""
    budget.take(path, content)
    text = read_text(content)
    yield Piece(path, content, text, None if text is None else find_numbers(text))
    yield from open_arrays(path, content)
    for name, inner in open_packed(content):
        if depth >= MOST_DEPTH:
            raise UsageError(f"{path} is packed {MOST_DEPTH} times over: too often to be searched")
        yield from open_piece(f"{path} > {name}", inner, depth + 1, budget)


def read_text(content: bytes) -> str | None:
    """The bytes as text, JSON's escapes taken off after it; None where they are none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = [text]
    for _ in range(UNESCAPED):
        plain.append(take_escapes(plain[-1]))
    return "\n".join(dict.fromkeys(plain))


def take_escapes(text: str) -> str:
    """A text as it reads once JSON's commonest escapes are taken off."""
    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", unescape, text)


def unescape(match: re.Match[str]) -> str:
    """One escape's character."""
    if match[1]:
        return chr(int(match[1], 16))
    return {"n": "\n", "t": "\t", "r": "\r"}.get(match[2], match[2])


def find_numbers(text: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The numbers of a text, in their order."""
    return np.array([float(number) for number in NUMBER.findall(text)], np.float64)


def open_arrays(path: str, content: bytes) -> Iterator[Piece]:
    """The arrays of a safetensors or .npy file, as numbers whatever their type."""
    arrays: dict[str, Any] = {}
    if content.startswith(NPY_MAGIC):
        arrays = read_npy(content)
    elif content[8:9] == b"{":
        try:
            limits = EvidenceLimits(frame_bytes=MOST_BYTES)
            arrays = dict(read_tensors(content, limits=limits))
        except EvidenceError:
            arrays = {}
    for name, array in arrays.items():
        flat = np.asarray(array).reshape(-1)
        if flat.dtype.kind in "biuf":
            yield Piece(f"{path} > {name}", b"", None, flat.astype(np.float64))


def read_npy(content: bytes) -> dict[str, Any]:
    """The array of an .npy file; never one with objects in it."""
    try:
        return {"array": np.load(io.BytesIO(content))}
    except (ValueError, OSError, EOFError):
        return {}


def open_packed(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files in an archive, frames of evidence, a compressed stream, or what is encoded in a text."""
    if content.startswith(ZIP_MAGIC):
        yield from open_zip(content)
    elif content.startswith(GZIP_MAGIC):
        yield from unpack(lambda: gzip.decompress(content), "gzip")
    elif content.startswith(FRAME_MAGIC):
        yield from open_frames(content)
    elif content[257:262] == b"ustar":
        yield from open_tar(content)
    elif content.startswith(ZLIB_MAGICS):
        yield from unpack(lambda: zlib.decompress(content), "zlib")
    for number, match in enumerate(ENCODED.finditer(content)):
        yield from unpack(lambda found=match[0]: base64.b64decode(found), f"base64 {number}")
    yield from open_notebook(content)


def unpack(read: Any, name: str) -> Iterator[tuple[str, bytes]]:
    """What a decoder gives, nothing where it can't."""
    try:
        yield name, read()
    except (OSError, EOFError, zlib.error, binascii.Error, ValueError):
        return


def open_zip(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a zip, an .npz among them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield "comment", archive.comment
            for member in archive.infolist():
                if member.file_size > MOST_BYTES:
                    raise refuse_size(member.filename)
                if not member.is_dir():
                    yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error, EOFError):
        return


def open_tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a tar."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, file.read()
    except (tarfile.TarError, OSError, EOFError):
        return


def open_frames(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The payloads of frames."""
    file = io.BytesIO(content)
    number = 0
    try:
        while (frame := read_frame(file.read, most_bytes=MOST_BYTES)) is not None:
            yield f"frame {number}", frame.payload
            number += 1
    except FrameError:
        yield "rest", file.read()


def open_notebook(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The cells of a notebook, as a reader sees them."""
    if b'"cells"' not in content:
        return
    try:
        cells = json.loads(content)["cells"]
        for number, cell in enumerate(cells, 1):
            source = cell.get("source", "")
            yield f"cell {number}", (source if isinstance(source, str) else "".join(source)).encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        return
