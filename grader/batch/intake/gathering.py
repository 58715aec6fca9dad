"""What was found so far: attempts by owner, and what is nobody's. One place decides what two of a kind mean."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from grader.batch.intake.listing import Entry
from grader.batch.intake.owners import Found, Owners
from grader.batch.model import HandedIn, Intake, TimeSource, Unmatched

__all__ = ["Gathering", "dated"]

LAST_OF_ALL = datetime.max.replace(tzinfo=UTC)


@dataclass
class Gathering:
    """One reading of a folder. `claims` are entries by the owner they seem to be of, in the order they were found."""

    owners: Owners
    handed_in: list[HandedIn] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    claims: dict[str, list[Entry]] = field(default_factory=dict)

    def leave(self, path: Path, reason: str) -> None:
        """Note what is nobody's."""
        self.unmatched.append(Unmatched(path=path, reason=reason))

    def claim(self, entry: Entry, found: Found) -> None:
        """Note whose an entry seems to be, or that it is nobody's."""
        if not entry.is_taken:
            self.leave(entry.path, f"it is {entry.kind.value}")
        elif found.owner is None:
            self.leave(entry.path, found.reason)
        else:
            self.claims.setdefault(found.owner, []).append(entry)

    def settle_claims(self) -> dict[str, Entry]:
        """The entry of each owner who has one. Two of one owner are nobody's: which counts can't be known."""
        single: dict[str, Entry] = {}
        for owner, entries in self.claims.items():
            if len(entries) == 1:
                single[owner] = entries[0]
                continue
            for entry in entries:
                self.leave(entry.path, f"{owner!r} has {len(entries)} files or folders here: keep one of them")
        return single

    def finish(self, layout: str) -> Intake:
        """All that was found."""
        ordered = sorted(self.handed_in, key=lambda one: (one.student_id, one.attempt))
        left = tuple(sorted(self.unmatched, key=lambda one: str(one.path)))
        return Intake(layout=layout, handed_in=tuple(ordered), unmatched=left)


def dated(attempts: Iterable[HandedIn], owners: Owners) -> list[HandedIn]:
    """One owner's attempts, with their times. A roster tells one time, that of the last; the others keep their own.

    Attempts that came under two names of one student, with the same numbers, are numbered anew by their times.
    """
    ordered = sorted(attempts, key=lambda one: one.attempt)
    if len({one.attempt for one in ordered}) < len(ordered):
        by_time = sorted(ordered, key=lambda one: (one.submitted_at or LAST_OF_ALL, one.attempt))
        ordered = [replace(one, attempt=number) for number, one in enumerate(by_time, 1)]
    if not ordered:
        return []
    last = ordered[-1]
    own_source = last.time_source or TimeSource.RECEIPT  # without a time of its own, it isn't looked at
    submitted_at, source = owners.choose_time(last.student_id, last.submitted_at, own_source)
    return [*ordered[:-1], replace(last, submitted_at=submitted_at, time_source=source)]
