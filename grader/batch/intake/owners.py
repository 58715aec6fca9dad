"""Whose a name is: the roster and the teams turned round, so that 10,000 names are looked up in 10,000 steps."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from grader.batch.model import Roster, Student, TimeSource
from grader.batch.roster.students import fold_name
from grader.errors import UsageError
from grader.hand_in import name_folder

__all__ = ["NOBODY", "Found", "Owners"]

Names = dict[str, frozenset[str]]
NOBODY = "no student of the roster has this name"
MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """Whose something is, or why it is nobody's."""

    owner: str | None = None
    reason: str = NOBODY


class Owners:
    """Students and teams by all the names that downloads and folders have for them.

    An owner is a student's id, or a team's name.
    """

    def __init__(self, roster: Roster, teams: Mapping[str, tuple[str, ...]]) -> None:
        self.students = {student.id: student for student in roster.students}
        self.teams = teams
        self._names = collect(pair for student in roster.students for pair in list_names(student))
        for team in teams:
            for name in (fold_name(team), *name_inbox_folder(team)):
                self._names[name] = self._names.get(name, frozenset()) | {team}
        self._full = collect((key, s.id) for s in roster.students if (key := fold_full_name(s.name)))
        self._lms = {student.lms_id: student.id for student in roster.students if student.lms_id}

    @property
    def has_lms_ids(self) -> bool:
        """Whether the roster says by which numbers the LMS calls its students."""
        return bool(self._lms)

    def find(self, *names: str) -> Found:
        """By id, by the folder that an id has in an inbox, by login, e-mail address or team; any of `names`."""
        return decide(frozenset().union(*(self._names.get(fold_name(name), frozenset()) for name in names)))

    def find_by_lms_id(self, number: str) -> Found:
        """By the number that an LMS's download has; where the roster has none, an id may be that number."""
        owner = self._lms.get(number) if self._lms else number if number in self.students else None
        if owner is not None:
            return Found(owner=owner)
        return Found(reason=f"no student of the roster has the number {number}")

    def find_by_full_name(self, name: str) -> Found:
        """By first and last name, where exactly one student has them."""
        key = fold_full_name(name)
        return decide(self._full.get(key, frozenset()) if key else frozenset())

    def choose_time(
        self, owner: str, own: datetime | None, source: TimeSource
    ) -> tuple[datetime | None, TimeSource | None]:
        """When something was handed in: what the roster says (from the LMS, or in a column), else what it says itself.

        For a team's folder the roster says it where its members' rows don't contradict each other.
        """
        members = self.teams.get(owner, ()) if owner not in self.students else (owner,)
        told = {
            (student.submitted_at, student.time_source)
            for student in (self.students[member] for member in members if member in self.students)
            if student.submitted_at is not None
        }
        if len(told) == 1:
            return told.pop()
        return (None, None) if own is None else (own, source)


def list_names(student: Student) -> Iterator[tuple[str, str]]:
    """The names of a student, each with the id."""
    for name in {student.id, *student.aliases, student.email}:
        if name:
            yield fold_name(name), student.id
    for name in name_inbox_folder(student.id):
        yield name, student.id


def name_inbox_folder(name: str) -> tuple[str, ...]:
    """The folder that a name has in an inbox, if it can have one."""
    try:
        return (name_folder(name),)
    except UsageError:
        return ()


def collect(pairs: Iterable[tuple[str, str]]) -> Names:
    """Names, each with everyone whose it is."""
    found: dict[str, set[str]] = {}
    for name, owner in pairs:
        found.setdefault(name, set()).add(owner)
    return {name: frozenset(owners) for name, owners in found.items()}


def decide(owners: frozenset[str]) -> Found:
    """The one owner, or why there is none."""
    if len(owners) == 1:
        return Found(owner=next(iter(owners)))
    if not owners:
        return Found()
    named = ", ".join(repr(owner) for owner in sorted(owners)[:MOST_NAMED])
    return Found(reason=f"it could be that of {named}{' or others' if len(owners) > MOST_NAMED else ''}")


def fold_full_name(name: str) -> str:
    """A person's name by its letters and digits alone: LMSs take other characters out of file names."""
    words = re.sub(r"[\s_]+", " ", unicodedata.normalize("NFC", name).casefold())
    return unicodedata.normalize("NFC", re.sub(r"[^\w ]", "", words)).strip()
