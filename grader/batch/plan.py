"""The plan of a batch: for every row of the roster the attempts that there are, read once, with digests and times.

It is kept beside the ledger, so that a class can be graded again (`grade regrade`) when the folder of submissions is
gone. It holds ids, digests and times; what was handed in lies in the ledger, by digest.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grader.batch.intake import read_handed_in
from grader.batch.ledger import Ledger
from grader.batch.marks import Refusal
from grader.batch.model import HandedIn, Intake, Roster, TimeSource, Unmatched
from grader.batch.packing import pack_submission
from grader.durable import write_whole
from grader.errors import ProvisionError, SubmissionError, UsageError
from grader.spec.model import Assignment

__all__ = ["Plan", "PlannedAttempt", "PlannedRow", "make_plan", "read_plan", "save_plan"]

FORMAT_VERSION = 1
AT_A_TIME = 200
"""How many submissions are read in one transaction of the ledger."""
CANT_READ = "what was handed in can't be read from the disk"
MOST_FAULTS = 5
"""How many submissions in a row may be unreadable; then it isn't they, it is the disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedAttempt:
    """One attempt. `digest` is of the submission, None where it was refused, or couldn't be read by our `fault`;
    `source` is what to show.
    """

    attempt: int
    digest: str | None
    source: str
    refusal: Refusal | None = None
    fault: str | None = None
    submitted_at: datetime | None = None
    time_source: TimeSource | None = None
    marked_late: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRow:
    """One row of the roster, and what it has handed in, in the order of the attempts."""

    student_id: str
    team: str | None = None
    attempts: tuple[PlannedAttempt, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A batch's rows in the roster's order. `rules` is class.toml's text without its comments, `unmatched` what was
    nobody's.

    `rules_forgotten`: there was a class.toml, and its text went with somebody who was purged.
    """

    assignment: str
    layout: str
    rows: tuple[PlannedRow, ...]
    rules: str | None = None
    unmatched: tuple[Unmatched, ...] = ()
    rules_forgotten: bool = False


PLAN = TypeAdapter(Plan)


def make_plan(
    roster: Roster,
    intake: Intake,
    *,
    assignment: Assignment,
    ledger: Ledger,
    teams: Mapping[str, Sequence[str]],
    rules: str | None = None,
) -> Plan:
    """Read what was handed in, keep it in the ledger, and plan. Nothing runs.

    Raises:
        ProvisionError: the ledger can't be written, or submission after submission can't be read.
    """
    owners = {name: tuple(members) for name, members in teams.items()}
    owners |= {student: owners[name] for name, members in teams.items() for student in members}
    read = {
        id(one): attempt
        for one, attempt in read_all(intake.handed_in, assignment=assignment, ledger=ledger, owners=owners)
    }
    by_student: dict[str, list[HandedIn]] = {}
    for one in intake.handed_in:
        by_student.setdefault(one.student_id, []).append(one)
    team_of = {student: name for name, members in teams.items() for student in members}
    rows = []
    for student in roster.students:
        team = team_of.get(student.id)
        whose = [student.id] if team is None else [team, *teams[team]]
        found = [one for name in dict.fromkeys(whose) for one in by_student.get(name, [])]
        attempts = number_attempts([read[id(one)] for one in found], renumber=team is not None)
        rows.append(PlannedRow(student_id=student.id, team=team, attempts=attempts))
    return Plan(
        assignment=assignment.slug,
        layout=intake.layout,
        rows=tuple(rows),
        rules=rules,
        unmatched=intake.unmatched,
    )


def read_all(
    handed_in: Sequence[HandedIn], *, assignment: Assignment, ledger: Ledger, owners: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[HandedIn, PlannedAttempt]]:
    """Each attempt, read and kept. `owners` are the members of a team, by its name and by each member."""
    faults_in_a_row = 0
    for start in range(0, len(handed_in), AT_A_TIME):
        with ledger.transaction():
            for one in handed_in[start : start + AT_A_TIME]:
                whose = owners.get(one.student_id, (one.student_id,))
                read = read_attempt(one, assignment=assignment, ledger=ledger, whose=whose)
                faults_in_a_row = 0 if read.fault is None else faults_in_a_row + 1
                if faults_in_a_row >= MOST_FAULTS:
                    raise ProvisionError(
                        f"{faults_in_a_row} submissions in a row can't be read, the last that of {one.student_id!r}",
                        details=("Nothing was graded. The same command again, once they can be read.",),
                    )
                yield one, read


def read_attempt(one: HandedIn, *, assignment: Assignment, ledger: Ledger, whose: tuple[str, ...]) -> PlannedAttempt:
    """One attempt: its submission's digest, or why it is refused, or why we couldn't read it."""
    attempt = PlannedAttempt(
        attempt=one.attempt,
        digest=None,
        source=name_members(one),
        submitted_at=one.submitted_at,
        time_source=one.time_source,
        marked_late=one.marked_late,
    )
    try:
        submission = read_handed_in(one, assignment=assignment)
    except SubmissionError as error:
        details = tuple(map(spell_whole, error.details))
        return replace(attempt, refusal=Refusal(code=error.code, message=spell_whole(error.message), details=details))
    except ProvisionError:  # whose message may name the file, and a file may be named after its student
        return replace(attempt, fault=CANT_READ)
    if not ledger.is_kept(submission.digest, student_ids=whose):
        ledger.keep_submission(submission.digest, pack_submission(submission), student_ids=whose)
    return replace(attempt, digest=submission.digest)


def name_members(one: HandedIn) -> str:
    """What to show of where it came from: the file's name, without whose it is."""
    return spell_whole(one.members[0].name) if len(one.members) == 1 else f"{len(one.members)} files"


def spell_whole(text: str) -> str:
    """A text that can be written down: bytes of a file's name that are no characters become "?"."""
    return text.encode("utf-8", "replace").decode()


def number_attempts(attempts: Iterable[PlannedAttempt], *, renumber: bool) -> tuple[PlannedAttempt, ...]:
    """In their order; a team's, which come from several members, are numbered anew by when they were handed in.

    A copy that another member hands in after it is no attempt of its own, and makes nothing later than it was.
    """
    ordered = sorted(attempts, key=lambda one: (one.submitted_at or datetime.min.replace(tzinfo=UTC), one.attempt))
    if not renumber:
        return tuple(sorted(ordered, key=lambda one: one.attempt))
    copies = (list(group) for _, group in groupby(ordered, key=lambda one: one.digest or one.source))
    firsts = (min(group, key=lambda one: one.submitted_at or datetime.max.replace(tzinfo=UTC)) for group in copies)
    return tuple(replace(one, attempt=number) for number, one in enumerate(firsts, 1))


def save_plan(plan: Plan, path: Path) -> None:
    """Write the plan, unless it is there already: a batch that changes nothing changes no byte. What was nobody's is
    written down without its name: in a download that is a person's.

    Raises:
        OSError: it can't be written.
    """
    nobodys = tuple(Unmatched(path=Path(), reason=unmatched.reason) for unmatched in plan.unmatched)
    plan = replace(plan, unmatched=nobodys)
    said = {"plan_version": FORMAT_VERSION, **PLAN.dump_python(plan, mode="json")}
    content = json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)
        path.chmod(0o600)


def read_plan(path: Path) -> Plan:
    """The plan that `save_plan` wrote.

    Raises:
        UsageError: there is none, or it is of another version.
    """
    try:
        said: dict[str, Any] = json.loads(path.read_bytes())
        if said.pop("plan_version") != FORMAT_VERSION:
            raise UsageError(f"{str(path)!r} is of another version of the grader; grade the class again")
        return PLAN.validate_python(said)
    except FileNotFoundError:
        raise UsageError(f"no class was graded here: there is no {str(path)!r}", command="grade batch --help") from None
    except (OSError, ValueError, KeyError, AttributeError, ValidationError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}") from error
