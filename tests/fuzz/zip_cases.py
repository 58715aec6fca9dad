"""Zips: sound ones, with one field or more that lies, and bytes changed after that."""

import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.errors import SubmissionError
from grader.ingest.archive import find_largest, read_zip
from grader.limits import IngestLimits
from tests.fuzz.dice import NUMBERS, Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import TAKEN, Target, check_files, check_words
from tests.ingest.zips import Part, build

__all__ = ["ZIP"]

LIMITS = IngestLimits(entries=12, unpacked_bytes=300_000, free_bytes=20_000)
WORDS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08", b"\x01\0\x10\0")
UTF8 = 0x800
FLAGS = (0, 0, 1, 2, 4, 6, 8, 9, 16, 32, 64, 65, 2048, 2056, 8192, 0xFFFF)
ATTRIBUTES = (
    0,
    0o100644 << 16,
    0o040755 << 16,
    0o120777 << 16,
    0o010644 << 16,
    0o020644 << 16,
    0o060644 << 16,
    0x10,
    0x400,
)


def make_extra(dice: Dice) -> bytes:
    """Extra fields, whole or not."""
    extra = b""
    for _ in range(dice.whole(1, 2)):
        number = dice.pick((1, 1, 1, 0x7075, 0x7075, 0x9901, 0x5455, 0x7875, dice.bits(16)))
        body = dice.pick(
            (
                struct.pack("<Q", dice.pick(NUMBERS) % 2**64) * dice.whole(0, 4),
                struct.pack("<BL", 1, dice.bits(32)) + dice.name().encode("utf-8", "surrogatepass"),
                dice.blob(20),
            )
        )
        size = len(body) if dice.chance(0.8) else dice.bits(16)
        extra += struct.pack("<HH", number, size) + body
    return extra


def make_descriptor(dice: Dice, part: Part) -> bytes:
    """What follows a member, as it should be or nearly so."""
    sums = [value if dice.chance(0.95) else dice.pick(NUMBERS) % 2**32 for value in part.sums]
    signature = dice.pick((b"PK\x07\x08", b""))
    return signature + struct.pack(dice.pick(("<LLL", "<LQQ")), *sums)


def encode(name: str) -> bytes:
    """A name's bytes; half a character as well."""
    return name.encode("utf-8", "surrogatepass")


ODDITIES: tuple[Callable[[Dice], dict[str, Any]], ...] = (
    *(lambda dice: {"name": encode(dice.name())},) * 6,
    lambda dice: {"name": dice.blob(20)},
    lambda dice: {"local_name": encode(dice.name())},
    lambda dice: {"flags": dice.pick(FLAGS)},
    lambda dice: {"local_flags": dice.pick(FLAGS)},
    lambda dice: {"method": dice.pick((0, 1, 8, 9, 12, 14, 93, 95, 99))},
    lambda dice: {"local_method": dice.pick((0, 8, 9))},
    *(lambda dice: {"attributes": dice.pick(ATTRIBUTES)},) * 2,
    lambda dice: {"extra": make_extra(dice)},
    lambda dice: {"extra": (extra := make_extra(dice)), "local_extra": extra},
    lambda dice: {"local_extra": make_extra(dice)},
    lambda dice: {"packed": mutate_bytes(dice, Part(content=dice.blob(300)).data, most=2)},
    lambda dice: {"packed": Part(content=b"x" * 900).data, "content": b"x" * dice.pick((10, 899, 900, 901))},
    lambda dice: {"crc": dice.bits(32)},
    *(lambda dice: {"size": dice.pick(NUMBERS) % 2**32},) * 2,
    lambda dice: {"central_size": dice.pick((*NUMBERS, 0xFFFFFFFF, 0xFFFFFFFF)) % 2**32},
    lambda dice: {"offset": dice.pick((0, 1, 30, 36, 0xFFFFFFFF, dice.bits(12)))},
    lambda dice: {"before": dice.blob(12)},
    lambda dice: {"flags": 8, "hide_sizes": True},
    lambda dice: {"content": bytes(dice.pick((1000, 30_000, 310_000)))},
    lambda dice: {"content": dice.pick((b"PK\x03\x04xx", b"\x1f\x8b\x08", b"BZh9", b"x" * 257 + b"ustar"))},
    lambda dice: {"name": encode(dice.name().rstrip("/") + "/"), "content": b"", "method": 0},
)


def make_part(dice: Dice, number: int) -> Part:
    """One member: sound, or with a field or two that aren't."""
    name = dice.pick(("hw1.py", "top/hw1.py", "a/b/c.txt", "ü.txt", "model.pt", "data/x.csv")).encode()
    part = Part(name=name if number == 0 else b"%d-" % number + name, content=dice.blob(60), method=dice.pick((0, 8)))
    for _ in range(dice.pick((0, 0, 0, 1, 1, 2))):
        part = replace(part, **dice.pick(ODDITIES)(dice))
    if part.hide_sizes or part.flags & 8:
        part = replace(part, hide_sizes=dice.chance(0.9), descriptor=make_descriptor(dice, part))
    return part


def make_end64(dice: Dice, content: bytes) -> bytes:
    """The archive with the longer end record, right or nearly so."""
    _, _, _, _, count, size, offset, _ = struct.unpack("<4s4H2LH", content[-22:])
    at = len(content) - 22

    def odd(value: int) -> int:
        return value if dice.chance(0.94) else dice.pick(NUMBERS) % 2**64

    long = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", odd(44), 45, 45, 0, 0, odd(count), odd(count), odd(size), odd(offset)
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, odd(at), 1)
    short = (0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF) if dice.chance(0.8) else (count, count, size, offset)
    return content[:-22] + long + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *short, 0)


def make(dice: Dice) -> bytes:
    """One archive."""
    parts = [make_part(dice, number) for number in range(dice.pick((0, 1, 1, 1, 2, 2, 3, 13)))]
    if parts and dice.chance(0.03):
        parts.append(dice.pick(parts))
    odd = dice.chance(0.1)
    content = build(
        *parts,
        prefix=dice.blob(20) if odd and dice.chance(0.3) else b"",
        gap=dice.blob(20) if odd and dice.chance(0.3) else b"",
        tail=dice.blob(20) if odd and dice.chance(0.3) else b"",
        count=dice.pick((0, 1, 2, 13, 0xFFFF)) if odd and dice.chance(0.3) else None,
        entries=dice.pick((0, 1, 2, 13, 0xFFFF)) if odd and dice.chance(0.3) else None,
    )
    if dice.chance(0.08):
        content = make_end64(dice, content)
    return mutate_bytes(dice, content, WORDS) if dice.chance(0.4) else content


def read(content: bytes) -> str:
    """Read as a submission; what is taken is what the standard library sees."""
    largest = find_largest(content[-200:], len(content), LIMITS)
    assert largest.isprintable()
    try:
        members = read_zip(content, LIMITS)
    except SubmissionError as error:
        return check_words(error)
    ours = check_files(
        ((member.path, member.content) for member in members.files),
        most_bytes=LIMITS.unpacked_bytes,
        most_files=LIMITS.entries,
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        left = {item.path for item in members.left}
        theirs = {name_as_meant(member): member for member in archive.infolist() if not member.is_dir()}
        assert theirs.keys() - left == ours.keys()
        for name, member in theirs.items():
            if name in ours and (
                name.isascii() or member.flag_bits & UTF8
            ):  # the library takes one header's word for it
                assert archive.read(member) == ours[name]
    return TAKEN


def name_as_meant(member: zipfile.ZipInfo) -> str:
    """A member's name in UTF-8. Without the flag for it the library takes another encoding, as nobody does any more."""
    return member.filename if member.flag_bits & UTF8 else member.orig_filename.encode("cp437").decode()


REACHES = frozenset(
    (
        *("taken", "absolute_path", "backslash", "compression", "contradiction", "corrupt_archive", "deep_path"),
        *("duplicate_name", "empty", "encrypted", "false_size", "hidden_bytes", "link", "long_path"),
        *("name_characters", "name_encoding", "nested_archive", "not_a_zip", "not_nfc", "odd_path", "overlap"),
        *("path_escape", "ratio", "special_file", "too_large", "too_many_files", "twins"),
    )
)
ZIP = Target(name="zip", make=make, read=read, reaches=REACHES)
