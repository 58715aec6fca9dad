"""The rows of a batch on their way: which attempts are settled, and what follows once all of a row's are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from grader.batch.judging import Judged, Settled, judge_row
from grader.batch.ledger import Ledger
from grader.batch.model import Grade, Override, RowState, StoredMark
from grader.batch.plan import Plan, PlannedAttempt, PlannedRow
from grader.batch.rules import ClassRules
from grader.draws import Pick, pick_draw, pick_variant
from grader.spec.fields import number_combination
from grader.spec.model import Assignment

__all__ = ["Publish", "Rows", "Task", "Watch"]

Task = tuple[str, Pick]
"""A submission's digest, its draw and its variant: rows and attempts that share these share their run and their mark.
"""


class Publish(Protocol):
    """Who writes down what students read."""

    def expect(self) -> None:
        """Grades are about to be recorded."""
        ...

    def __call__(self, grade: Grade, chosen: Judged | None, new: bool) -> None:
        """A row's grade, the attempt that it comes from, and whether the grade is new; it is on the disk."""
        ...


class Watch(Protocol):
    """Who is told how a batch goes."""

    def start(self, name: str) -> None:
        """A run begins."""
        ...

    def end(self, name: str, state: RowState, note: str) -> None:
        """A row is done."""
        ...

    def skip(self, count: int, state: RowState) -> None:
        """So many rows are as they were."""
        ...

    def pause(self, seconds: float, reason: str) -> None:
        """Nothing runs for a while, then what is left is tried again."""
        ...


@dataclass
class _Row:
    """A row, and its attempts that are settled, by their number."""

    planned: PlannedRow
    attempts: tuple[PlannedAttempt, ...]
    settled: dict[int, Settled] = field(default_factory=dict)


class Rows:
    """All rows of a plan. A row whose attempts are all settled is judged and recorded at once, and forgotten.

    Args:
        plan: the rows.
        assignment: what they handed in for.
        ledger: where grades are kept.
        rules: what lateness costs and which attempt counts.
        watch: who is told.
        publish: told of each row's grade.
        record: False to look only: grades are worked out, and neither recorded nor published.
    """

    def __init__(
        self,
        plan: Plan,
        assignment: Assignment,
        *,
        ledger: Ledger,
        rules: ClassRules,
        watch: Watch,
        publish: Publish,
        record: bool,
    ) -> None:
        self.before = ledger.read_grades(assignment.slug)
        self.after: dict[str, Grade] = {}
        self.faults: dict[str, str] = {}
        self._plan = plan
        self._assignment = assignment
        self._ledger = ledger
        self._rules = rules
        self._watch = watch
        self._publish = publish
        self._record = record
        self._decisions = group_decisions(ledger.read_overrides(assignment.slug))
        self._rows = [_Row(row, limit_attempts(row, assignment)) for row in plan.rows]
        self._finished: list[tuple[Grade, Judged | None, bool]] = []

    def list_tasks(self, secret: bytes) -> dict[Task, list[tuple[int, PlannedAttempt]]]:
        """Every task, with the rows and attempts that are it, in the roster's order."""
        tasks: dict[Task, list[tuple[int, PlannedAttempt]]] = {}
        for number, row in enumerate(self._rows):
            for attempt in row.attempts:
                if attempt.digest is not None:
                    draw = pick_draw(
                        self._assignment, secret=secret, submission_digest=attempt.digest, attempt=attempt.attempt
                    )
                    pick = Pick(draw, self.find_combination(number, secret))
                    tasks.setdefault((attempt.digest, pick), []).append((number, attempt))
        return tasks

    def find_combination(self, number: int, secret: bytes) -> int:
        """The number of a row's variant: that of its student, or of its team."""
        planned = self._rows[number].planned
        variant = pick_variant(self._assignment, secret=secret, student=planned.team or planned.student_id)
        return number_combination(self._assignment.variants, variant) or 0

    def list_refused(self) -> Iterator[tuple[int, PlannedAttempt]]:
        """The attempts that were refused at the door."""
        for number, row in enumerate(self._rows):
            yield from ((number, attempt) for attempt in row.attempts if attempt.refusal is not None)

    def settle_unreadable(self) -> None:
        """Settle the attempts that we couldn't read."""
        for number, row in enumerate(self._rows):
            for attempt in row.attempts:
                if attempt.fault is not None:
                    self.settle(number, attempt, fault=attempt.fault)

    def finish_empty(self) -> None:
        """Grade the rows of those who handed nothing in."""
        for row in self._rows:
            if not row.attempts:
                self._finish(row)

    def settle(
        self, number: int, attempt: PlannedAttempt, *, mark: StoredMark | None = None, fault: str | None = None
    ) -> None:
        """Give an attempt its mark, or the reason why it has none."""
        row = self._rows[number]
        row.settled[attempt.attempt] = Settled(planned=attempt, mark=mark, fault=fault)
        if len(row.settled) == len(row.attempts):
            self._finish(row)

    def _finish(self, row: _Row) -> None:
        student = row.planned.student_id
        grade, chosen = judge_row(
            row.planned,
            [row.settled[attempt.attempt] for attempt in row.attempts],
            assignment=self._assignment,
            rules=self._rules,
            decisions=self._decisions.get(student, {}),
        )
        grade, chosen = self._keep_earlier(grade, chosen)
        new = bool(self._ledger.record_grades([grade])) if self._record else grade != self.before.get(student)
        if new and self._record:
            self._publish.expect()
        self.after[student] = grade
        self._finished.append((grade, chosen, new))
        row.settled.clear()

    def _keep_earlier(self, grade: Grade, chosen: Judged | None) -> tuple[Grade, Judged | None]:
        """A fault of ours takes no points that this very submission has, or one that can't be read now: the earlier
        grade stays, and it is told.
        """
        if grade.state is not RowState.NOT_GRADED:
            return grade, chosen
        self.faults[grade.student_id] = grade.note
        before = self.before.get(grade.student_id)
        same = grade.submission_digest in (None, before.submission_digest if before is not None else None)
        if before is None or before.final_points is None or not same:
            return grade, chosen
        return before, None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction of the ledger; what it says is published and told once it is on the disk."""
        with self._ledger.transaction():
            yield
        finished, self._finished = self._finished, []
        for grade, chosen, new in finished:
            if self._record:
                self._publish(grade, chosen, new)
            if new:
                self._watch.end(grade.student_id, grade.state, grade.note)
            else:
                self._watch.skip(1, grade.state)

    def name_row(self, number: int) -> str:
        """Whose row it is."""
        return self._rows[number].planned.student_id

    def list_identical(self) -> dict[str, tuple[str, ...]]:
        """The submissions that several rows handed in, a team counted as one."""
        found: dict[str, dict[str, str]] = {}
        for row in self._plan.rows:
            for attempt in row.attempts:
                if attempt.digest is not None:
                    found.setdefault(attempt.digest, {}).setdefault(row.team or row.student_id, row.student_id)
        return {digest: tuple(who.values()) for digest, who in found.items() if len(who) > 1}


def group_decisions(
    overrides: Mapping[tuple[str, str | None], Override],
) -> dict[str, dict[str | None, Override]]:
    """A person's decisions by student."""
    grouped: dict[str, dict[str | None, Override]] = {}
    for (student, question), override in overrides.items():
        grouped.setdefault(student, {})[question] = override
    return grouped


def limit_attempts(row: PlannedRow, assignment: Assignment) -> tuple[PlannedAttempt, ...]:
    """The attempts that the assignment takes."""
    most: int | None = assignment.attempts
    attempts: Sequence[PlannedAttempt] = row.attempts
    return tuple(one for one in attempts if most is None or one.attempt <= most)
