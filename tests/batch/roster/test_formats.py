"""Rosters in the formats that they come in."""

import io
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from grader.batch.model import Roster, TimeSource
from grader.batch.roster import read_roster
from grader.errors import SpecError

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,hw1 (3321),Current Score\r\n"
    ",,,,,Manual Posting,\r\n"
    "    Points Possible,,,,,10,(read only)\r\n"
    '"Smith, John",4711,s1042,jsmith,A,,\r\n'
    '"Lee, Ann",4712,,alee,A,9.5,\r\n'
    '"Student, Test",4799,,9f3e,A,,\r\n'
)
WORKSHEET = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Last modified (submission)\n"
    'Participant 981,John Smith,s1042,j@example.org,Submitted,,100.00,"Friday, 13 February 2026, 11:59 PM"\n'
    "Participant 982,Ann Lee,,a@example.org,No submission,,100.00,-\n"
)
PARTICIPANTS = (
    "First name,Last name,ID number,Email address,Roles\n"
    "John,Smith,s1042,j@example.org,Student\nIna,Teach,t1,t@example.org,Teacher\n"
)
GRADESCOPE = (
    "First Name,Last Name,SID,Email,Role,Sections\nJohn,Smith,s1042,j@example.org,Student,\nTa,Ta,t1,t@x.org,TA,\n"
)
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,identifier,email\n"
    "u1,,,true,o1,student,jsmith,John,Smith,s1042,j@example.org\n"
    "u2,,,true,o1,teacher,ina,Ina,Teach,t1,t@example.org\n"
    "u3,,,false,o1,student,gone,Gone,Away,s1,g@example.org\n"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n"
    "e1,,,c1,o1,u1,student\ne2,,,c1,o1,u2,teacher\ne3,,,c1,o1,u3,student\ne4,,,c2,o1,u1,student\n"
)


def read(tmp_path: Path, text: str, **options: timezone) -> Roster:
    """A roster of this text."""
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode())
    return read_roster(path, **options)


def test_plain(tmp_path: Path) -> None:
    """Our own columns, in any order; others are passed over."""
    roster = read(
        tmp_path,
        "name,student_id,email,group,submitted_at\n"
        "Ann Lee,s2,a@example.org,x,2026-11-21T09:13:58+01:00\n"
        '\n"Smith, J",s1,,y,\n',
    )

    assert (roster.format, [student.id for student in roster.students]) == ("plain", ["s2", "s1"])
    assert [student.line for student in roster.students] == [2, 4]
    assert roster.students[0].submitted_at == datetime(2026, 11, 21, 8, 13, 58, tzinfo=UTC)
    assert roster.students[0].time_source is TimeSource.COLUMN
    assert (roster.students[1].name, roster.students[1].submitted_at) == ("Smith, J", None)


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_ends_of_lines(tmp_path: Path, delimiter: str, ending: str) -> None:
    """As spreadsheets of other countries and times write them."""
    text = ending.join(["\ufeffStudent_ID,Name", "s1,Ann", 's2,"Jo e"']).replace(",", delimiter)

    assert [student.id for student in read(tmp_path, text).students] == ["s1", "s2"]


def test_an_id_alone_is_a_roster(tmp_path: Path) -> None:
    """Names and addresses aren't needed, so they needn't be there."""
    assert [student.id for student in read(tmp_path, "student_id\ns1\n00042\n").students] == ["s1", "00042"]


def test_canvas(tmp_path: Path) -> None:
    """The row of points and the test student are nobody's; an id is the SIS's where there is one, else Canvas's."""
    roster = read(tmp_path, CANVAS)

    assert (roster.format, [student.id for student in roster.students]) == ("canvas", ["s1042", "4712"])
    assert [student.lms_id for student in roster.students] == ["4711", "4712"]
    assert roster.students[0].aliases == {"4711", "jsmith"}
    assert roster.students[0].line == 4


def test_a_worksheet_of_moodle(tmp_path: Path) -> None:
    """The participant's number is kept for the download; without an ID number it makes the id."""
    roster = read(tmp_path, WORKSHEET)

    assert (roster.format, [student.id for student in roster.students]) == ("moodle", ["s1042", "participant-982"])
    assert [student.lms_id for student in roster.students] == ["981", "982"]
    assert [student.submitted_at for student in roster.students] == [None, None]


def test_a_time_of_moodle_needs_a_zone(tmp_path: Path) -> None:
    """Moodle doesn't write it, so it is told; then it is the LMS's own word."""
    student = read(tmp_path, WORKSHEET, zone=timezone(timedelta(hours=1))).students[0]

    assert student.submitted_at == datetime(2026, 2, 13, 22, 59, tzinfo=UTC)
    assert student.time_source is TimeSource.LMS


def test_participants_of_moodle(tmp_path: Path) -> None:
    """Where there are roles, only students count."""
    roster = read(tmp_path, PARTICIPANTS)

    assert (roster.format, [(student.id, student.name) for student in roster.students]) == (
        "moodle",
        [("s1042", "John Smith")],
    )


def test_gradescope(tmp_path: Path) -> None:
    """Students only."""
    roster = read(tmp_path, GRADESCOPE)

    assert (roster.format, [student.id for student in roster.students]) == ("gradescope", ["s1042"])


def write_oneroster(folder: Path, *, packed: bool) -> Path:
    """A OneRoster export."""
    files = {"manifest.csv": "propertyName,value\n", "users.csv": USERS, "enrollments.csv": ENROLLMENTS}
    if not packed:
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        return folder
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    path = folder / "export.zip"
    path.write_bytes(buffer.getvalue())
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_oneroster(tmp_path: Path, packed: bool) -> None:
    """Whoever is enrolled as a student and enabled, once, however many classes there are."""
    roster = read_roster(write_oneroster(tmp_path, packed=packed))

    assert (roster.format, [student.id for student in roster.students]) == ("oneroster", ["u1"])
    assert roster.students[0].aliases == {"jsmith", "s1042"}


def test_oneroster_without_a_file(tmp_path: Path) -> None:
    """Says which."""
    (tmp_path / "users.csv").write_text(USERS, "utf-8")

    with pytest.raises(SpecError, match=r"there is no enrollments\.csv"):
        read_roster(tmp_path)


def test_oneroster_with_an_unknown_user(tmp_path: Path) -> None:
    """Two files of different days don't fit together."""
    write_oneroster(tmp_path, packed=False)
    (tmp_path / "users.csv").write_text(USERS.replace("u1,", "u9,"), "utf-8")

    with pytest.raises(SpecError) as caught:
        read_roster(tmp_path)

    assert [fault.path for fault in caught.value.faults] == ["enrollments.csv, line 2"]
