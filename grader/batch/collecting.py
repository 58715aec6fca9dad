"""What a batch gives its engine: one run's order, its answer, and the worker that makes it where it is opened.

An order names the questions that are asked, no more: those whose evidence the ledger has under today's key aren't run
again. An answer is the runs as they came out, bytes; nothing of them is looked into where they were made.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from grader.batch.draw_book import DrawBook
from grader.batch.engines import Content, Place
from grader.batch.model import NewRun
from grader.collect import Workshop, collect_evidence
from grader.draws import Draw, Pick
from grader.ingest.submission import Submission
from grader.jobs import narrow_to
from grader.sandbox.request import KeepsGuests, RunResult, image_of
from grader.sandbox.stopping import StoppableSandbox
from grader.spec.model import Assignment

__all__ = ["Collector", "OpenHere", "Order", "RunAnswer", "describe_run"]


@dataclass(frozen=True, kw_only=True)
class Order:
    """One run to make. `name` is for people: an id of the roster."""

    name: str
    submission: Submission = field(repr=False)
    pick: Pick
    draw: Draw
    keys: Mapping[str, str] = field(repr=False)  # of the questions that are asked


@dataclass(frozen=True, kw_only=True)
class RunAnswer:
    """What came of it. `questions` are in the order of the job."""

    results: Mapping[str, RunResult] = field(repr=False)
    questions: tuple[str, ...]
    sandbox: str
    is_sandbox: bool
    cautions: tuple[str, ...]
    image: str | None
    started_at: datetime
    wall_seconds: float


class Collector:
    """Makes the runs of one assignment in one workshop. For several threads.

    Closed while runs go on, it ends them, and whatever their sandbox keeps: it is an interrupt then, and a thread may
    be waiting for a warm guest that is still being started.
    """

    def __init__(self, assignment: Assignment, *, workshop: Workshop, book: DrawBook) -> None:
        self._assignment = assignment
        self._inner = workshop.sandbox
        self._sandbox = StoppableSandbox(workshop.sandbox)
        self._workshop = replace(workshop, sandbox=self._sandbox)
        self._book = book
        self._lock = threading.Lock()
        self._active = 0

    def __call__(self, order: Order) -> RunAnswer:
        """Make one run, and the predict runs on what it left.

        Raises:
            SandboxError: the sandbox failed twice: no score follows.
            ProvisionError: weights or an environment are missing.
        """
        with self._lock:
            self._active += 1
        try:
            return self._collect(order)
        finally:
            with self._lock:
                self._active -= 1

    def _collect(self, order: Order) -> RunAnswer:
        started_at = datetime.now(UTC)
        collected = collect_evidence(
            narrow_to(self._assignment, order.keys),
            order.submission,
            draw=order.draw,
            data=self._book.data_of(order.draw),
            workshop=self._workshop,
        )
        return RunAnswer(
            results=collected.results,
            questions=collected.questions,
            sandbox=self._sandbox.name,
            is_sandbox=self._sandbox.is_sandbox,
            cautions=self._sandbox.cautions,
            image=image_of(self._sandbox, self._assignment.framework),
            started_at=started_at,
            wall_seconds=(datetime.now(UTC) - started_at).total_seconds(),
        )

    def close(self) -> None:
        """Let go of the sandbox. Harmless when called again."""
        with self._lock:
            interrupted = self._active > 0
        if interrupted and isinstance(self._inner, KeepsGuests):
            self._inner.close()
        self._sandbox.stop()


@dataclass(frozen=True, kw_only=True)
class OpenHere:
    """Opens a collector in this very process, in the workshop that is there already: it never travels."""

    assignment: Assignment
    workshop: Workshop
    book: DrawBook
    item_type: type[Order] = field(default=Order, repr=False)
    result_type: type[RunAnswer] = field(default=RunAnswer, repr=False)
    contents: tuple[Content, ...] = ()

    def open(self, place: Place) -> Collector:
        """A collector."""
        return Collector(self.assignment, workshop=self.workshop, book=self.book)


def describe_run(order: Order, answer: RunAnswer, *, node: str) -> NewRun:
    """The run as the ledger keeps it."""
    return NewRun(
        keys=dict(order.keys),
        questions=answer.questions,
        results=answer.results,
        submission_digest=order.submission.digest,
        draw=order.draw.number,
        sandbox=answer.sandbox,
        image=answer.image,
        cautions=answer.cautions,
        is_sandbox=answer.is_sandbox,
        node=node,
        started_at=answer.started_at,
        wall_seconds=answer.wall_seconds,
    )
