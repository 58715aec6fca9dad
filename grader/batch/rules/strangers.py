"""Students whom class.toml names and the roster doesn't: a typing error would take an extension away in silence."""

from grader.batch.model import Roster
from grader.batch.rules.model import ClassRules
from grader.errors import Fault
from grader.spec.faults import Faults, suggest_name
from grader.spec.values import shorten

__all__ = ["find_strangers"]


def find_strangers(rules: ClassRules, roster: Roster) -> tuple[Fault, ...]:
    """A fault for each place where the file names somebody who isn't in the class, or a team as a student is called."""
    ids = {student.id for student in roster.students}
    faults = Faults()
    for path, student in rules.named.items():
        if student not in ids:
            near = suggest_name(student, ids)
            faults.add(path, f"{shorten(student)!r} isn't in the roster", f'did you mean "{near}"?' if near else None)
    for name in rules.teams:
        if name in ids:
            faults.add(f"teams.{name}", "a student has this id as well", "give the team another name")
    return tuple(faults.found)
