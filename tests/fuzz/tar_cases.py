"""Tars: rows of headers and extensions, sound or lying, checksums right or not, packed in each way.

A case's first byte is the way in which its name says that it is packed.
"""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from grader.errors import SubmissionError
from grader.ingest.tar import find_largest_in, find_packing, read_tar
from grader.ingest.unpacking import Packing
from grader.limits import IngestLimits
from tests.fuzz.dice import NUMBERS, Dice
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.target import TAKEN, Target, check_files, check_words
from tests.ingest.tars import GNU, POSIX, Block, build_tar, record

__all__ = ["TAR"]

LIMITS = IngestLimits(entries=12, unpacked_bytes=300_000, free_bytes=60_000, ratio=60)
SUFFIXES = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz")
PACKERS: tuple[Callable[[bytes], bytes], ...] = (
    bytes,
    lambda content: gzip.compress(content, 1, mtime=0),
    bz2.compress,
    lambda content: lzma.compress(content, preset=0),
)
KINDS = tuple(b"%c" % code for code in (*b"0123456701234567SVMDKLNXxgA", 0, 0xFF))
KEYS = (
    *("path", "path", "path", "linkpath", "size", "mtime", "uid", "uname", "comment", "hdrcharset", "charset", ""),
    *(
        "GNU.sparse.major",
        "GNU.sparse.name",
        "GNU.sparse.map",
        "SCHILY.realsize",
        "SCHILY.xattr.x",
        "LIBARCHIVE.xattr.y",
    ),
)
SIZES = (b"\x80" + bytes(10) + b"\5", b"\xff" * 12, b"-0000000001\0", b"00000000008\0", bytes(12), b" " * 12, b"0" * 12)
WORDS = (b"ustar\x0000", b"ustar  \0", bytes(512), b"./", b"../", b"GNU.sparse.", b"12 path=a\n", b"000000\0 ")


def encode(name: str) -> bytes:
    """A name's bytes; half a character as well."""
    return name.encode("utf-8", "surrogatepass")


def make_octal(dice: Dice) -> bytes:
    """A size as tar writes it, of any number, or something else."""
    return dice.pick(SIZES) if dice.chance(0.4) else (b"%011o\0" % (dice.pick(NUMBERS) % 8**11))


ODDITIES: tuple[Callable[[Dice], dict[str, Any]], ...] = (
    *(lambda dice: {"name": encode(dice.name())[:100]},) * 6,
    lambda dice: {"name": dice.blob(100)},
    *(lambda dice: {"kind": dice.pick(KINDS)},) * 3,
    lambda dice: {"kind": dice.pick(KINDS), "content": b""},
    lambda dice: {"kind": b"5", "content": b"", "name": encode(dice.name())[:99].rstrip(b"/") + b"/"},
    lambda dice: {"magic": dice.pick((GNU, POSIX, b"ustar\0\0\0", b"ustar 00", bytes(8), b"USTAR\x0000"))},
    lambda dice: {"prefix": encode(dice.name())[:155]},
    lambda dice: {"prefix": encode(dice.name())[:155], "magic": GNU},
    lambda dice: {"link": encode(dice.name())[:100]},
    *(lambda dice: {"size": make_octal(dice)},) * 2,
    lambda dice: {"checksum": dice.pick((b"000000\0 ", bytes(8), b"  12345\0", b"77777777", b"%08o" % dice.bits(14)))},
    lambda dice: {"padding": dice.blob(600)},
    lambda dice: {"rest": dice.blob(12)},
    lambda dice: {"content": bytes(dice.pick((511, 512, 513, 40_000, 310_000)))},
    lambda dice: {"content": dice.pick((b"PK\x03\x04xx", b"\x1f\x8b\x08", b"BZh9", b"x" * 257 + b"ustar"))},
)


def make_record(dice: Dice) -> bytes:
    """One record of an extended header; its length right or not."""
    key = dice.pick(KEYS) if dice.chance(0.9) else dice.text()
    value = dice.pick((encode(dice.name()), encode(dice.text()), b"%d" % dice.pick(NUMBERS), dice.blob(30)))
    if key == "hdrcharset" and dice.chance(0.5):
        value = b"ISO-IR 10646 2000 UTF-8"
    whole = record(encode(key), value)
    return whole if dice.chance(0.9) else b"%d" % dice.number() + whole[whole.index(b" ") :]


def make_extensions(dice: Dice, long: bytes) -> list[Block]:
    """What may stand before a member: the name `long`, in one way or another, and more."""
    kind = dice.pick((b"x", b"x", b"L", b"L", b"K", b"g"))
    if kind in (b"x", b"g"):
        content = b"".join(make_record(dice) for _ in range(dice.whole(0, 3)))
        if kind == b"x" and dice.chance(0.5):
            content = record(b"path", long)
        if dice.chance(0.02):
            content = record(b"comment", b"x" * 70_000)
        return [Block(name=b"PaxHeaders/x", kind=kind, content=content)]
    content = long + dice.pick((b"\0", b"\0", b"\0", b"\0", b"", b"\0\0", b"\0evil"))
    return [Block(name=b"././@LongLink", kind=kind, content=content, magic=GNU)]


def make_blocks(dice: Dice, number: int) -> list[Block]:
    """One member with what stands before it."""
    name = dice.pick(("hw1.py", "./hw1.py", "top/hw1.py", "a/b/c.txt", "ü.txt", "model.pt")).encode()
    name = name if number == 0 else b"%d-" % number + name.removeprefix(b"./")
    block = Block(name=name, content=dice.blob(60), magic=dice.pick((POSIX, POSIX, GNU)))
    blocks: list[Block] = []
    while dice.chance(0.25):
        long = b"%d/" % number + dice.pick(
            (b"a-long-folder/" * 9 + b"x.py", encode(dice.name()), b"x" * 600, b"d/" * 30 + b"x")
        )
        blocks += make_extensions(dice, long)
        if dice.chance(0.7):
            block = replace(block, name=long[:100])
    for _ in range(dice.pick((0, 0, 0, 1, 1, 2))):
        block = replace(block, **dice.pick(ODDITIES)(dice))
    if blocks and dice.chance(0.1):
        blocks[-1] = replace(blocks[-1], **dice.pick(ODDITIES)(dice))
    return [*blocks, block]


def make(dice: Dice) -> bytes:
    """One archive."""
    members = [make_blocks(dice, number) for number in range(dice.pick((0, 1, 1, 1, 2, 2, 3, 13)))]
    if members and dice.chance(0.03):
        members.append(dice.pick(members))
    end = dice.pick((b"", bytes(512), bytes(1023), b"x" * 512, bytes(513) + b"x", bytes(9999), bytes(310_000)))
    content = build_tar(
        *(block for blocks in members for block in blocks),
        end=end if dice.chance(0.08) else bytes(dice.pick((1024, 1024, 1024, 10_240))),
        prefix=dice.blob(520) if dice.chance(0.01) else b"",
    )
    content = mutate_bytes(dice, content, WORDS) if dice.chance(0.3) else content
    how = dice.pick((0, 0, 0, 0, 0, 1, 1, 1, 2, 3))
    packed = PACKERS[how](content)
    if how and dice.chance(0.3):
        packed = mutate_bytes(dice, packed, (packed[:6], packed[-8:]), most=2)
    said = how if dice.chance(0.97) else dice.whole(0, 3)
    return b"%d" % said + packed


def read(content: bytes) -> str:
    """Read as a submission; what is taken is what the standard library sees."""
    packing = find_packing("hw1" + SUFFIXES[int(content[:1])])
    assert isinstance(packing, Packing)
    content = content[1:]
    try:
        members = read_tar(content, packing, LIMITS)
    except SubmissionError as error:
        largest = find_largest_in(content[:300], packing, LIMITS)
        assert largest.isprintable()
        return check_words(error)
    ours = check_files(
        ((member.path, member.content) for member in members.files),
        most_bytes=LIMITS.unpacked_bytes,
        most_files=LIMITS.entries,
    )
    left = {item.path for item in members.left}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        theirs = [(member.name.removeprefix("./"), member) for member in archive if not member.isdir()]
        theirs = [(name, member) for name, member in theirs if name not in left]
        assert sorted(name for name, _ in theirs) == sorted(ours)
        for name, member in theirs:
            file = archive.extractfile(member)
            assert file is not None
            assert file.read() == ours[name]
    return TAKEN


REACHES = frozenset(
    (
        *("taken", "absolute_path", "backslash", "compression", "contradiction", "corrupt_archive", "deep_path"),
        *("duplicate_name", "empty", "extension", "hidden_bytes", "link", "long_path", "name_characters"),
        *("name_encoding", "nested_archive", "not_a_tar", "not_nfc", "odd_path", "path_escape", "ratio"),
        *("special_file", "too_large", "too_many_files", "twins"),
    )
)
TAR = Target(name="tar", make=make, read=read, reaches=REACHES)
