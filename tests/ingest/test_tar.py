import bz2
import gzip
import io
import lzma
import random
import subprocess
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import SubmissionError
from grader.ingest import read_submission
from grader.ingest.tar import find_packing, read_tar
from grader.limits import IngestLimits
from tests.ingest.tars import GNU, Block, build_tar, long_name, pack, pax, read_tar_at, refused_tar
from tests.ingest.zips import CODE, Part, build

LONG = b"folder/" * 16 + b"hw1.py"
GNU_LONG = Block(name=LONG[:100], magic=GNU)
PLAIN = find_packing("hw1.tar")
HOWS = ["", "gzip", "bzip2", "xz"]


def names(folder: Path, content: bytes, how: str = "") -> list[str]:
    """The files of a tar of those bytes."""
    return [file.path for file in read_tar_at(folder, content, how).files]


@pytest.mark.parametrize("how", HOWS)
def test_a_tar_made_by_hand_is_read(how: str, tmp_path: Path) -> None:
    """What the other tests tamper with is right to begin with; its digest is that of the folder."""
    submission = read_tar_at(tmp_path, pack(build_tar(Block(), Block(name=b"data.txt", content=b"1")), how), how)
    folder = tmp_path / "same"
    folder.mkdir()
    (folder / "hw1.py").write_bytes(CODE)
    (folder / "data.txt").write_bytes(b"1")

    assert [file.path for file in submission.files] == ["data.txt", "hw1.py"]
    assert submission.programs[0].source == CODE.decode()
    assert submission.source.endswith("/hw1.py")
    assert submission.digest == read_submission(folder, files=("hw1.py",)).digest


@pytest.mark.parametrize("name", ["A.TAR", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tbz2", "a.tbz", "a.tar.xz", "a.txz"])
def test_names_of_tars(name: str) -> None:
    """In any case of letters."""
    assert find_packing(name) is not None


@pytest.mark.parametrize("form", ["gnu", "pax", "ustar"])
@pytest.mark.parametrize("below", [True, False])
def test_what_the_tar_command_writes(form: str, below: bool, tmp_path: Path) -> None:
    """The folder itself, or what is in it; names beyond what a header holds and beyond ASCII, in each format."""
    folder = tmp_path / "work"
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    expected = ["hw1.py", f"{'d' * 60}/{'e' * 60}/hw1.py"]
    for path in expected:
        (folder / path).write_bytes(CODE)
    if form != "ustar":
        expected.append("ü" * 80 + ".txt")
        (folder / expected[-1]).write_bytes(b"")
    packed = tmp_path / "hw1.tar.gz"
    where = ["-C", str(folder), "."] if below else ["-C", str(tmp_path), "work"]
    subprocess.run(["tar", f"--format={form}", "-czf", str(packed), *where], check=True)

    submission = read_submission(packed, files=("hw1.py",))

    assert [file.path for file in submission.files] == sorted(expected, key=str.encode)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_what_pythons_tarfile_writes(form: int, mode: str, tmp_path: Path) -> None:
    """In each format and packing; times with a fraction, which only an extended header holds, are passed over."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name in ("hw1.py", "übung.txt"):
            member = tarfile.TarInfo("hw1/" + name)
            member.size, member.mtime = len(CODE), 1.5
            archive.addfile(member, io.BytesIO(CODE))
    how = {"w": "", "w:gz": "gzip", "w:bz2": "bzip2", "w:xz": "xz"}[mode]

    assert names(tmp_path, stream.getvalue(), how) == ["hw1.py", "übung.txt"]


def test_what_git_writes(tmp_path: Path) -> None:
    """`git archive` names its commit in a header about all files."""
    content = build_tar(pax((b"comment", b"0" * 40), kind=b"g"), Block(name=b"hw1/", kind=b"5", content=b""), Block())

    assert names(tmp_path, content) == ["hw1.py"]


def test_what_macos_writes(tmp_path: Path) -> None:
    """Attributes in extended headers, and files that hold more of them."""
    attributes = pax((b"LIBARCHIVE.xattr.com.apple.provenance", b"AQIA"), (b"SCHILY.xattr.x", b"\xff=\n\0"))
    content = build_tar(Block(name=b"./._hw1.py", content=b"\0\5\x16\7"), attributes, Block(name=b"./hw1.py"))

    assert names(tmp_path, content) == ["hw1.py"]


def test_names_from_extensions(tmp_path: Path) -> None:
    """A long name of GNU's, a path of POSIX's, and a prefix."""
    forms = [
        [long_name(LONG), GNU_LONG],
        [pax((b"path", LONG)), Block()],
        [Block(name=b"hw1.py", prefix=LONG[: -len("/hw1.py")])],
    ]
    for form in forms:
        content = build_tar(Block(name=b"other.py"), *form)

        assert names(tmp_path, content) == [LONG.decode(), "other.py"]


def test_what_is_left_out_of_a_tar(tmp_path: Path) -> None:
    """Caches, histories, environments, wherever the environment's mark stands; what is in them may be an archive."""
    left = [b"hw1/.git/config", b"hw1/env/lib/pip.whl", b"hw1/env/pyvenv.cfg", b"hw1/report.json", b"hw1/.DS_Store"]

    assert names(tmp_path, build_tar(*(Block(name=name) for name in (*left, b"hw1/hw1.py")))) == ["hw1.py"]


ATTACKS: dict[str, tuple[bytes, str]] = {
    "absolute": (build_tar(Block(name=b"/etc/passwd")), "absolute_path"),
    "absolute behind a dot": (build_tar(Block(name=b".//etc/passwd")), "absolute_path"),
    "slip": (build_tar(Block(name=b"../hw1.py")), "path_escape"),
    "slip behind a dot": (build_tar(Block(name=b"./../hw1.py")), "path_escape"),
    "slip in what is left out": (build_tar(Block(), Block(name=b"__MACOSX/../../x")), "path_escape"),
    "slip by extension": (build_tar(pax((b"path", b"../../x")), Block()), "path_escape"),
    "slip by prefix": (build_tar(Block(prefix=b"..")), "path_escape"),
    "backslash": (build_tar(Block(name=b"a\\hw1.py")), "backslash"),
    "dots": (build_tar(Block(name=b"././hw1.py")), "odd_path"),
    "a dot as a file": (build_tar(Block(name=b".")), "odd_path"),
    "empty part": (build_tar(Block(name=b"a//hw1.py")), "odd_path"),
    "empty name": (build_tar(Block(name=b"")), "odd_path"),
    "empty path": (build_tar(pax((b"path", b"")), Block()), "odd_path"),
    "newline": (build_tar(Block(name=b"hw1\n.py")), "name_characters"),
    "NUL in a path": (build_tar(pax((b"path", b"hw1.py\0.txt")), Block()), "name_characters"),
    "bidi": (build_tar(Block(name="hw1\u202eyp.exe".encode())), "name_characters"),
    "not UTF-8": (build_tar(Block(name=b"\x81bung.py")), "name_encoding"),
    "binary names": (build_tar(pax((b"hdrcharset", b"BINARY"), (b"path", b"x")), Block()), "name_encoding"),
    "NFD": (build_tar(Block(name="u\u0308bung.py".encode())), "not_nfc"),
    "long": (build_tar(pax((b"path", b"x" * 300)), Block()), "long_path"),
    "deep": (build_tar(pax((b"path", b"a/" * 30 + b"x")), Block()), "deep_path"),
    "duplicate": (build_tar(Block(), Block(content=b"other")), "duplicate_name"),
    "duplicate behind a dot": (build_tar(Block(), Block(name=b"./hw1.py")), "duplicate_name"),
    "case twins": (build_tar(Block(), Block(name=b"HW1.py")), "twins"),
    "file and folder": (build_tar(Block(name=b"a"), Block(name=b"a/b")), "twins"),
    "link": (build_tar(Block(kind=b"2", link=b"/etc/passwd", content=b"")), "link"),
    "hard link": (build_tar(Block(), Block(name=b"b", kind=b"1", link=b"hw1.py", content=b"")), "link"),
    "link by long target": (
        build_tar(long_name(b"x" * 200, b"K"), Block(kind=b"2", link=b"x" * 100, content=b"", magic=GNU)),
        "link",
    ),
    "long target of a file": (build_tar(long_name(b"x" * 200, b"K"), Block(magic=GNU)), "contradiction"),
    "target of a file": (build_tar(Block(link=b"/etc/passwd")), "contradiction"),
    "target by extension": (build_tar(pax((b"linkpath", b"/etc/passwd")), Block()), "contradiction"),
    "character device": (build_tar(Block(kind=b"3", content=b"")), "special_file"),
    "block device": (build_tar(Block(kind=b"4", content=b"")), "special_file"),
    "pipe": (build_tar(Block(kind=b"6", content=b"")), "special_file"),
    "contiguous": (build_tar(Block(kind=b"7")), "special_file"),
    "sparse": (build_tar(Block(kind=b"S", magic=GNU)), "special_file"),
    "volume": (build_tar(Block(kind=b"V", magic=GNU, content=b"")), "special_file"),
    "rest of a file": (build_tar(Block(kind=b"M", magic=GNU)), "special_file"),
    "unknown kind": (build_tar(Block(kind=b"\xff")), "special_file"),
    "sparse by extension": (build_tar(pax((b"GNU.sparse.major", b"1")), Block()), "extension"),
    "size by extension": (build_tar(pax((b"size", b"5")), Block()), "extension"),
    "real size": (build_tar(pax((b"SCHILY.realsize", b"5")), Block()), "extension"),
    "unknown extension": (build_tar(pax((b"hw1.py", b"5")), Block()), "extension"),
    "long extension": (build_tar(pax((b"comment", b"x" * 70_000)), Block()), "extension"),
    "endless name": (build_tar(long_name(b"x" * 70_000), Block(magic=GNU)), "extension"),
    "announced extension": (build_tar(Block(kind=b"x", size=b"77777777777\0")), "extension"),
    "very many extensions": (
        build_tar(
            *(block for n in range(70) for block in (pax((b"comment", b"x" * 65_000)), Block(name=b"%d" % n)))
        ),
        "extension",
    ),
    "a path for all": (build_tar(pax((b"path", b"x.py"), kind=b"g"), Block()), "contradiction"),
    "about all, later": (build_tar(Block(), pax((b"comment", b"x"), kind=b"g")), "contradiction"),
    "two extensions": (build_tar(pax((b"path", b"a")), pax((b"path", b"b")), Block()), "contradiction"),
    "two long names": (build_tar(long_name(LONG), long_name(LONG), GNU_LONG), "contradiction"),
    "both extensions": (build_tar(long_name(LONG), pax((b"path", b"b")), GNU_LONG), "contradiction"),
    "both, the other way round": (build_tar(pax((b"path", b"b")), long_name(LONG), GNU_LONG), "contradiction"),
    "another short name": (build_tar(long_name(LONG), Block(magic=GNU)), "contradiction"),
    "a key twice": (build_tar(pax((b"path", b"a"), (b"path", b"b")), Block()), "contradiction"),
    "bytes behind a name": (build_tar(Block(name=b"hw1.py\0evil.py")), "contradiction"),
    "bytes behind a long name": (build_tar(long_name(LONG + b"\0evil"), GNU_LONG), "contradiction"),
    "a prefix in GNU's form": (build_tar(Block(magic=GNU, prefix=b"folder")), "contradiction"),
    "star's field": (build_tar(Block(rest=b"\0" * 8 + b"tar\0")), "contradiction"),
    "folder with content": (build_tar(Block(name=b"a/", kind=b"5")), "contradiction"),
    "a folder's name": (build_tar(Block(name=b"a/")), "contradiction"),
    "an old folder by another name": (
        build_tar(pax((b"path", b"hw1.py")), Block(name=b"a/", kind=b"\0")),
        "contradiction",
    ),
    "an old folder": (build_tar(Block(name=b"a/", kind=b"\0", content=b"")), "contradiction"),
    "no format": (build_tar(Block(), Block(name=b"b", magic=bytes(8))), "corrupt_archive"),
    "checksum": (build_tar(Block(), Block(name=b"b", checksum=b"000000\0 ")), "corrupt_archive"),
    "no checksum": (build_tar(Block(), Block(name=b"b", checksum=bytes(8))), "corrupt_archive"),
    "size in 256s": (build_tar(Block(size=b"\x80" + bytes(10) + b"\5")), "corrupt_archive"),
    "negative size": (build_tar(Block(size=b"-0000000001\0")), "corrupt_archive"),
    "size with a gap": (build_tar(Block(size=b"0000 0000 1\0")), "corrupt_archive"),
    "no size": (build_tar(Block(size=bytes(12))), "corrupt_archive"),
    "length of a record": (build_tar(Block(kind=b"x", content=b"99 path=a\n"), Block()), "corrupt_archive"),
    "record without a length": (build_tar(Block(kind=b"x", content=b" path=a\n"), Block()), "corrupt_archive"),
    "huge length": (build_tar(Block(kind=b"x", content=b"9" * 500 + b" path=a\n"), Block()), "corrupt_archive"),
    "record of nothing": (build_tar(Block(kind=b"x", content=b"3 =\n"), Block()), "corrupt_archive"),
    "extension of nothing": (build_tar(Block(), pax((b"path", b"a"))), "corrupt_archive"),
    "cut in a file": (build_tar(Block(content=b"x" * 600))[:1200], "corrupt_archive"),
    "cut behind a file": (build_tar(Block(), end=b""), "corrupt_archive"),
    "cut in the end": (build_tar(Block(), end=bytes(512)), "corrupt_archive"),
    "bytes behind a file": (build_tar(Block(padding=b"secret".ljust(-len(CODE) % 512))), "hidden_bytes"),
    "bytes in the end": (build_tar(Block(), end=bytes(512) + b"secret"), "corrupt_archive"),
    "bytes behind one block": (build_tar(Block(), end=bytes(512) + b"x" * 512), "hidden_bytes"),
    "another archive behind the end": (build_tar(Block()) + build_tar(Block(name=b"b.py")), "hidden_bytes"),
    "late bytes": (build_tar(Block(), end=bytes(1024 * 100) + b"secret"), "hidden_bytes"),
    "nested by name": (build_tar(Block(), Block(name=b"old.zip")), "nested_archive"),
    "nested by content": (build_tar(Block(), Block(name=b"a.txt", content=build(Part()))), "nested_archive"),
    "nested tar": (build_tar(Block(), Block(name=b"a.txt", content=build_tar(Block()))), "nested_archive"),
    "empty": (bytes(10_240), "empty"),
    "only its folder": (build_tar(Block(name=b"./", kind=b"5", content=b""), Block(size=b"x")), "corrupt_archive"),
    "nothing": (b"", "not_a_tar"),
    "text": (b"import torch\n" * 100, "not_a_tar"),
    "a zip": (build(Part(content=bytes(range(256)) * 10)), "not_a_tar"),
    "polyglot": (build_tar(Block(), prefix=b"#!/bin/sh\n".ljust(512)), "not_a_tar"),
    "too many": (build_tar(*(Block(name=b"%d" % n, content=b"") for n in range(2001))), "too_many_files"),
    "huge": (build_tar(Block(size=b"77777777777\0")), "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str, tmp_path: Path) -> None:
    """Each rule, with the archive that breaks it; the message is of one line and holds no control character."""
    content, code = ATTACKS[attack]

    error = refused_tar(tmp_path, content)

    assert error.code == code
    assert error.message.isprintable()
    assert [path.name for path in tmp_path.iterdir()] == ["hw1.tar"]


SOUND = build_tar(Block())
BROKEN: dict[str, tuple[str, bytes, str]] = {
    "gzip cut": ("gzip", gzip.compress(SOUND)[:-9], "corrupt_archive"),
    "bzip2 cut": ("bzip2", bz2.compress(SOUND)[:-9], "corrupt_archive"),
    "xz cut": ("xz", lzma.compress(SOUND)[:-9], "corrupt_archive"),
    "gzip's checksum": ("gzip", gzip.compress(SOUND)[:-8] + bytes(8), "corrupt_archive"),
    "gzip's flags": ("gzip", b"\x1f\x8b\x08\xff" + gzip.compress(SOUND)[4:], "corrupt_archive"),
    "bzip2's stream": ("bzip2", b"BZh9" + b"x" * 100, "corrupt_archive"),
    "xz's stream": ("xz", b"\xfd7zXZ\x00" + b"x" * 100, "corrupt_archive"),
    "behind gzip": ("gzip", gzip.compress(SOUND) + b"secret", "hidden_bytes"),
    "behind bzip2": ("bzip2", bz2.compress(SOUND) + b"secret", "hidden_bytes"),
    "behind xz": ("xz", lzma.compress(SOUND) + b"secret", "hidden_bytes"),
    "second gzip": ("gzip", gzip.compress(SOUND) * 2, "hidden_bytes"),
    "second bzip2": ("bzip2", bz2.compress(SOUND) * 2, "hidden_bytes"),
    "second xz": ("xz", lzma.compress(SOUND) * 2, "hidden_bytes"),
    "a second stream far behind": ("gzip", gzip.compress(SOUND) + bytes(200_000), "hidden_bytes"),
    "gzip in gzip": ("gzip", gzip.compress(gzip.compress(SOUND)), "not_a_tar"),
    "plain as gzip": ("gzip", SOUND, "not_a_tar"),
    "gzip as plain": ("", gzip.compress(SOUND * 20), "not_a_tar"),
    "zip as gzip": ("gzip", build(Part()), "not_a_tar"),
    "gzip bomb": ("gzip", gzip.compress(build_tar(Block(content=bytes(20_000_000)))), "ratio"),
    "bzip2 bomb": ("bzip2", bz2.compress(build_tar(Block(content=bytes(20_000_000)))), "ratio"),
    "xz bomb": ("xz", lzma.compress(build_tar(Block(content=bytes(20_000_000)))), "ratio"),
    "a bomb behind the end": ("gzip", gzip.compress(SOUND + bytes(20_000_000)), "ratio"),
    "xz of much memory": (
        "xz",
        lzma.compress(SOUND, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 256 * 1024 * 1024}]),
        "compression",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", BROKEN)
def test_a_stream_that_is_broken_or_hides_something(attack: str, tmp_path: Path) -> None:
    """One stream, of the kind that the name says, to its end and no further."""
    how, content, code = BROKEN[attack]

    error = refused_tar(tmp_path, content, how)

    assert error.code == code
    assert error.message.isprintable()


def test_what_a_file_is_instead_is_said(tmp_path: Path) -> None:
    """A zip, a tar that isn't packed, Zstandard."""
    assert "a zip" in refused_tar(tmp_path, ATTACKS["a zip"][0]).message
    assert "compressed with gzip: it is a tar archive" in refused_tar(tmp_path, SOUND, "gzip").message
    assert "Zstandard" in refused_tar(tmp_path, b"\x28\xb5\x2f\xfd" + b"x" * 600).message
    assert "web page" in refused_tar(tmp_path, b"<!DOCTYPE html>", "gzip").message


def test_zstandard_is_refused_clearly(tmp_path: Path) -> None:
    """With what to make instead."""
    (tmp_path / "hw1.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(SubmissionError) as caught:
        read_submission(tmp_path / "hw1.tar.zst", files=("hw1.py",))

    assert caught.value.code == "kind"
    assert ".tar.gz" in caught.value.details[0]


@pytest.mark.parametrize("how", HOWS)
def test_a_bomb_is_not_unpacked(how: str, tmp_path: Path) -> None:
    """Something that unpacks to 100 MB costs about what is looked at before it is refused."""
    limits = IngestLimits(packed_bytes=200_000_000, unpacked_bytes=1_000_000)
    content = pack(build_tar(Block(), end=bytes(1024) + bytes(100_000_000)), how)
    tracemalloc.start()
    error = refused_tar(tmp_path, content, how, limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert error.code in ("ratio", "too_large")
    assert peak < len(content) + 15_000_000  # xz keeps 8 MiB to refer back to


@pytest.mark.parametrize("how", HOWS)
def test_the_largest_file_is_named(how: str, tmp_path: Path) -> None:
    """Packed or unpacked, an archive that is too large says which file makes it so."""
    blocks = Block(), Block(name=b"model.pt", content=random.Random(0).randbytes(1_800_000))
    content = pack(build_tar(*blocks), how)
    packed = refused_tar(tmp_path, content, how, IngestLimits(packed_bytes=len(content) - 20))
    unpacked = refused_tar(tmp_path, content, how, IngestLimits(unpacked_bytes=1_000_000))

    assert (packed.code, unpacked.code) == ("too_large", "too_large")
    assert "'model.pt' (1.8 MB)" in packed.message
    assert "'model.pt' (1.8 MB)" in unpacked.message


def test_a_large_tar_of_nothing_names_nothing(tmp_path: Path) -> None:
    """Where no file can be told from the beginning."""
    error = refused_tar(tmp_path, b"x" * 2000, "", IngestLimits(packed_bytes=1000))

    assert error.code == "too_large"
    assert "largest" not in error.message


def agree(content: bytes) -> bool:
    """Whether we refuse a tar, or Python's reader sees the same files in it."""
    assert PLAIN is not None
    try:
        members = read_tar(content, PLAIN, IngestLimits())
    except SubmissionError:
        return True
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        theirs = {
            member.name.removeprefix("./"): (archive.extractfile(member) or io.BytesIO()).read()
            for member in archive
            if member.isreg()
        }
    return {member.path: member.content for member in members.files} == theirs


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_read_is_what_python_reads(attack: str) -> None:
    """Where an archive is taken, the standard library sees the same names and contents: no second meaning."""
    assert agree(ATTACKS[attack][0])


PAIRS: dict[str, Callable[[], bytes]] = {
    "plain": lambda: build_tar(Block(), Block(name=b"./b.txt", content=b"x" * 5000), end=bytes(10_240)),
    "old letters": lambda: build_tar(Block(kind=b"\0"), Block(name=b"a", kind=b"5", content=b"")),
    "gnu": lambda: build_tar(long_name(LONG), GNU_LONG, Block(magic=GNU)),
    "pax": lambda: build_tar(pax((b"path", "ü".encode()), (b"mtime", b"1.5")), Block()),
    "prefix": lambda: build_tar(Block(prefix=b"a/b")),
}


@pytest.mark.parametrize("pair", PAIRS)
def test_sound_tars_are_read_as_python_reads_them(pair: str, tmp_path: Path) -> None:
    """What we take is what the standard library takes it for."""
    content = PAIRS[pair]()

    assert names(tmp_path, content)
    assert agree(content)
