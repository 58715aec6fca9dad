"""Read a tar as hostile bytes: every byte of it accounted for, nothing written to a disk.

Theory of operation
-------------------
A tar is a row of blocks: a header, the member's bytes, filled up with zeros; two blocks of zeros end it. It is read
once, from front to back, while it is unpacked: a size is looked at before the bytes that it announces are. What doesn't
fit into a header stands in one of its own before it (`x`, `g`: POSIX; `L`, `K`: GNU), and a member may have one such
name at most. Python's `tarfile` isn't used: decision 0080 says why.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.errors import SubmissionError
from grader.ingest.members import Left, Member, Members, check_entries, check_nested, refuse_size
from grader.ingest.names import Tree, check_name, is_aside, list_aside
from grader.ingest.refusal import guess_kind, refuse, show_name, show_size
from grader.ingest.tar_records import (
    BLOCK_BYTES,
    REMAKE_TAR,
    Extension,
    Header,
    check_short_name,
    contradict,
    corrupt,
    has_magic,
    read_header,
    read_long_name,
    read_pax,
    show_bytes,
)
from grader.ingest.unpacking import PACKINGS, Packing, Unpacked
from grader.limits import KIB, MIB, IngestLimits

__all__ = ["find_largest_in", "find_packing", "read_tar"]

FILE, OLD_FILE, FOLDER = b"0", b"\0", b"5"
PAX, PAX_OF_ALL, LONG_NAME, LONG_LINK = b"x", b"g", b"L", b"K"
EXTENSIONS = (PAX, PAX_OF_ALL, LONG_NAME, LONG_LINK)
OTHERS: Mapping[bytes, str] = {
    **{b"1": "a link", b"2": "a link", b"3": "a device", b"4": "a device", b"6": "a pipe"},
    **{b"S": "a sparse file, of which only parts are in the archive", b"M": "a part of a file"},
}
MOST_EXTENSION_BYTES = 64 * KIB
"""Of one extended header."""
MOST_EXTENSIONS_BYTES = 4 * MIB
"""Of all together: each may be a row of very small records, which cost time."""
MOST_LONG_NAME_BYTES = 4 * KIB


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member: its path, without what tar writes before it and without the slash that marks a folder.

    Of the folder that was packed itself, "./", the path is empty.
    """

    path: str
    size: int
    is_folder: bool


@dataclass
class Walk:
    """One reading of a tar: what was found so far."""

    limits: IngestLimits
    packed: int
    entries: int = 0
    headers: int = 0
    extension_bytes: int = 0
    total: int = 0
    tree: Tree = field(default_factory=Tree)
    sizes: dict[str, int] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)


def find_packing(name: str) -> Packing | None:
    """How a tar of that name is packed; None where the name isn't one that is taken."""
    lower = name.casefold()
    return next((packing for suffix, packing in PACKINGS.items() if lower.endswith(suffix)), None)


def read_tar(content: bytes, packing: Packing, limits: IngestLimits) -> Members:
    """The files of a tar.

    Raises:
        SubmissionError: it is no tar, or breaks a rule.
    """
    walk = Walk(limits=limits, packed=len(content))
    read_members(Unpacked(content, packing, limits), walk)
    if not walk.entries:
        raise refuse("empty", "the archive is empty")
    aside = list_aside(walk.sizes)
    files = []
    for path, inflated in walk.contents.items():
        if path not in aside:
            check_nested(path, inflated)
            files.append(Member(path=path, content=inflated))
    left = (Left(path=path, size=walk.sizes[path]) for path in walk.sizes if path in aside)
    return Members(files=tuple(files), left=tuple(left))


def find_largest_in(content: bytes, packing: Packing, limits: IngestLimits) -> str:
    """The largest member of a tar of which only the beginning is there, by what it says; "" if unknown."""
    walk = Walk(limits=limits, packed=len(content))
    with contextlib.suppress(SubmissionError):  # it is cut off at the latest
        read_members(Unpacked(content, packing, limits), walk)
    if not walk.sizes:
        return ""
    largest = max(walk.sizes, key=lambda path: walk.sizes[path])
    return f"{show_name(largest)} ({show_size(walk.sizes[largest])})"


def read_members(stream: Unpacked, walk: Walk) -> None:
    """Everything up to the archive's end, and the end itself."""
    while (entry := read_entry(stream, walk)) is not None:
        take_entry(stream, entry, walk)
    zeros = stream.read(BLOCK_BYTES)
    if len(zeros) < BLOCK_BYTES:
        raise corrupt("it is cut off")
    while zeros:
        if zeros.strip(b"\0"):
            raise refuse("hidden_bytes", "the archive goes on behind its end", REMAKE_TAR)
        zeros = stream.read(16 * BLOCK_BYTES)
    stream.check_end()


def read_entry(stream: Unpacked, walk: Walk) -> Entry | None:
    """The next member with what stands before it; None at the archive's end."""
    extensions: dict[bytes, Extension] = {}
    while (header := next_header(stream, walk)) is not None:
        if header.kind not in EXTENSIONS:
            return make_entry(header, extensions, walk.limits)
        payload = read_extension(stream, header, walk)
        if header.kind == PAX_OF_ALL:
            check_for_all(payload, is_first=walk.headers == 1)
        elif header.kind in extensions or PAX in extensions or (header.kind == PAX and extensions):
            raise contradict("two headers about one file")
        elif header.kind == PAX:
            extensions[PAX] = read_pax(payload)
        else:
            text = read_long_name(payload)
            is_name = header.kind == LONG_NAME
            extensions[header.kind] = Extension(name=text if is_name else None, is_link=not is_name)
    if extensions:
        raise corrupt("it ends where a file should follow")
    return None


def next_header(stream: Unpacked, walk: Walk) -> Header | None:
    """The next header; None where a block of zeros begins the archive's end.

    Raises:
        SubmissionError: it is neither.
    """
    block = stream.read(BLOCK_BYTES)
    walk.headers += 1
    is_blank = not block.strip(b"\0")
    if walk.headers == 1 and not has_magic(block) and not (block and is_blank):
        raise refuse("not_a_tar", f"the file isn't a tar: it is {guess_kind(block)}", REMAKE_TAR)
    if len(block) < BLOCK_BYTES:
        raise corrupt("it is cut off")
    return None if is_blank else read_header(block)


def read_extension(stream: Unpacked, header: Header, walk: Walk) -> bytes:
    """The bytes of an extended header or a long name, within bounds."""
    most = MOST_EXTENSION_BYTES if header.kind in (PAX, PAX_OF_ALL) else MOST_LONG_NAME_BYTES
    walk.extension_bytes += header.size
    if header.size > most or walk.extension_bytes > MOST_EXTENSIONS_BYTES:
        message = f"the archive has extended headers of more than {show_size(most)}, or very many"
        raise refuse("extension", message, REMAKE_TAR)
    return read_padded(stream, header.size)


def check_for_all(payload: bytes, *, is_first: bool) -> None:
    """What is said of all members stands first, once, and changes nothing: `git archive` names its commit so."""
    said = read_pax(payload)
    if said != Extension() or not is_first:
        raise contradict("a header about all of its files")


def make_entry(header: Header, extensions: dict[bytes, Extension], limits: IngestLimits) -> Entry:
    """A member whose name and kind are plain.

    Raises:
        SubmissionError: they aren't.
    """
    raw = next((extension.name for extension in extensions.values() if extension.name is not None), header.name)
    if LONG_NAME in extensions:
        check_short_name(raw, header.name)
    name = decode_name(raw)
    if header.kind in OTHERS:
        code = "link" if OTHERS[header.kind] == "a link" else "special_file"
        raise refuse(code, f"{show_name(name)} is {OTHERS[header.kind]}; only files and folders are taken")
    if header.kind not in (FILE, OLD_FILE, FOLDER):
        kind = show_bytes(header.kind)
        raise refuse("special_file", f"{show_name(name)} is of the kind {kind}; only files and folders are taken")
    is_folder = header.kind == FOLDER
    path = name.removeprefix("./").removesuffix("/")
    is_itself = is_folder and name in (".", "./")  # the folder that was packed
    if not is_itself:
        check_name(path, limits)
    is_link = any(extension.is_link for extension in extensions.values())
    if header.kind == OLD_FILE and header.name.endswith(b"/"):  # a folder to some, whatever its extension says
        raise contradict(f"{show_name(name)} is a file and a folder at once")
    if is_link or (name.endswith("/") and not is_folder) or (is_folder and header.size):
        raise contradict(f"{show_name(name)} is two things at once")
    return Entry(path="" if is_itself else path, size=header.size, is_folder=is_folder)


def decode_name(raw: bytes) -> str:
    """A member's name. One that isn't UTF-8 is refused: which letters were meant can't be known."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        message = f"the file name {show_name(raw.decode('latin-1'))} isn't UTF-8"
        raise refuse("name_encoding", message, REMAKE_TAR) from None


def take_entry(stream: Unpacked, entry: Entry, walk: Walk) -> None:
    """A member's bytes, if it is one whose bytes matter."""
    walk.entries += 1
    check_entries(walk.entries, walk.limits)
    if entry.path:
        walk.tree.add(entry.path, is_folder=entry.is_folder)
    if entry.is_folder:
        return
    walk.sizes[entry.path] = entry.size
    walk.total += entry.size
    check_declared(walk)
    content = read_padded(stream, entry.size)
    if not is_aside(entry.path):
        walk.contents[entry.path] = content


def check_declared(walk: Walk) -> None:
    """Refuse what is too large by its own account, before any of it is unpacked."""
    if walk.total > walk.limits.unpacked_bytes:
        raise refuse_size(walk.sizes, walk.limits)
    if walk.total > max(walk.limits.free_bytes, walk.limits.ratio * walk.packed):
        message = f"{show_size(walk.packed)} would become {show_size(walk.total)}"
        raise refuse("ratio", f"{message}: more than {walk.limits.ratio} times as much")


def read_padded(stream: Unpacked, size: int) -> bytes:
    """So many bytes, and the zeros behind them that fill a block."""
    content = stream.read(size)
    padding = stream.read(-size % BLOCK_BYTES)
    if len(content) < size or len(padding) < -size % BLOCK_BYTES:
        raise corrupt("it is cut off")
    if padding.strip(b"\0"):
        raise refuse("hidden_bytes", "the archive has bytes between its files", REMAKE_TAR)
    return content
