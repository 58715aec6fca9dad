"""How late a submission is. From when it was handed in, as a learning-management system or a receipt says; never from
a file's own time, which copying changes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from grader.batch.rules.model import ClassRules
from grader.batch.rules.stretch import count_days, find_latest, in_utc, shift

__all__ = ["Lateness", "judge_lateness"]

UNKNOWN = "when it was handed in isn't known, so nothing is taken for lateness"


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """How late something was handed in.

    `late_seconds` count from the due date, not from the end of its grace, and are 0 for whatever came within it; a part
    of a second counts as one. `days` are those of the calendar that have begun. `reason` is for people, "" where there
    is nothing to say.
    """

    due: datetime | None = None
    late_seconds: int = 0
    days: int = 0
    accepted: bool = True
    excused: bool = False
    reason: str = ""

    @property
    def is_late(self) -> bool:
        """Whether it came after the due date and its grace."""
        return self.late_seconds > 0

    @property
    def hours(self) -> int:
        """Hours that have begun."""
        return -(-self.late_seconds // 3600)


def judge_lateness(rules: ClassRules, *, student_ids: Sequence[str], submitted_at: datetime | None) -> Lateness:
    """How late a submission of these students is. The most that any of them, or of their team, is given holds.

    What has no known time isn't late, and says so.

    Raises:
        ValueError: `submitted_at` has no zone.
    """
    due = pick_latest([rules.due_for(student) for student in student_ids], otherwise=rules.due)
    if due is None:
        return Lateness()
    if submitted_at is None:
        return Lateness(due=due, reason=UNKNOWN)
    moment = in_utc(submitted_at)
    if moment <= in_utc(due):
        return Lateness(due=due)
    if moment <= in_utc(shift(due, rules.grace)):
        return Lateness(due=due, reason=f"after the due date, within its grace of {rules.grace.words}")
    closes = pick_latest([rules.closes_for(student) for student in student_ids], otherwise=None)
    return measure_lateness(
        due,
        moment,
        accepted=closes is None or moment <= in_utc(closes),
        excused=any(rules.excuses(student) for student in student_ids),
    )


def pick_latest(moments: Sequence[datetime | None], *, otherwise: datetime | None) -> datetime | None:
    """The latest moment; None where one of them is none, `otherwise` where there are none at all."""
    known = [moment for moment in moments if moment is not None]
    if not moments:
        return otherwise
    return find_latest(*known) if len(known) == len(moments) else None


def measure_lateness(due: datetime, moment: datetime, *, accepted: bool, excused: bool) -> Lateness:
    """What is late by how much, and the words for it."""
    late_seconds = math.ceil((moment - in_utc(due)).total_seconds())
    ending = "" if accepted else "; it came after the assignment had closed and isn't accepted"
    ending = "; nothing is taken for it" if accepted and excused else ending
    return Lateness(
        due=due,
        late_seconds=late_seconds,
        days=count_days(due, moment),
        accepted=accepted,
        excused=excused,
        reason=f"{show_seconds(late_seconds)} late, due {due.isoformat(' ', 'seconds')}{ending}",
    )


def show_seconds(seconds: int) -> str:
    """The two largest parts: "1 d 2 h", "4 min", "12 s"."""
    sizes = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts: list[str] = []
    for size, unit in sizes:
        number, seconds = divmod(seconds, size)
        parts += [f"{number} {unit}"] if number or parts else []
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))
