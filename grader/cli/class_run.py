"""What `grade batch` and `grade regrade` share: the ledger of a folder of results, the engine, one grading, its end."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import tell
from grader.cli.status import ExitStatus
from grader.errors import ProvisionError, UsageError

if TYPE_CHECKING:  # only names for types
    from grader.batch.collecting import Order, RunAnswer
    from grader.batch.draw_book import DrawBook
    from grader.batch.engines import Engine, OpenWorker
    from grader.batch.grade_plan import Outcome
    from grader.batch.ledger import Ledger
    from grader.batch.plan import Plan
    from grader.batch.rules import ClassRules
    from grader.batch.summary import Summary
    from grader.cli.settings import Settings
    from grader.collect import Workshop
    from grader.sandbox import Sandbox
    from grader.spec.model import Assignment

__all__ = [
    "ClassOption",
    "ClassRun",
    "EngineName",
    "EngineOption",
    "JobsOption",
    "OutOption",
    "RayOption",
    "open_class_ledger",
    "place_ledger",
    "place_plan",
]

LEDGER = "ledger"
MOST_TOLD = 10


class EngineName(StrEnum):
    """Where a batch's runs are made."""

    LOCAL = "local"
    RAY = "ray"


OutOption = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where results and the ledger are.")]
ClassOption = Annotated[
    Path | None, typer.Option("--class", metavar="FILE", help="class.toml: due dates, penalty, extensions, teams.")
]
JobsOption = Annotated[int | None, typer.Option(metavar="N", min=1, help="Runs at a time (default: by the cores).")]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="This machine, or a Ray cluster.")]
RayOption = Annotated[str | None, typer.Option("--ray", metavar="ADDRESS", help="Which Ray cluster (default: auto).")]


def place_ledger(out: Path) -> Path:
    """The ledger of a folder of results."""
    return out / LEDGER


def place_plan(out: Path, slug: str) -> Path:
    """The plan of the last batch of an assignment."""
    return place_ledger(out) / f"plan-{slug}.json"


@contextmanager
def open_class_ledger(out: Path, *, write: bool = True) -> "Iterator[Ledger]":
    """The ledger of a folder of results, made where there is none."""
    from grader.batch.ledger import open_ledger
    from grader.cli.settings import name_user

    folder = place_ledger(out)
    if write:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ProvisionError(f"{str(folder)!r} can't be made: {error.strerror or error}") from error
    elif not folder.is_dir():
        raise UsageError(f"no class was graded here: there is no {str(folder)!r}", command="grade batch --help")
    with open_ledger(folder, by=name_user() or "", write=write) as ledger:
        yield ledger


@dataclass(frozen=True, kw_only=True)
class ClassRun:
    """One grading of a plan, as it was asked for."""

    assignment: "Assignment"
    out: Path
    sandbox: str
    cold: bool
    allow_unproved: bool
    jobs: int | None
    engine: EngineName
    ray: str | None
    plain: bool
    started: float = field(default_factory=time.monotonic)

    def open_workshop(self, settings: "Settings", *, runs: bool = True) -> "Workshop":
        """The workshop, with everything that the assignment needs of it; no sandbox where nothing `runs`.

        Raises:
            SandboxError: there is no such sandbox here; a batch never goes on without one by itself.
            ProvisionError: weights are missing.
        """
        from grader.cli.workshop import open_workshop, take_sandbox
        from grader.sandbox.unneeded import UnneededSandbox

        chosen: Sandbox = UnneededSandbox()
        if runs:
            chosen = take_sandbox(
                self.sandbox,
                allow_process=False,
                settings=settings,
                allow_unproved=self.allow_unproved,
                warm=not self.cold,
            )
        workshop = open_workshop(settings, sandbox=chosen)
        workshop.vault.require(self.assignment.weights, needed_by=self.assignment.slug)
        return workshop

    def open_early(self, settings: "Settings") -> "Workshop | None":
        """The workshop, before anything is read, where something runs in any case; else None. Raises as
        `open_workshop`.
        """
        from grader.batch.needs_code import always_runs

        return self.open_workshop(settings) if always_runs(self.assignment) else None

    def open_late(self, settings: "Settings", plan: "Plan", ledger: "Ledger") -> "Workshop":
        """The workshop, once it is known what was handed in. Raises as `open_workshop`."""
        from grader.batch.needs_code import plan_runs

        return self.open_workshop(settings, runs=plan_runs(plan, self.assignment, ledger=ledger))

    def finish(self, plan: "Plan", *, rules: "ClassRules", workshop: "Workshop", ledger: "Ledger") -> ExitStatus:
        """Grade the plan, record everything, write the results and show them."""
        from rich.console import Console

        from grader.cli.batch_screens import print_batch_summary

        outcome = self.grade(plan, rules=rules, workshop=workshop, ledger=ledger)
        summary = self.write(outcome, plan, workshop=workshop, ledger=ledger)
        console = Console(highlight=False, no_color=self.plain or None)
        print_batch_summary(console, summary, out=self.out, plain=self.plain)
        return self.end(outcome)

    def write(self, outcome: "Outcome", plan: "Plan", *, workshop: "Workshop", ledger: "Ledger") -> "Summary":
        """Write the gradebook and the summary."""
        from grader.batch.grade_class import write_results
        from grader.batch.summary import Work

        work = Work(
            wall_seconds=time.monotonic() - self.started,
            place=f"{workshop.sandbox.name}, {self.name_place()}",
            runs_made=outcome.runs_made,
            runs_reused=outcome.runs_reused,
            cautions=workshop.sandbox.cautions,
        )
        return write_results(outcome, plan, self.assignment, ledger=ledger, out=self.out, work=work)

    def grade(
        self, plan: "Plan", *, rules: "ClassRules", workshop: "Workshop", ledger: "Ledger", record: bool = True
    ) -> "Outcome":
        """Grade the plan, with a board on standard error."""
        from rich.console import Console

        from grader.batch.draw_book import DrawBook
        from grader.batch.grade_class import grade_class
        from grader.cli.batch_board import show_batch
        from grader.cli.batch_screens import print_stopped
        from grader.cli.gpu_use import follow_use

        book = DrawBook(self.assignment, secret=workshop.secret)
        console = Console(stderr=True, highlight=False, no_color=self.plain or None)
        try:
            with (
                show_batch(console, slug=self.assignment.slug, total=len(plan.rows), plain=self.plain) as board,
                follow_use(board.gpu) if self.assignment.limits.gpus else nullcontext(),
            ):
                return grade_class(
                    plan,
                    self.assignment,
                    rules=rules,
                    workshop=workshop,
                    engine=self.make_engine(),
                    opening=self.plan_opening(workshop, book),
                    book=book,
                    ledger=ledger,
                    out=self.out,
                    watch=board,
                    record=record,
                )
        except KeyboardInterrupt:
            known = ledger.read_grades(self.assignment.slug)
            done = sum(row.student_id in known for row in plan.rows)
            print_stopped(console, slug=self.assignment.slug, done=done, total=len(plan.rows), plain=self.plain)
            raise

    def make_engine(self) -> "Engine":
        """The engine that was asked for.

        Raises:
            UsageError: Ray isn't installed.
        """
        from grader.batch.engines import LocalEngine

        if self.engine is EngineName.LOCAL:
            return LocalEngine(self.jobs or count_jobs(self.assignment))
        try:
            from grader.batch.engines.ray import RayEngine  # an extra: large, and only clusters need it
        except ImportError as error:
            raise UsageError("--engine ray needs the package ray", command="pip install 'grader[ray]'") from error
        return RayEngine(self.ray, jobs=self.jobs)

    def name_place(self) -> str:
        """Where runs are made, in a few words."""
        if self.engine is EngineName.LOCAL:
            return f"{self.jobs or count_jobs(self.assignment)} at a time"
        return "on a Ray cluster"

    def plan_opening(self, workshop: "Workshop", book: "DrawBook") -> "OpenWorker[Order, RunAnswer]":
        """How the engine's workers are opened: here in this workshop, elsewhere in one of their own."""
        from grader.batch.collecting import OpenHere
        from grader.batch.remote import plan_opening

        if self.engine is EngineName.LOCAL:
            return OpenHere(assignment=self.assignment, workshop=workshop, book=book)
        return plan_opening(
            self.assignment,
            vault=workshop.vault,
            sandbox=self.sandbox,
            warm=not self.cold,
            allow_unproved=self.allow_unproved,
        )

    def end(self, outcome: "Outcome") -> ExitStatus:
        """How the command ends: not well where a row has no points because of us."""
        from grader.report.clean import clean_line

        if outcome.stopped is not None:
            tell(f"error: the batch was stopped: {outcome.stopped}")
            tell(
                "  No row lost points by it. `grade doctor` says what is wrong with the sandbox; then the same command."
            )
        kept = [student for student in outcome.faults if outcome.grades[student].final_points is not None]
        if kept:
            rows = "a row keeps" if len(kept) == 1 else f"{len(kept)} rows keep"
            tell(f"warning: {rows} the points of an earlier batch, because of a fault of ours in this one:")
            for student in kept[:MOST_TOLD]:
                tell(f"  {clean_line(student)}  {clean_line(outcome.faults[student])}")
        return ExitStatus.OURS if outcome.faults or outcome.stopped else ExitStatus.DONE


def count_jobs(assignment: "Assignment") -> int:
    """As many runs at a time as have their cores: a run that shares them could miss a deadline that it would meet."""
    from grader.batch.grade_class import measure_needs

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(cores / measure_needs(assignment).cpus))
