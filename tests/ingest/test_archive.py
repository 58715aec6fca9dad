import io
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionError
from grader.ingest.archive import read_zip
from grader.limits import IngestLimits
from tests.ingest.zips import CODE, Part, build, read, refused

LINK = (0o120777 << 16) & 0xFFFFFFFF
NFD = "u\u0308bung.py".encode()


def test_a_zip_made_by_hand_is_read(tmp_path: Path) -> None:
    """What the other tests tamper with is right to begin with."""
    submission = read(tmp_path, build(Part(), Part(name=b"data.txt", content=b"1", method=0)))

    assert [file.path for file in submission.files] == ["data.txt", "hw1.py"]
    assert submission.programs[0].source == CODE.decode()
    assert submission.source == "hw1.zip/hw1.py"


def test_names_in_utf8_need_no_flag(tmp_path: Path) -> None:
    """Apple's tools write UTF-8 without saying so."""
    submission = read(tmp_path, build(Part(), Part(name="übung.txt".encode())))

    assert [file.path for file in submission.files] == ["hw1.py", "übung.txt"]


def test_a_member_whose_sizes_follow_it(tmp_path: Path) -> None:
    """Streamed archives have sizes behind the data, with a signature or without, in 32 or 64 bits."""
    crc, packed, size = Part().sums
    forms = [b"PK\x07\x08" + struct.pack("<LLL", crc, packed, size), struct.pack("<LLL", crc, packed, size)]
    forms += [b"PK\x07\x08" + struct.pack("<LQQ", crc, packed, size)]
    for form in forms:
        content = build(Part(flags=8, hide_sizes=True, descriptor=form), Part(name=b"b.txt"))
        assert len(read(tmp_path, content).files) == 2


@pytest.mark.parametrize("force", [False, True])
def test_what_pythons_zipfile_writes(force: bool, tmp_path: Path) -> None:
    """Streamed or not, with 64-bit fields or not."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("hw1/hw1.py", "w", force_zip64=force) as file:
            file.write(CODE)
        archive.writestr("hw1/data/", "")
        archive.comment = b"by hand"

    assert [file.path for file in read(tmp_path, stream.getvalue()).files] == ["hw1.py"]


def test_what_is_written_to_a_pipe(tmp_path: Path) -> None:
    """zipfile uses descriptors where it can't seek."""
    code = "import sys, zipfile\nwith zipfile.ZipFile(sys.stdout.buffer, 'w') as z: z.writestr('hw1.py', 'x = 1')"
    content = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout

    assert read(tmp_path, content).programs[0].source == "x = 1"


def test_a_64_bit_end_record(tmp_path: Path) -> None:
    """Some tools always write one; it must say what the short one says."""
    content = build(Part())
    end = struct.unpack("<4s4H2LH", content[-22:])
    long = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, end[5], end[6])
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(content) - 22, 1)
    short = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    lie = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 0xFFFFFFFF, 0xFFFFFFFF, 0)

    assert len(read(tmp_path, content[:-22] + long + locator + short).files) == 1
    assert refused(tmp_path, content[:-22] + long + locator + lie).code == "corrupt_archive"


CRC = zlib.crc32(CODE)

ATTACKS = {
    "absolute": (build(Part(name=b"/etc/passwd")), "absolute_path"),
    "drive": (build(Part(name=b"C:hw1.py")), "absolute_path"),
    "slip": (build(Part(name=b"../hw1.py")), "path_escape"),
    "slip inside": (build(Part(name=b"a/../../hw1.py")), "path_escape"),
    "slip in what is left out": (build(Part(), Part(name=b"__MACOSX/../../x")), "path_escape"),
    "backslash": (build(Part(name=b"a\\hw1.py")), "backslash"),
    "dot": (build(Part(name=b"./hw1.py")), "odd_path"),
    "empty part": (build(Part(name=b"a//hw1.py")), "odd_path"),
    "empty name": (build(Part(name=b"")), "odd_path"),
    "newline": (build(Part(name=b"hw1\n.py")), "name_characters"),
    "NUL": (build(Part(name=b"hw1.py\0.txt")), "name_characters"),
    "escape": (build(Part(name=b"\x1b[31mhw1.py")), "name_characters"),
    "bidi": (build(Part(name="hw1\u202eyp.exe".encode())), "name_characters"),
    "not UTF-8": (build(Part(name=b"\x81bung.py")), "name_encoding"),
    "NFD": (build(Part(name=NFD)), "not_nfc"),
    "long": (build(Part(name=b"x" * 300)), "long_path"),
    "deep": (build(Part(name=b"a/" * 30 + b"x")), "deep_path"),
    "duplicate": (build(Part(), Part(content=b"other")), "duplicate_name"),
    "case twins": (build(Part(), Part(name=b"HW1.py")), "twins"),
    "folder twins": (build(Part(name=b"a/x"), Part(name=b"A/y")), "twins"),
    "dot twins": (build(Part(), Part(name=b"hw1.py.")), "twins"),
    "sharp s": (build(Part(name="ß".encode()), Part(name=b"ss")), "twins"),
    "file and folder": (build(Part(name=b"a"), Part(name=b"a/b")), "twins"),
    "link": (build(Part(attributes=LINK, content=b"/etc/passwd")), "link"),
    "reparse point": (build(Part(attributes=0x400)), "link"),
    "pipe": (build(Part(attributes=0o010644 << 16)), "special_file"),
    "device": (build(Part(attributes=0o020644 << 16)), "special_file"),
    "folder with content": (build(Part(name=b"a/", attributes=0o40755 << 16)), "contradiction"),
    "folder by mode": (build(Part(attributes=0o40755 << 16)), "contradiction"),
    "encrypted": (build(Part(flags=1)), "encrypted"),
    "strongly encrypted": (build(Part(flags=65)), "encrypted"),
    "AES": (build(Part(method=99, extra=struct.pack("<HH7s", 0x9901, 7, b"\2\0AE\3\x08\0"))), "encrypted"),
    "bzip2": (build(Part(method=12)), "compression"),
    "nested by name": (build(Part(), Part(name=b"old.tar.gz")), "nested_archive"),
    "nested by content": (build(Part(), Part(name=b"notes.txt", content=build(Part()))), "nested_archive"),
    "empty": (build(), "empty"),
    "polyglot": (build(Part(), prefix=b"#!/bin/sh\n"), "hidden_bytes"),
    "gap": (build(Part(), Part(name=b"b", before=b"secret")), "hidden_bytes"),
    "gap at the end": (build(Part(), gap=b"secret"), "hidden_bytes"),
    "trailing bytes": (build(Part(), tail=b"secret"), "not_a_zip"),
    "overlap": (build(Part(), Part(name=b"b", offset=0)), "overlap"),
    "offset outside": (build(Part(offset=10**6)), "hidden_bytes"),
    "local name": (build(Part(local_name=b"hw2.py")), "contradiction"),
    "local method": (build(Part(local_method=0)), "contradiction"),
    "local flags": (build(Part(local_flags=1)), "contradiction"),
    "sizes": (build(Part(central_size=5)), "contradiction"),
    "descriptor": (build(Part(flags=8, hide_sizes=True, descriptor=b"PK\x07\x08" + b"\0" * 12)), "contradiction"),
    "no descriptor": (build(Part(flags=8, hide_sizes=True)), "contradiction"),
    "second name": (build(Part(extra=struct.pack("<HHBL6s", 0x7075, 11, 1, 0, b"hw2.py"))), "contradiction"),
    "checksum": (build(Part(crc=1)), "corrupt_archive"),
    "broken stream": (build(Part(packed=b"\xff\xff\xff\xff")), "corrupt_archive"),
    "cut stream": (build(Part(packed=Part().data[:-3])), "corrupt_archive"),
    "bytes after the stream": (build(Part(packed=Part().data + b"secret")), "corrupt_archive"),
    "larger than it says": (build(Part(content=b"x" * 5000, size=10)), "false_size"),
    "smaller than it says": (build(Part(size=5000)), "corrupt_archive"),
    "stored size": (build(Part(method=0, size=5)), "corrupt_archive"),
    "count too small": (build(Part(), Part(name=b"b"), count=1), "corrupt_archive"),
    "count too large": (build(Part(), count=2), "corrupt_archive"),
    "counts differ": (build(Part(), entries=2), "corrupt_archive"),
    "zip64 lie": (build(Part(central_size=0xFFFFFFFF)), "corrupt_archive"),
    "zip64 size": (
        build(Part(central_size=0xFFFFFFFF, extra=struct.pack("<HHQ", 1, 8, 2**40))),
        "contradiction",
    ),
    "two zip64 fields": (build(Part(extra=struct.pack("<HHQHHQ", 1, 8, 1, 1, 8, 2))), "corrupt_archive"),
    "nothing": (b"", "not_a_zip"),
    "text": (b"import torch\n", "not_a_zip"),
    "web page": (b"<!DOCTYPE html>", "not_a_zip"),
    "RAR": (b"Rar!\x1a\x07\x01\x00" + b"\0" * 50, "not_a_zip"),
    "cut": (build(Part())[:-30], "not_a_zip"),
    "bomb": (build(Part(content=b"\0" * 20_000_000)), "ratio"),
    "too many": (build(*(Part(name=b"%d" % n, content=b"") for n in range(2001))), "too_many_files"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_refused(attack: str, tmp_path: Path) -> None:
    """Each rule, with the archive that breaks it; the message is of one line and holds no control character."""
    content, code = ATTACKS[attack]

    error = refused(tmp_path, content)

    assert error.code == code
    assert error.message.isprintable()
    assert [path.name for path in tmp_path.iterdir()] == ["hw1.zip"]


def test_what_an_archive_is_instead_is_said(tmp_path: Path) -> None:
    """A renamed RAR, a web page saved by mistake, a download that was cut off."""
    assert "a RAR archive" in refused(tmp_path, ATTACKS["RAR"][0]).message
    assert "a web page" in refused(tmp_path, b"\n<html>").message
    assert "empty" in refused(tmp_path, b"").message
    assert "cut off" in refused(tmp_path, build(Part())[:-10]).message


def test_a_declared_bomb_is_not_inflated(tmp_path: Path) -> None:
    """A member that inflates to 40 MB where 1 kB is declared costs about what it declares."""
    content = build(Part(content=b"\0" * 40_000_000, size=1000))
    tracemalloc.start()
    error = refused(tmp_path, content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert error.code == "false_size"
    assert peak < 5_000_000


def test_the_largest_file_is_named(tmp_path: Path) -> None:
    """Packed or unpacked, an archive that is too large says which file makes it so."""
    content = build(Part(), Part(name=b"model.pt", content=bytes(range(256)) * 40, method=0))
    packed = refused(tmp_path, content, limits=IngestLimits(packed_bytes=5000))
    unpacked = refused(tmp_path, content, limits=IngestLimits(unpacked_bytes=5000))

    assert (packed.code, unpacked.code) == ("too_large", "too_large")
    assert "'model.pt' (10 kB packed)" in packed.message
    assert "'model.pt' (10 kB)" in unpacked.message


def test_a_checkpoint_is_no_archive(tmp_path: Path) -> None:
    """PyTorch's and NumPy's files are zips inside, and data all the same."""
    submission = read(tmp_path, build(Part(), Part(name=b"model.pt", content=build(Part()), method=0)))

    assert [file.path for file in submission.files] == ["hw1.py", "model.pt"]


def test_what_systems_add_is_left_out(tmp_path: Path) -> None:
    """macOS's twin files and folders, caches and environments aren't homework."""
    names = ["__MACOSX/hw1/._hw1.py", "hw1/.DS_Store", "hw1/__pycache__/hw1.cpython-312.pyc", "hw1/report.json"]
    names += ["hw1/env/pyvenv.cfg", "hw1/env/lib/x.py", "hw1/hw1.py"]

    submission = read(tmp_path, build(*(Part(name=name.encode()) for name in names)))

    assert [file.path for file in submission.files] == ["hw1.py"]
    assert submission.notes == ()


def test_a_link_to_a_zip_is_not_followed(tmp_path: Path) -> None:
    """The path itself must be the file."""
    (tmp_path / "real.zip").write_bytes(build(Part()))
    (tmp_path / "hw1.zip").symlink_to(tmp_path / "real.zip")
    with pytest.raises(SubmissionError) as caught:
        read_submission_at(tmp_path / "hw1.zip")

    assert caught.value.code == "link"


def read_submission_at(path: Path) -> object:
    """Read what is at a path."""
    from grader.ingest import read_submission

    return read_submission(path, files=("hw1.py",))


SOUND = build(
    Part(),
    Part(name=b"data/values.txt", content=b"1 2 3 4 " * 50),
    Part(name=b"data/raw.bin", content=bytes(range(64)), method=0),
    Part(name=b"late.txt", flags=8, hide_sizes=True, descriptor=b"PK\x07\x08" + struct.pack("<LLL", *Part().sums)),
)
SMALL = IngestLimits(unpacked_bytes=100_000, free_bytes=10_000, entries=20)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutations_raise_nothing_else(data: st.DataObject) -> None:
    """Whatever bytes of an archive are changed, taken out or put in, it is read within its limits or refused."""
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(("change", "take", "put", "repeat", "word")))
        if kind == "change":
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "take":
            del content[at : at + data.draw(st.integers(1, 40))]
        elif kind == "put":
            content[at:at] = data.draw(st.binary(max_size=40))
        elif kind == "repeat":
            content[at:at] = content[at : at + 60]
        else:
            content[at : at + 4] = data.draw(st.sampled_from((b"\xff\xff\xff\xff", b"\0\0\0\0", b"PK\x05\x06")))
        content = content or bytearray(b"\0")
    try:
        members = read_zip(bytes(content), SMALL)
    except SubmissionError as error:
        assert error.code
        assert error.message.isprintable()
    else:
        assert sum(len(member.content) for member in members.files) <= SMALL.unpacked_bytes


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_else(content: bytes) -> None:
    """Bytes that never were an archive, with an end record or without."""
    for tail in (b"", build(Part())[-22:]):
        with pytest.raises(SubmissionError):
            read_zip(content + tail, SMALL)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(st.text("abc/.", min_size=1, max_size=6), st.binary(max_size=30), st.sampled_from((0, 8))), max_size=5
    )
)
def test_what_is_read_is_what_python_reads(parts: list[tuple[str, bytes, int]]) -> None:
    """Where an archive is taken, the standard library sees the same names and contents: no second meaning."""
    content = build(*(Part(name=name.encode(), content=data, method=how) for name, data, how in parts))
    try:
        members = read_zip(content, SMALL)
    except SubmissionError:
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        theirs = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}

    assert {member.path: member.content for member in members.files} == theirs


def test_sizes_of_what_is_left_out_cost_nothing(tmp_path: Path) -> None:
    """A member that is left out isn't inflated, so what it declares doesn't count."""
    bomb = replace(Part(), name=b"__pycache__/x.pyc", content=b"\0" * 30_000_000)

    assert [file.path for file in read(tmp_path, build(Part(), bomb)).files] == ["hw1.py"]
