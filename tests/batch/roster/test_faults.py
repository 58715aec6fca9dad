"""Bad rosters: each fault with its line, all at once, and nobody is read."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from grader.batch.roster import read_roster
from grader.errors import SpecError


def refuse(tmp_path: Path, content: bytes | str) -> SpecError:
    """What reading such a roster says."""
    path = tmp_path / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SpecError) as caught:
        read_roster(path)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("student_id\ns1\ns2\ns1\n", 4, "the id 's1' is that of line 2 as well"),
        ("student_id\nAnn\nann\n", 3, "the id 'ann' is that of line 2 as well"),
        ("student_id\nu\u0308\n\u00fc\n", 3, "is that of line 2 as well"),
        ("student_id\ns1\n=1+1\n", 3, "begins like a formula"),
        ("student_id\n-\n", 2, "begins like a formula"),
        ("student_id\n-17\n", 2, "begins like a formula"),
        ('student_id\n"=""00123"""\n', 2, "begins like a formula"),
        ("student_id,name\ns1,@SUM(A1)\n", 2, "the name is a formula"),
        ("student_id,email\ns1,+a@example.org\n", 2, "the e-mail address is a formula"),
        ("student_id,name\n,Ann\n", 2, "there is no id"),
        ("student_id\n" + "s" * 300 + "\n", 2, "names no student"),
        ("student_id\ns\u200e1\n", 2, "can't be seen"),
        ("student_id,name\ns1\n", 2, "1 cells; the header has 2"),
        ("student_id,name\ns1,Lee, Ann\n", 2, "3 cells; the header has 2"),
        ("student_id,submitted_at\ns1,2026-11-21 09:13\n", 2, "isn't taken (a time with its zone is right"),
        ("student_id,submitted_at\ns1,11/21/26 9:13 AM\n", 2, "isn't taken"),
        ("student_id,submitted_at\ns1,2026-11-21\n", 2, "isn't taken"),
        ("student_id,student_id\ns1,s2\n", 1, "stands there twice"),
        ("student_id,lms_id\ns1,7\ns2,7\n", 3, "the LMS's id '7' is that of line 2 as well"),
        ("student_id\n", 1, "there is no student in it"),
        ("", 1, "there is nothing in it"),
        ("\n\n  \n", 1, "there is nothing in it"),
        ('student_id\n"s1\ns2\n', 2, "can't be read as CSV"),
        ('student_id\n"s1"x\n', 2, "can't be read as CSV"),
    ],
)
def test_a_fault_has_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    """What is wrong, where, and what would be right."""
    error = refuse(tmp_path, text)

    assert [fault.path for fault in error.faults] == [f"roster.csv, line {line}"]
    assert words in str(error.faults[0])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("student_id\ns1\n".encode("utf-16"), 1, "it is UTF-16"),
        ("student_id\ns1\n".encode("utf-16-le"), 1, "a NUL: the file is UTF-16, or damaged"),
        ("student_id\ns1\n".encode("utf-32"), 1, "it is UTF-32"),
        (b"student_id\ns1\ns2\0\n", 3, "a NUL"),
        ("student_id,name\ns1,Zo\u00eb\n".encode("latin-1"), 2, "the byte 0xEB isn't UTF-8"),
        (b"student_id\ns\xed\xa0\x80\n", 2, "isn't UTF-8"),
        (b"student_id\n" + b"," * 1_000_000 + b"\n", 2, "a row of more than 512 KiB"),
        (b"student_id" + b",x" * 600 + b"\n", 1, "more than 500 columns"),
        (b"student_id\n" + b"x" * 70_000 + b"\n", 2, "a cell of more than 65,536 characters"),
        (b'student_id\n"' + b"x\n" * 400_000, 2, "field larger than"),
        (b'student_id\n"' + b'x\n","' * 200_000, 2, "a row of more than 512 KiB"),
        (b"PK\x03\x04" + b"\0" * 100, 1, "a spreadsheet or a zip, not CSV"),
        (b"student_id\ra\rb\n", 1, "a carriage return within a line"),
    ],
)
def test_what_is_no_roster(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    """Is said with the line on which that is seen, and what to do."""
    error = refuse(tmp_path, content)

    assert error.faults[0].path.startswith("roster.csv, line ")
    assert words in str(error.faults[0])
    assert error.faults[0].suggestion
    assert line == 1 or int(error.faults[0].path.rpartition(" ")[2]) >= line


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Up to fifty: one who mends a file sees them together."""
    few = refuse(tmp_path, "student_id,name\n=1,a\ns1,=b\ns2\ns1,c\n")
    many = refuse(tmp_path, "student_id\n" + "=1\n" * 500)

    assert [fault.path for fault in few.faults] == [f"roster.csv, line {line}" for line in (2, 3, 4, 5)]
    assert "a roster counts whole or not at all" in few.details[-1]
    assert len(many.faults) == 50


def test_an_unknown_header_names_what_would_be_right(tmp_path: Path) -> None:
    """Each format with its columns."""
    error = refuse(tmp_path, "Kennung,Vollst\u00e4ndiger Name,E-Mail-Adresse\nx,y,z\n")

    assert "'Kennung'" in str(error.faults[0])
    for name in ("plain: student_id", "canvas: ", "moodle: ", "in English", "gradescope: ", "oneroster: "):
        assert any(name in line for line in error.details)


def test_there_is_no_such_file(tmp_path: Path) -> None:
    """Nor is a pipe one: it would never end."""
    with pytest.raises(SpecError, match="no such file"):
        read_roster(tmp_path / "none.csv")


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A roster of more rows than any class has is another file."""
    monkeypatch.setattr("grader.batch.roster.table.MOST_ROWS", 1_000)
    error = refuse(tmp_path, b"student_id\n" + b"\n".join(b"%d" % number for number in range(1_001)) + b"\n")

    assert str(error.faults[0]).startswith("roster.csv, line 1002: more than 1,000 rows")


def test_a_million_columns_take_little_memory(tmp_path: Path) -> None:
    """The row isn't even split."""
    path = tmp_path / "roster.csv"
    path.write_bytes(b"student_id" + b"," * 4_000_000 + b"\n")
    tracemalloc.start()
    try:
        with pytest.raises(SpecError):
            read_roster(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 32 * 1024 * 1024


def test_a_bomb_in_place_of_oneroster(tmp_path: Path) -> None:
    """A zip is unpacked by the strict reader, within its limits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", b"\n" * 90_000_000)
    path = tmp_path / "export.zip"
    path.write_bytes(buffer.getvalue())

    with pytest.raises(SpecError, match="can't be unpacked"):
        read_roster(path)


def test_ten_thousand_students(tmp_path: Path) -> None:
    """Are read in one go, each with its line."""
    path = tmp_path / "roster.csv"
    path.write_text("student_id,name\n" + "".join(f"s{number},N {number}\n" for number in range(10_000)), "utf-8")
    roster = read_roster(path)

    assert len(roster.students) == 10_000
    assert roster.students[-1].line == 10_001
