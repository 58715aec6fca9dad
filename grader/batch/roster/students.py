"""Rows become students: each cell is looked at before it becomes an id, and nobody is there twice."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.batch.model import Roster, Student, TimeSource
from grader.errors import SpecError, UsageError
from grader.hand_in import name_folder
from grader.spec.faults import Faults, make_plain

__all__ = ["Person", "Students", "fold_name"]

MOST_FAULTS = 50
FORMULA = ("=", "+", "-", "@")
"""What makes a spreadsheet compute a cell."""
MOST_SHOWN = 40
PLAIN_TEXT = "write it as plain text"


@dataclass(frozen=True, kw_only=True)
class Person:
    """One row of a roster, as its format's reader has it: texts, not looked at yet."""

    line: int
    id: str
    name: str = ""
    email: str = ""
    aliases: Iterable[str] = ()
    lms_id: str = ""
    submitted_at: datetime | None = None
    time_source: TimeSource = TimeSource.COLUMN


@dataclass
class Students:
    """The students so far, and what is wrong so far."""

    file: str
    """Its name, for what is told."""
    faults: Faults = field(default_factory=Faults)
    found: list[Student] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """Where an id stands, by the id folded."""
    lms_lines: dict[str, int] = field(default_factory=dict)

    def complain(self, line: int, message: str, suggestion: str | None = None) -> None:
        """Note what is wrong in a line.

        Raises:
            SpecError: that was the last of the faults that are told.
        """
        self.faults.add(f"{self.file}, line {line}", message, suggestion)
        if len(self.faults.found) >= MOST_FAULTS:
            raise self.sum_up(f"at least {MOST_FAULTS} faults; the first are told")

    def add(self, person: Person) -> None:
        """Take a student in, or note why that can't be.

        Raises:
            SpecError: there are too many faults to go on.
        """
        line, about = person.line, len(self.faults.found)
        id_ = self.read_id(person.id, line)
        name, email = self.read_text(person.name, "name", line), self.read_text(person.email, "e-mail address", line)
        aliases = frozenset(self.read_text(alias, "login", line) for alias in person.aliases if alias.strip())
        lms_id = self.read_lms_id(person.lms_id, line)
        if len(self.faults.found) > about:
            return
        student = Student(
            id=id_,
            name=name,
            email=email,
            aliases=aliases - {id_},
            lms_id=lms_id,
            submitted_at=person.submitted_at,
            time_source=person.time_source,
            line=line,
        )
        self.found.append(student)

    def read_id(self, text: str, line: int) -> str:
        """An id that can name a folder and that nobody else has."""
        id_ = self.read_text(text, "id", line)
        if not id_:
            if not text.strip():
                self.complain(line, "there is no id", "each student has one of their own")
            return ""
        try:
            name_folder(id_)
        except UsageError as error:
            self.complain(line, error.message)
            return ""
        first = self.lines.setdefault(fold_name(id_), line)
        if first != line:
            message = f"the id {show(id_)} is that of line {first} as well"
            self.complain(line, message, "ids that differ in letter case alone count as one")
        return id_

    def read_lms_id(self, text: str, line: int) -> str:
        """The LMS's number for a student, which nobody else has."""
        lms_id = self.read_text(text, "id of the LMS", line)
        first = self.lms_lines.setdefault(lms_id, line) if lms_id else line
        if first != line:
            self.complain(line, f"the LMS's id {show(lms_id)} is that of line {first} as well")
        return lms_id

    def read_text(self, text: str, what: str, line: int) -> str:
        """A cell in composed letters, spaces at its ends taken off; empty where it is refused."""
        text = unicodedata.normalize("NFC", text.strip())
        if text.startswith(FORMULA):
            message = f"the {what} {show(text)} begins like a formula" if what == "id" else f"the {what} is a formula"
            self.complain(line, message, f"{PLAIN_TEXT}, without {text[0]!r} in front")
            return ""
        if not text.isprintable():
            self.complain(line, f"the {what} holds a character that can't be seen", PLAIN_TEXT)
            return ""
        return text

    def finish(self, path: Path, format_: str) -> Roster:
        """The roster, if nothing is wrong.

        Raises:
            SpecError: something is.
        """
        if not self.found and not self.faults.found:
            self.complain(1, "there is no student in it", "a line for each is right")
        if self.faults.found:
            count = len(self.faults.found)
            raise self.sum_up(f"{count} faults" if count > 1 else "a fault")
        return Roster(students=tuple(self.found), path=path, format=format_)

    def sum_up(self, count: str) -> SpecError:
        """What to raise."""
        details = ("Nobody was read from it: a roster counts whole or not at all.",)
        return SpecError(f"the roster {self.file} has {count}", faults=tuple(self.faults.found), details=details)


def show(text: str) -> str:
    """A cell, quoted, not too long."""
    return repr(make_plain(text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"))


def fold_name(text: str) -> str:
    """A text as those compare it who don't tell letter case or composition apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())
