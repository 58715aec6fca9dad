"""Read class.toml. It lies beside the roster and serves the whole course: what stands at its top holds for every
assignment, what stands in `[assignments.SLUG]` for that one instead.

Every assignment's part is looked at, whichever is asked for: all that is wrong is told at once.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from grader.batch.rules.model import ClassRules, Counting
from grader.batch.rules.parts import (
    read_accommodations,
    read_cap,
    read_extensions,
    read_penalty,
    read_table,
    read_teams,
)
from grader.batch.rules.stretch import in_utc
from grader.batch.rules.words import list_class, list_rules
from grader.batch.rules.zone import Moment, ZoneName
from grader.errors import SpecError
from grader.spec.faults import Faults, join_path, read_fields, suggest_name
from grader.spec.toml import read_toml
from grader.spec.values import Field, shorten

__all__ = ["read_rules"]


@dataclass(frozen=True, kw_only=True)
class Level:
    """What one part of the file says: only what is written there."""

    path: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)

    def place(self, *names: str) -> str:
        """The path of something in it."""
        path = self.path
        for name in names:
            path = join_path(path, shorten(name))
        return path


def read_rules(path: Path, *, slug: str) -> ClassRules:
    """The rules of a class.toml for one assignment.

    Raises:
        SpecError: there is no such file, or it is unsound; all its faults are in there.
    """
    path = Path(path)
    faults = Faults()
    rules = read_document(read_toml(path), slug, faults)
    if faults.found:
        count = f"{len(faults.found)} faults" if len(faults.found) > 1 else "a fault"
        raise SpecError(f"{path} has {count}", faults=tuple(faults.found))
    return rules


def read_document(document: Mapping[str, Any], slug: str, faults: Faults) -> ClassRules:
    """The whole file, and the rules of one assignment."""
    moment = choose_zone(document)
    top = read_level(document, "", list_class(moment), moment, faults)
    if "assignments" in document:
        parts = read_assignments(top.given["assignments"], moment, faults)
        if slug not in parts and isinstance(document["assignments"], dict):
            report_absent(slug, parts, faults)
        return combine_parts(top, parts, slug, moment, faults)
    return combine_parts(Level(), {slug: top}, slug, moment, faults)


def choose_zone(document: Mapping[str, Any]) -> Moment:
    """How times without a zone are read. What is wrong with the zone itself is told where its key is read."""
    named = document.get("zone")
    zone = None if named is None else ZoneName().read(named, lambda message, suggestion: None)
    return Moment(zone=zone, zone_is_broken=named is not None and zone is None)


def read_level(table: Mapping[str, Any], path: str, fields: Iterable[Field], moment: Moment, faults: Faults) -> Level:
    """One part of the file."""
    values = read_fields(table, fields, path, faults)
    given = {name: value for name, value in values.items() if name in table}
    readers: dict[str, Callable[[Any, str, Faults], Any]] = {
        "penalty": read_penalty,
        "cap": read_cap,
        "teams": read_teams,
        "accommodations": read_accommodations,
        "extensions": partial(read_extensions, moment=moment),
    }
    for name in [name for name in readers if name in given]:
        given[name] = readers[name](given[name], join_path(path, name), faults)
    return Level(path=path, given=given)


def read_assignments(value: Any, moment: Moment, faults: Faults) -> dict[str, Level]:
    """What is otherwise for an assignment, by its slug."""
    parts = {}
    for slug, table in read_table(value, "assignments", "[assignments.hw1]", faults).items():
        path = join_path("assignments", shorten(slug))
        inner = read_table(table, path, f"[{path}]", faults)
        parts[slug] = read_level(inner, path, list_rules(moment), moment, faults)
    return parts


def report_absent(slug: str, parts: Iterable[str], faults: Faults) -> None:
    """Where assignments are named, the one that is graded must be: a typing error would take its due date away."""
    near = suggest_name(slug, parts)
    write = f"write [assignments.{slug}], with nothing below it where the rest of the file holds"
    faults.add("assignments", f"{slug} isn't among them", f'is it "{near}"? Otherwise {write}' if near else write)


def combine_parts(top: Level, parts: Mapping[str, Level], slug: str, moment: Moment, faults: Faults) -> ClassRules:
    """The rules of one assignment, after the dates of all have been looked at."""
    named = list_named((top, *parts.values()))
    rules = ClassRules()
    for name, part in parts.items():
        combined = combine_levels(top, part, moment, named)
        check_dates(combined, top, part, name, faults)
        rules = combined if name == slug else rules
    return rules


def combine_levels(top: Level, part: Level, moment: Moment, named: Mapping[str, str]) -> ClassRules:
    """What holds for one assignment: the part's own words before the file's; extensions student by student."""
    values = {**top.given, **part.given}
    values["extensions"] = {**top.given.get("extensions", {}), **part.given.get("extensions", {})}
    values["attempts"] = Counting(values.get("attempts", Counting.LAST.value))
    known = {name: value for name, value in values.items() if name in ClassRules.__dataclass_fields__}
    return ClassRules(**{**known, "zone": moment.zone, "named": named})


def list_named(levels: Iterable[Level]) -> dict[str, str]:
    """Where the file names which student."""
    named: dict[str, str] = {}
    for level in levels:
        for table in ("extensions", "accommodations"):
            named |= {level.place(table, student): student for student in level.given.get(table, {})}
        for team, members in level.given.get("teams", {}).items():
            named |= {f"{level.place('teams', team)}[{n}]": member for n, member in enumerate(members)}
    return named


def check_dates(rules: ClassRules, top: Level, part: Level, slug: str, faults: Faults) -> None:
    """Complain about dates that contradict each other."""
    own = part.given.get("extensions", {})
    if rules.due is None:
        if "due" not in part.given and "due" not in top.given:
            report_undue(part, own, faults)
        return
    due = in_utc(rules.due)
    if isinstance(rules.closes, datetime) and in_utc(rules.closes) < due:
        where = (part if "closes" in part.given else top).place("closes")
        faults.add(where, f"{rules.closes} is before {slug} is due, {rules.due}", "a later date is right")
    for student, date in own.items():
        if isinstance(date, datetime) and in_utc(date) < due:
            faults.add(part.place("extensions", student), f"{date} is before the due date, {rules.due}", "a later date")


def report_undue(part: Level, extensions: Iterable[str], faults: Faults) -> None:
    """Complain about what makes no sense where nothing is due."""
    paths = [part.place("closes")] if "closes" in part.given else []
    for path in [*paths, *(part.place("extensions", student) for student in extensions)]:
        faults.add(path, "nothing is due that this could belong to", "write due as well")
