"""The records of a tar: the header before each member, and what stands there for the next header. Parsing only.

Taken are the formats that today's programs write: POSIX's (ustar, with pax's extended headers) and GNU's. Readers
differ in what they make of the fields that only some know, so those must be empty, or be known to change nothing.
"""

import re
import struct
from dataclasses import dataclass

from grader.errors import SubmissionError
from grader.ingest.refusal import refuse, show_name

__all__ = [
    "BLOCK_BYTES",
    "REMAKE_TAR",
    "Extension",
    "Header",
    "check_short_name",
    "contradict",
    "corrupt",
    "has_magic",
    "read_header",
    "read_long_name",
    "read_pax",
    "show_bytes",
]

BLOCK_BYTES = 512
HEADER = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12s")
CHECKSUM = slice(148, 156)
POSIX, GNU = (b"ustar\0", b"00"), (b"ustar ", b" \0")
OCTAL = re.compile(rb" *([0-7]+)[ \0]*")
RECORD = re.compile(rb"([1-9][0-9]{0,6}) ([^=\0\n]{1,200})=")
SHORT_NAME_BYTES = 99
"""What of a long name stands in GNU's short field as well: one byte may be the NUL at its end."""
HARMLESS = re.compile(
    r"[acm]time|[ug]id|[ug]name|comment|SCHILY\.(?:xattr|acl)\..*|SCHILY\.(?:fflags|dev|ino|nlink|devmajor|devminor)"
    r"|LIBARCHIVE\..*|MSWINDOWS\..*|RHT\.security\.selinux",
    re.DOTALL,
)
UTF8 = b"ISO-IR 10646 2000 UTF-8"
REMAKE_TAR = "Make the archive again, with tar itself (tar -czf hw1.tar.gz hw1), or make a .zip."


@dataclass(frozen=True, kw_only=True)
class Header:
    """One header: the member's name as bytes, its size, and the letter of its kind."""

    name: bytes
    size: int
    kind: bytes


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What stands before a member's header: a name that doesn't fit there, or a link's target."""

    name: bytes | None = None
    is_link: bool = False


def read_header(block: bytes) -> Header:
    """What a block of 512 bytes says.

    Raises:
        SubmissionError: it is no header, or one of a form that programs read differently.
    """
    fields = HEADER.unpack(block)
    name, size, kind, link, magic, prefix, rest = (fields[number] for number in (0, 4, 7, 8, 9, 15, 16))
    magic = (magic, fields[10])
    blank = block[: CHECKSUM.start] + b" " * 8 + block[CHECKSUM.stop :]
    if magic not in (POSIX, GNU) or read_octal(fields[6]) != sum(blank):
        raise corrupt("where a file should begin there is something else")
    if magic == POSIX and prefix.strip(b"\0"):
        name = cut_text(prefix) + b"/" + cut_text(name)
    elif prefix.strip(b"\0"):
        raise contradict("a field is used that programs read differently")
    else:
        name = cut_text(name)
    if rest.strip(b"\0") or (kind not in b"12K" and link.strip(b"\0")):
        raise contradict(f"{show_bytes(name)} has fields that programs read differently")
    found = read_octal(size)
    if found is None:
        raise corrupt(f"the size of {show_bytes(name)} can't be read")
    return Header(name=name, size=found, kind=kind)


def has_magic(block: bytes) -> bool:
    """Whether a block looks like a header."""
    return block[257:262] == POSIX[0][:5]


def read_octal(field: bytes) -> int | None:
    """A number as tar writes it; None where it is none, or in a notation that only some programs know."""
    found = OCTAL.fullmatch(field)
    return None if found is None else int(found[1], 8)


def cut_text(field: bytes) -> bytes:
    """Text up to the first NUL.

    Raises:
        SubmissionError: something stands behind it.
    """
    text, _, rest = field.partition(b"\0")
    if rest.strip(b"\0"):
        raise contradict(f"something is hidden behind the name {show_bytes(text)}")
    return text


def read_long_name(payload: bytes) -> bytes:
    """GNU's long name: text with one NUL at its end.

    Raises:
        SubmissionError: it is something else.
    """
    name, end, rest = payload.partition(b"\0")
    if not end or rest:
        raise contradict(f"something is hidden behind the name {show_bytes(name)}")
    return name


def check_short_name(long: bytes, short: bytes) -> None:
    """The member's own header has the beginning of its long name.

    Raises:
        SubmissionError: it has another.
    """
    if not long.startswith(short) or len(short) < SHORT_NAME_BYTES:
        raise contradict(f"it has two names for {show_bytes(long)}")


def read_pax(payload: bytes) -> Extension:
    """What an extended header says of the next member.

    Raises:
        SubmissionError: it is malformed, says something twice, or something that isn't known to be harmless.
    """
    records = split_pax(payload)
    if records.pop("hdrcharset", UTF8) != UTF8:
        raise refuse("name_encoding", "the archive's names aren't in UTF-8", REMAKE_TAR)
    name = records.pop("path", None)
    is_link = records.pop("linkpath", None) is not None
    for key in records:
        if HARMLESS.fullmatch(key) is None:
            message = f"the archive has an extension that isn't taken ({show_name(key)})"
            raise refuse("extension", message, REMAKE_TAR)
    return Extension(name=name, is_link=is_link)


def split_pax(payload: bytes) -> dict[str, bytes]:
    """The records of an extended header: each is its own length, a key and a value."""
    records: dict[str, bytes] = {}
    at = 0
    while at < len(payload):
        found = RECORD.match(payload, at)
        end = at + int(found[1]) if found is not None else 0
        if found is None or not found.end() < end <= len(payload) or payload[end - 1 : end] != b"\n":
            raise corrupt("an extended header can't be read")
        key = found[2].decode("utf-8", "replace")
        if key in records:
            raise contradict(f"an extended header says {show_name(key)} twice")
        records[key] = payload[found.end() : end - 1]
        at = end
    return records


def show_bytes(name: bytes) -> str:
    """A name for a message, whatever its bytes are."""
    return show_name(name.decode("utf-8", "backslashreplace"))


def contradict(what: str) -> SubmissionError:
    """The archive could be read in two ways."""
    return refuse("contradiction", f"the archive says two different things: {what}", REMAKE_TAR)


def corrupt(what: str) -> SubmissionError:
    """The archive isn't whole."""
    return refuse("corrupt_archive", f"the archive is damaged: {what}", REMAKE_TAR)
