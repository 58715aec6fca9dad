"""OneRoster's CSV, 1.1 and 1.2: users.csv and enrollments.csv, in a folder or a zip. Students are those enrolled so."""

from collections.abc import Iterator, Mapping

from grader.batch.roster.columns import Line, list_lines
from grader.batch.roster.students import Person, Students
from grader.batch.roster.table import Table, open_table
from grader.errors import Fault, SpecError

__all__ = ["ENROLLMENTS", "USERS", "add_enrolled"]

USERS = "users.csv"
ENROLLMENTS = "enrollments.csv"
GONE = "tobedeleted"
USER_COLUMNS = ("sourcedid", "status", "enableduser", "username", "givenname", "familyname", "identifier", "email")
ENROLLMENT_COLUMNS = ("usersourcedid", "role", "status")


def add_enrolled(contents: Mapping[str, bytes]) -> Students:
    """The students of the two files, in the order of users.csv; of several classes together each is there once.

    Raises:
        SpecError: a file or a column is missing, or a file can't be read at all.
    """
    students = Students(file=USERS)
    enrolled = read_enrolled(contents, students)
    known: set[str] = set()
    for line in list_checked(contents, USERS, ("sourcedid", "username"), USER_COLUMNS, students):
        if line["status"].casefold() == GONE or line["enableduser"].casefold() == "false":
            known.add(line["sourcedid"])
            continue
        known.add(line["sourcedid"])
        if line["sourcedid"] in enrolled:
            students.add(read_user(line))
    for user, number in enrolled.items():
        if user not in known:
            students.file = ENROLLMENTS
            students.complain(number, f"{user[:40]!r} isn't in {USERS}", "export both at the same time")
    return students


def read_user(line: Line) -> Person:
    """One line of users.csv. An id is `sourcedId`: what results go back by."""
    return Person(
        line=line.number,
        id=line["sourcedid"],
        name=f"{line['givenname']} {line['familyname']}".strip(),
        email=line["email"],
        aliases=(line["username"], line["identifier"]),
    )


def read_enrolled(contents: Mapping[str, bytes], students: Students) -> dict[str, int]:
    """The users that are enrolled as students, each with a line that says so."""
    students.file = ENROLLMENTS
    found: dict[str, int] = {}
    for line in list_checked(contents, ENROLLMENTS, ("usersourcedid", "role"), ENROLLMENT_COLUMNS, students):
        if line["role"].casefold() == "student" and line["status"].casefold() != GONE:
            found.setdefault(line["usersourcedid"], line.number)
    students.file = USERS
    return found


def list_checked(
    contents: Mapping[str, bytes], file: str, needed: tuple[str, ...], taken: tuple[str, ...], students: Students
) -> Iterator[Line]:
    """The lines of one of the files, its header looked at."""
    if file not in contents:
        message = f"there is no {file}"
        raise SpecError(f"the roster isn't OneRoster's: {message}", details=("Both lie beside one another.",))
    table: Table = open_table(contents[file], file)
    headings = {cell.strip().casefold() for cell in table.header.cells}
    missing = [name for name in needed if name not in headings]
    if missing:
        fault = Fault(f"{file}, line {table.header.line}", f"the column {missing[0]!r} is missing")
        raise SpecError("the roster isn't OneRoster's", faults=(fault,))
    yield from list_lines(table, taken, students)
