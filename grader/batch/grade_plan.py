"""Grade a planned class: what is known already is taken from the ledger, the rest is run, marked and recorded.

Theory of operation
-------------------
A *task* is a submission on a draw, for a variant; rows and attempts that share one share its run and its mark. Tasks
are looked at one after the other, in the thread that consumes the engine's answers: a mark under today's key settles it
at once; evidence under today's keys is marked; only for what is missing an order goes to the engine. So nothing is held
for a class but its plan, and a killed batch goes on where it was.

A run, its mark and the grades that follow are recorded in one transaction. A fault of ours is tried again when all else
is done; then the row says so, without points. After several faults in a row, with no success between them, no more runs
are given out: the machine is at fault, and every further row would only cost time. A daemon that is being restarted is
back in some seconds, so what is left is tried once more after a pause, and only then the batch stops.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

from grader.batch.collecting import Order, RunAnswer, describe_run
from grader.batch.draw_book import DrawBook
from grader.batch.engines import Answer, Engine, Needs, OpenWorker
from grader.batch.keys import Keys
from grader.batch.ledger import Ledger
from grader.batch.marks import Marker, Refusal
from grader.batch.model import Grade, NewMark, NewRun, StoredMark, StoredRun
from grader.batch.packing import unpack_submission
from grader.batch.rows import Rows, Task, Watch
from grader.collect import Workshop
from grader.errors import GraderError, ProvisionError, SandboxError, SubmissionError
from grader.ingest.submission import Submission
from grader.spec.model import Assignment

__all__ = ["Outcome", "PlanGrader"]

MOST_FAULTS = 5
"""Of ours, one after the other without a success, before a batch stops."""
TRIES = 2
"""How often an order is given out; the sandbox itself makes a run that fails a second time."""
PAUSE_SECONDS = 20.0
"""Between the two, where everything failed."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a batch. `before` and `grades` are the grades by student, as they were and as they are.

    `identical` maps a submission that several rows handed in to those rows; `faults` each row that isn't graded
    because of us, or not graded anew, to why; `stopped` says why a batch ended before its end. `runs_reused` counts the
    submissions of which nothing had to be run.
    """

    before: Mapping[str, Grade]
    grades: Mapping[str, Grade]
    runs_made: int
    runs_reused: int
    identical: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, str]
    stopped: str | None = None


class PlanGrader:
    """Grades the rows of a plan.

    Args:
        rows: the rows; they judge and record themselves once their attempts are settled.
        assignment: what they handed in for.
        workshop: where the reference is run, and what marks rest on.
        book: the assignment's draws.
        ledger: where runs and marks are kept.
        watch: who is told that a run begins.
    """

    def __init__(
        self, rows: Rows, assignment: Assignment, *, workshop: Workshop, book: DrawBook, ledger: Ledger, watch: Watch
    ) -> None:
        self._rows = rows
        self._assignment = assignment
        self._book = book
        self._ledger = ledger
        self._watch = watch
        self._keys = Keys(assignment, workshop=workshop, book=book)
        self._marker = Marker(assignment, workshop=workshop, book=book)
        self._secret = workshop.secret
        self._tasks = rows.list_tasks(workshop.secret)
        self._failed: dict[Task, str] = {}
        self._faults_in_a_row = 0
        self._stopped: str | None = None
        self._runs_made = 0
        self._runs_reused = 0

    def grade(self, engine: Engine, open_worker: OpenWorker[Order, RunAnswer], *, needs: Needs) -> Outcome:
        """Grade every row.

        Raises:
            SpecError: the assignment is unsound, or its solution doesn't finish.
            ProvisionError: weights, an environment, the reference or the disk.
            KeyboardInterrupt: what is recorded by then stays.
        """
        with self._rows.writing():
            self._rows.finish_empty()
            self._rows.settle_unreadable()
            for number, attempt in self._rows.list_refused():
                assert attempt.refusal is not None
                combination = self._rows.find_combination(number, self._secret)
                mark = self._mark_refusal(attempt.refusal, attempt.source, combination)
                self._rows.settle(number, attempt, mark=mark)
        stopped = self._work_again(engine, open_worker, needs)
        with self._rows.writing():
            self._give_up(stopped)
        return Outcome(
            before=self._rows.before,
            grades=self._rows.after,
            runs_made=self._runs_made,
            runs_reused=self._runs_reused,
            identical=self._rows.list_identical(),
            faults=self._rows.faults,
            stopped=stopped,
        )

    def _work_again(self, engine: Engine, open_worker: OpenWorker[Order, RunAnswer], needs: Needs) -> str | None:
        """Settle every task, what failed a second time; why it stopped early, if it did."""
        stopped = self._work(engine, open_worker, list(self._tasks), needs)
        for _ in range(TRIES - 1):
            if not self._tasks:
                break
            if stopped:
                self._watch.pause(PAUSE_SECONDS, stopped)
                time.sleep(PAUSE_SECONDS)
            stopped = self._work(engine, open_worker, list(self._tasks), needs)
        return stopped

    # What is known already

    def _list_orders(self, tasks: Sequence[Task]) -> Iterator[Order]:
        """The orders of those tasks that need a run; the others are settled on the way. None after too many faults."""
        for task in tasks:
            if self._faults_in_a_row >= MOST_FAULTS:
                self._stopped = self._describe_stop()
                return
            try:
                with self._rows.writing():
                    order = self._settle_known(task)
            except SandboxError as error:
                self._fail(task, error)
                continue
            if order is not None:
                yield order

    def _settle_known(self, task: Task) -> Order | None:
        """Settle a task from what the ledger has; else the order for what is missing."""
        digest, pick = task
        try:
            submission = self._read_submission(digest)
        except SubmissionError as error:  # what the assignment asks for today can't be read in it
            refusal = Refusal(code=error.code, message=error.message, details=error.details)
            self._settle(task, self._mark_refusal(refusal, self._assignment.files[0], pick.combination))
            return None
        keys = self._keys.of_questions(submission, pick)
        key = self._keys.of_mark(digest, keys, pick, answered=submission.sheet is not None)
        known = self._ledger.find_marks([key]).get(key)
        if known is None:
            found = self._ledger.find_runs(keys.values())
            missing = {question: own for question, own in keys.items() if own not in found}
            runs = [] if missing else self._read_runs(found.values())
            if missing or runs is None:
                name = self._rows.name_row(self._tasks[task][0][0])
                draw = self._book.draw(pick)
                return Order(name=name, submission=submission, pick=pick, draw=draw, keys=missing or keys)
            known = self._add_mark(self._marker.mark(submission, pick, runs, keys, key=key))
        self._runs_reused += bool(keys)
        self._settle(task, known)
        return None

    def _read_submission(self, digest: str) -> Submission:
        packed = self._ledger.read_submission(digest)
        if packed is None:
            raise ProvisionError(
                f"the ledger has no copy of submission {digest!r}",
                details=("Grade the class again from the folder of submissions: it is kept anew.",),
            )
        return unpack_submission(packed, self._assignment, digest=digest)

    def _read_runs(self, ids: Iterable[int]) -> list[StoredRun] | None:
        """These runs, each once; None where the evidence of one is damaged: it is then made again."""
        runs = []
        for run_id in dict.fromkeys(ids):
            try:
                runs.append(self._ledger.read_run(run_id))
            except ProvisionError as error:
                self._ledger.drop_run(run_id, error.message)
                return None
        return runs

    def _mark_refusal(self, refusal: Refusal, source: str, combination: int) -> StoredMark:
        said = (refusal.code, refusal.message, refusal.details)
        key = self._keys.of_refusal(*said, source, combination=combination)
        known = self._ledger.find_marks([key]).get(key)
        return known or self._add_mark(self._marker.refuse(refusal, source=source, key=key, combination=combination))

    # Runs

    def _work(
        self, engine: Engine, open_worker: OpenWorker[Order, RunAnswer], tasks: Sequence[Task], needs: Needs
    ) -> str | None:
        """Settle these tasks, as far as it goes; why it stopped early, if it did."""
        self._faults_in_a_row, self._stopped = 0, None
        orders = self._list_orders(tasks)
        first = next(orders, None)
        if first is None:  # nothing is run, so nothing is started
            return self._stopped

        def start(order: Order, node: str) -> None:
            self._watch.start(order.name)

        with closing(engine.map(open_worker, chain([first], orders), needs=needs, on_start=start)) as answers:
            for answer in answers:
                self._take(answer)
        if self._faults_in_a_row >= MOST_FAULTS:
            self._stopped = self._describe_stop()
        return self._stopped

    def _describe_stop(self) -> str:
        last = list(self._failed.values())[-1]
        return f"{self._faults_in_a_row} runs in a row failed through our fault, the last: {last}"

    def _take(self, answer: Answer[Order, RunAnswer]) -> None:
        """Record one answer: the run, its mark, and the grades that follow; or the fault."""
        order = answer.item
        task = (order.submission.digest, order.pick)
        if answer.result is None:
            self._fail(task, answer.error or SandboxError("a run ended without an answer"))
            return
        with self._rows.writing():
            run = describe_run(order, answer.result, node=answer.node)
            stored = StoredRun(id=self._ledger.add_run(run), **get_fields(run))
            self._runs_made += 1
            try:
                self._mark_run(task, order.submission, stored)
            except SandboxError as error:  # of the reference's run: the student's is kept
                self._fail(task, error)
            else:
                self._faults_in_a_row = 0

    def _mark_run(self, task: Task, submission: Submission, made: StoredRun) -> None:
        """Mark a submission by the run just made, and by earlier ones for the questions that it didn't ask."""
        keys = self._keys.of_questions(submission, task[1])
        others = self._ledger.find_runs(own for question, own in keys.items() if question not in made.keys)
        runs = self._read_runs(others.values())
        if runs is None:
            raise SandboxError("the evidence of an earlier run is damaged, and is made again")
        key = self._keys.of_mark(submission.digest, keys, task[1], answered=submission.sheet is not None)
        self._settle(task, self._add_mark(self._marker.mark(submission, task[1], [*runs, made], keys, key=key)))

    def _add_mark(self, mark: NewMark) -> StoredMark:
        return StoredMark(id=self._ledger.add_mark(mark), **{**get_fields(mark), "report": b""})

    def _settle(self, task: Task, mark: StoredMark) -> None:
        """Give every attempt that is this task its mark."""
        for number, attempt in self._tasks.pop(task, ()):
            self._rows.settle(number, attempt, mark=mark)

    def _fail(self, task: Task, error: GraderError) -> None:
        """A fault of ours."""
        self._faults_in_a_row += 1
        self._failed.pop(task, None)  # the last stands last
        self._failed[task] = " ".join((error.message, *error.details[:1]))

    def _give_up(self, stopped: str | None) -> None:
        """Settle what is left as not graded, with the reason."""
        for task, whose in self._tasks.items():
            fault = self._failed.get(task) or f"not tried: {stopped}"
            for number, attempt in whose:
                self._rows.settle(number, attempt, fault=fault)


def get_fields(value: NewRun | NewMark) -> dict[str, Any]:
    """The fields of a value that is about to get an id."""
    return {field.name: getattr(value, field.name) for field in fields(value)}
