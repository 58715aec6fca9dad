"""Read a zip as hostile bytes: every part of the file accounted for, nothing written to a disk.

Theory of operation
-------------------
A zip says everything twice, in a local header before each member and in the central directory at the end, and readers
differ in which they believe. So a submission could be one thing here and another elsewhere. This reader believes
neither: both must say the same, and members, directory and end record must fill the file without a gap, an overlap or
a byte in front. Then sizes are counted while inflating, and the declared ones must turn out true.
"""

import io
import struct
import zlib

from grader.errors import SubmissionError
from grader.ingest.members import Left, Member, Members, check_nested, refuse_size
from grader.ingest.names import Tree, check_name, list_aside
from grader.ingest.refusal import refuse, show_name, show_size
from grader.ingest.zip_records import (
    LOCAL_SIGNATURE,
    REMAKE,
    STORED,
    UNKNOWN32,
    ZIP64_EXTRA,
    Entry,
    Flag,
    corrupt,
    find_directory,
    list_entries,
    read_extras,
    read_name,
    widen,
)
from grader.limits import IngestLimits

__all__ = ["find_largest", "read_zip"]

LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
FILE_TYPES = {0o120000: "a link", 0o010000: "a pipe", 0o020000: "a device", 0o060000: "a device", 0o140000: "a socket"}
REPARSE_POINT = 0x400


def read_zip(content: bytes, limits: IngestLimits) -> Members:
    """The files of a zip.

    Raises:
        SubmissionError: it is no zip, or breaks a rule.
    """
    entries = list_entries(content, 0, limits)
    starts = check_layout(content, entries)
    aside = check_entries_together(entries, limits)
    check_declared(content, entries, aside, limits)
    budget = limits.unpacked_bytes
    files = []
    for entry in entries:
        if not entry.is_folder and entry.path not in aside:
            inflated = inflate(entry, memoryview(content)[starts[entry.offset] :][: entry.packed], budget)
            budget -= len(inflated)
            check_nested(entry.path, inflated)
            files.append(Member(path=entry.path, content=inflated))
    left = (Left(path=entry.path, size=entry.unpacked) for entry in entries if entry.path in aside)
    return Members(files=tuple(files), left=tuple(left))


def find_largest(tail: bytes, size: int, limits: IngestLimits) -> str:
    """The largest member of a zip that is too large to be read, from the last bytes of its `size`; "" if unknown."""
    try:
        entries = list_entries(tail, size - len(tail), limits)
    except SubmissionError:
        return ""
    largest = max(entries, key=lambda entry: entry.packed)
    return f"{show_name(largest.path)} ({show_size(largest.packed)} packed)"


def check_layout(content: bytes, entries: list[Entry]) -> dict[int, int]:
    """Members fill the file from its first byte to the central directory. Returns where each one's data begins.

    Raises:
        SubmissionError: there is a gap, an overlap or a byte in front, or headers contradict each other.
    """
    starts: dict[int, int] = {}
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < at:
            raise refuse("overlap", f"{show_name(entry.name)} overlaps with another file of the archive", REMAKE)
        if entry.offset > at:
            what = "before its first file" if at == 0 else "between its files"
            raise refuse("hidden_bytes", f"the archive has {entry.offset - at} bytes {what}", REMAKE)
        starts[entry.offset] = check_local(content, entry)
        at = skip_descriptor(content, entry, starts[entry.offset] + entry.packed)
    directory = find_directory(content, 0)
    if at != directory.start:
        code = "overlap" if at > directory.start else "hidden_bytes"
        raise refuse(code, "the archive's files don't end where its list of files begins", REMAKE)
    return starts


def check_local(content: bytes, entry: Entry) -> int:
    """The local header says what the central directory says. Returns where the data begins."""
    shown = show_name(entry.name)
    if entry.offset + LOCAL.size > len(content) or content[entry.offset : entry.offset + 4] != LOCAL_SIGNATURE:
        raise corrupt(f"{shown} isn't where its list of files says")
    fields = LOCAL.unpack_from(content, entry.offset)
    _, _, flags, method, _, _, crc, packed, unpacked, name_size, extra_size = fields
    name_at = entry.offset + LOCAL.size
    extra_at = name_at + name_size
    extras = read_extras(content[extra_at : extra_at + extra_size])
    if ZIP64_EXTRA in extras:
        unpacked, packed = widen(extras[ZIP64_EXTRA], (unpacked, packed), entry.name)
    known = (crc, packed, unpacked) == (entry.crc, entry.packed, entry.unpacked)
    later = bool(flags & Flag.DESCRIPTOR) and not any((crc, packed, unpacked))
    same_flags = not (flags ^ entry.flags) & ~Flag.UTF8
    right = content[name_at:extra_at] == entry.raw_name and method == entry.method and same_flags
    if not right or not (known or later):
        raise refuse("contradiction", f"the archive says two different things about {shown}", REMAKE)
    read_name(entry.raw_name, flags, extras)
    if extra_at + extra_size + entry.packed > len(content):
        raise corrupt(f"{shown} is cut off")
    return int(extra_at + extra_size)


def skip_descriptor(content: bytes, entry: Entry, at: int) -> int:
    """Where a member ends: behind its data, or behind the descriptor that follows some."""
    if not entry.flags & Flag.DESCRIPTOR:
        return at
    for signature in (DESCRIPTOR_SIGNATURE, b""):
        for layout in ("<LQQ", "<LLL"):
            sizes = (entry.crc, entry.packed, entry.unpacked)
            if layout == "<LLL" and max(sizes) > UNKNOWN32:
                continue
            expected = signature + struct.pack(layout, *sizes)
            if content[at : at + len(expected)] == expected:
                return at + len(expected)
    raise refuse("contradiction", f"the archive says two different things about {show_name(entry.name)}", REMAKE)


def check_entries_together(entries: list[Entry], limits: IngestLimits) -> frozenset[str]:
    """Names and kinds of all entries, and which of them are plainly no homework.

    Raises:
        SubmissionError: a name, a link, a device, or a twin.
    """
    tree = Tree()
    for entry in entries:
        check_name(entry.path, limits)
        check_kind(entry)
        tree.add(entry.path, is_folder=entry.is_folder)
    return list_aside([entry.path for entry in entries if not entry.is_folder])


def check_kind(entry: Entry) -> None:
    """Refuse what is neither a file nor a folder."""
    mode = entry.attributes >> 16
    kind = FILE_TYPES.get(mode & 0o170000)
    if entry.attributes & REPARSE_POINT and not mode:
        kind = "a link"
    if kind is not None:
        code = "link" if kind == "a link" else "special_file"
        raise refuse(code, f"{show_name(entry.path)} is {kind}; only files and folders are taken")
    is_folder = mode & 0o170000 == 0o040000
    if (is_folder and not entry.is_folder) or (entry.is_folder and (entry.unpacked or mode & 0o170000 == 0o100000)):
        raise refuse("contradiction", f"{show_name(entry.path)} is a file and a folder at once", REMAKE)


def check_declared(content: bytes, entries: list[Entry], aside: frozenset[str], limits: IngestLimits) -> None:
    """Refuse what is too large by its own account; whether that is true is seen while inflating."""
    sizes = {entry.path: entry.unpacked for entry in entries if entry.path not in aside}
    total = sum(sizes.values())
    if total > limits.unpacked_bytes:
        raise refuse_size(sizes, limits)
    if total > max(limits.free_bytes, limits.ratio * len(content)):
        message = f"{show_size(len(content))} would become {show_size(total)}: more than {limits.ratio} times as much"
        raise refuse("ratio", message)


def inflate(entry: Entry, packed: memoryview, budget: int) -> bytes:
    """A member's content; never more than it declared, whatever its bytes say.

    Raises:
        SubmissionError: its size, its checksum or its stream isn't as declared.
    """
    if entry.unpacked > budget:
        raise corrupt("it is larger than it says")
    content = bytes(packed) if entry.method == STORED else inflate_stream(entry, packed)
    if len(content) != entry.unpacked or zlib.crc32(content) != entry.crc:
        raise corrupt(f"{show_name(entry.path)} isn't what it says it is (its checksum is wrong)")
    return content


def inflate_stream(entry: Entry, packed: memoryview) -> bytes:
    """A deflated member's content, at most one byte more than declared."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = io.BytesIO()
    try:
        inflated.write(stream.decompress(packed, entry.unpacked + 1))
        if not stream.eof and inflated.tell() <= entry.unpacked:
            inflated.write(stream.decompress(stream.unconsumed_tail, 1))
    except zlib.error:
        raise corrupt(f"{show_name(entry.path)} can't be unpacked") from None
    if inflated.tell() > entry.unpacked:
        raise refuse("false_size", f"{show_name(entry.path)} is larger than the archive says", REMAKE)
    if not stream.eof or stream.unused_data:
        raise corrupt(f"{show_name(entry.path)} can't be unpacked to its end")
    return inflated.getvalue()
