"""The records at the end of a zip: where its list of files is, and what it says of each. Parsing only."""

import struct
from dataclasses import dataclass
from enum import IntFlag

from grader.errors import SubmissionError
from grader.ingest.members import check_entries
from grader.ingest.refusal import guess_kind, refuse, show_name
from grader.limits import IngestLimits

__all__ = [
    "LOCAL_SIGNATURE",
    "REMAKE",
    "STORED",
    "UNKNOWN32",
    "ZIP64_EXTRA",
    "Directory",
    "Entry",
    "Flag",
    "corrupt",
    "find_directory",
    "list_entries",
    "read_extras",
    "read_name",
    "widen",
]

END = struct.Struct("<4s4H2LH")
END_SIGNATURE = b"PK\x05\x06"
END64 = struct.Struct("<4sQ2H2L4Q")
END64_SIGNATURE = b"PK\x06\x06"
LOCATOR = struct.Struct("<4sLQL")
LOCATOR_SIGNATURE = b"PK\x06\x07"
CENTRAL = struct.Struct("<4s6H3L5H2L")
CENTRAL_SIGNATURE = b"PK\x01\x02"
LOCAL_SIGNATURE = b"PK\x03\x04"
UNKNOWN32, UNKNOWN16 = 0xFFFFFFFF, 0xFFFF
STORED, DEFLATED = 0, 8
NEWEST_VERSION = 63
"""Of the format's features that a member may ask for, as all programs number them: 6.3. Deflate needs 2.0."""
ZIP64_EXTRA, UNICODE_PATH_EXTRA, AES_EXTRA = 0x0001, 0x7075, 0x9901
REMAKE = "Make the archive again, with your system's own command: select the folder, then compress it."


class Flag(IntFlag):
    """Bits of a member's flags."""

    ENCRYPTED = 1
    DESCRIPTOR = 8
    PATCHED = 32
    STRONG = 64
    UTF8 = 2048
    MASKED = 8192


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One member as the central directory has it."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    unpacked: int
    offset: int
    attributes: int

    @property
    def is_folder(self) -> bool:
        """Whether the name is a folder's."""
        return self.name.endswith("/")

    @property
    def path(self) -> str:
        """The name without the slash that marks a folder."""
        return self.name.removesuffix("/")


@dataclass(frozen=True, kw_only=True)
class Directory:
    """Where the central directory is, and how many entries it says it has."""

    start: int
    size: int
    count: int
    end: int
    """Where the records after it begin."""


def list_entries(content: bytes, base: int, limits: IngestLimits) -> list[Entry]:
    """The entries of the central directory. `content` is the archive from its byte `base` on.

    Raises:
        SubmissionError: there is no central directory, or it isn't as the end record says.
    """
    directory = find_directory(content, base)
    check_entries(directory.count, limits)
    entries, at = [], directory.start
    for _ in range(directory.count):
        entry, at = read_entry(content, at, directory.end)
        entries.append(entry)
    if at != directory.start + directory.size or at != directory.end:
        raise corrupt("its list of files is longer or shorter than it says")
    if not entries:
        raise refuse("empty", "the archive is empty")
    return entries


def find_directory(content: bytes, base: int) -> Directory:
    """Where the central directory is, from the record at the very end.

    Raises:
        SubmissionError: there is no such record, or it contradicts itself.
    """
    end = find_end(content)
    _, disk, first_disk, here, count, size, offset, _ = END.unpack_from(content, end)
    behind = end
    located = end - LOCATOR.size
    if located >= 0 and content[located : located + 4] == LOCATOR_SIGNATURE:
        disk, first_disk, here, count, size, offset, behind = read_end64(
            content, base, located, (disk, first_disk, here, count, size, offset)
        )
    if disk or first_disk or here != count:
        raise corrupt("it is one part of several")
    start = offset - base
    if start + size != behind or start < 0:
        raise corrupt("its list of files isn't where it says")
    return Directory(start=start, size=size, count=count, end=behind)


def find_end(content: bytes) -> int:
    """Where the end record is: its comment must reach exactly to the end of the file."""
    lowest = max(0, len(content) - END.size - UNKNOWN16)
    at = content.rfind(END_SIGNATURE, lowest)
    while at >= 0:
        if at + END.size <= len(content) and at + END.size + END.unpack_from(content, at)[7] == len(content):
            return at
        at = content.rfind(END_SIGNATURE, lowest, at)
    if content[:4] == LOCAL_SIGNATURE:
        raise refuse("not_a_zip", "the archive is cut off, or something was added at its end", REMAKE)
    raise refuse("not_a_zip", f"the file isn't a zip: it is {guess_kind(content)}", REMAKE)


def read_end64(content: bytes, base: int, located: int, plain: tuple[int, ...]) -> tuple[int, ...]:
    """The values of the longer end record, and where it begins. Those of the short one must not contradict it."""
    _, disk, offset64, disks = LOCATOR.unpack_from(content, located)
    at = offset64 - base
    if not 0 <= at <= located - END64.size or at + END64.size != located or disk or disks > 1:
        raise corrupt("its 64-bit record isn't where it says")
    signature, length, _, _, *values = END64.unpack_from(content, at)
    if signature != END64_SIGNATURE or length != END64.size - 12:
        raise corrupt("its 64-bit record can't be read")
    for short, long, unknown in zip(plain, values, (UNKNOWN16,) * 4 + (UNKNOWN32,) * 2, strict=True):
        if short not in (long, unknown):
            raise corrupt("its two end records contradict each other")
    return (*values, at)


def read_entry(content: bytes, at: int, end: int) -> tuple[Entry, int]:
    """One entry of the central directory, and where the next begins."""
    if at + CENTRAL.size > end or content[at : at + 4] != CENTRAL_SIGNATURE:
        raise corrupt("its list of files is broken")
    fields = CENTRAL.unpack_from(content, at)
    (
        _,
        _,
        version,
        flags,
        method,
        _,
        _,
        crc,
        packed,
        unpacked,
        name_size,
        extra_size,
        note_size,
        disk,
        _,
        attributes,
        offset,
    ) = fields
    name_at, extra_at = at + CENTRAL.size, at + CENTRAL.size + name_size
    following = extra_at + extra_size + note_size
    if following > end or disk not in (0, UNKNOWN16):
        raise corrupt("its list of files is broken")
    raw_name = content[name_at:extra_at]
    extras = read_extras(content[extra_at : extra_at + extra_size])
    name = read_name(raw_name, flags, extras)
    unpacked, packed, offset = widen(extras.get(ZIP64_EXTRA, b""), (unpacked, packed, offset), name)
    check_coding(name, flags, method, extras)
    if version & 0xFF > NEWEST_VERSION:
        message = f"{show_name(name)} says that only newer programs can unpack it (version {version & 0xFF})"
        raise refuse("compression", message, REMAKE)
    entry = Entry(
        name=name,
        raw_name=raw_name,
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        unpacked=unpacked,
        offset=offset,
        attributes=attributes,
    )
    return entry, following


def read_extras(extra: bytes) -> dict[int, bytes]:
    """The extra fields by their number; up to three bytes at the end are padding, too short for one.

    Raises:
        SubmissionError: one that matters stands there twice, or one is longer than there is room.
    """
    extras: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        number, size = struct.unpack_from("<HH", extra, at)
        if at + 4 + size > len(extra):
            raise corrupt("an extra field is cut off")
        if number in extras and number in (ZIP64_EXTRA, UNICODE_PATH_EXTRA):
            raise corrupt("an extra field stands there twice")
        extras[number] = extra[at + 4 : at + 4 + size]
        at += 4 + size
    return extras


def read_name(raw: bytes, flags: int, extras: dict[int, bytes]) -> str:
    """A member's name. One that isn't UTF-8 is refused: which letters were meant can't be known."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise refuse("name_encoding", f"the file name {show_name(raw.decode('latin-1'))} isn't UTF-8", REMAKE) from None
    unicode_path = extras.get(UNICODE_PATH_EXTRA)
    if unicode_path is not None and unicode_path[5:] != raw:
        raise refuse("contradiction", f"the archive has two names for {show_name(name)}", REMAKE)
    return name


def widen(extra: bytes, values: tuple[int, ...], name: str) -> tuple[int, ...]:
    """Sizes and offset, from the 64-bit field where the short ones say so."""
    wide, at = [], 0
    for value in values:
        if value == UNKNOWN32:
            if at + 8 > len(extra):
                raise corrupt(f"the size of {show_name(name)} is missing")
            value = struct.unpack_from("<Q", extra, at)[0]
            at += 8
        wide.append(value)
    return tuple(wide)


def check_coding(name: str, flags: int, method: int, extras: dict[int, bytes]) -> None:
    """Refuse encryption, and ways of packing that aren't deflate."""
    if flags & (Flag.ENCRYPTED | Flag.STRONG | Flag.MASKED) or AES_EXTRA in extras:
        raise refuse("encrypted", f"{show_name(name)} is encrypted", "Make the archive again without a password.")
    if method not in (STORED, DEFLATED) or flags & Flag.PATCHED:
        message = f"{show_name(name)} is packed by a method that isn't taken ({method}); deflate is right"
        raise refuse("compression", message, REMAKE)


def corrupt(what: str) -> SubmissionError:
    """The archive isn't whole."""
    return refuse("corrupt_archive", f"the archive is damaged: {what}", REMAKE)
