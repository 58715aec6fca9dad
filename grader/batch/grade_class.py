"""Grade a planned class from start to end: the steps and nothing else. `grade batch` plans anew, `grade regrade` takes
the plan that is there; both end here.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from grader.batch.collecting import Order, RunAnswer
from grader.batch.draw_book import DrawBook
from grader.batch.engines import Engine, Needs, OpenWorker
from grader.batch.grade_plan import Outcome, PlanGrader
from grader.batch.gradebook import write_gradebook
from grader.batch.ledger import Ledger
from grader.batch.marks import read_view
from grader.batch.plan import Plan
from grader.batch.publishing import Publisher
from grader.batch.rows import Rows, Watch
from grader.batch.rules import ClassRules
from grader.batch.rules.stretch import shift
from grader.batch.summary import Summary, Work, summarize, write_summary
from grader.collect import Workshop
from grader.errors import ProvisionError
from grader.jobs import running_questions
from grader.report.model import Report
from grader.spec.model import Assignment

__all__ = ["GRADEBOOK", "SUMMARY", "MarkReports", "grade_class", "measure_needs", "write_results"]

GRADEBOOK, SUMMARY = "gradebook.csv", "summary.json"


def grade_class(
    plan: Plan,
    assignment: Assignment,
    *,
    rules: ClassRules,
    workshop: Workshop,
    engine: Engine,
    opening: OpenWorker[Order, RunAnswer],
    book: DrawBook,
    ledger: Ledger,
    out: Path,
    watch: Watch,
    record: bool = True,
) -> Outcome:
    """Grade every row, recording and publishing each as it is done. Without `record` nothing is but runs and marks.

    Raises:
        SpecError: the assignment is unsound, or its solution doesn't finish.
        ProvisionError: weights, an environment, the reference, or a disk that is full.
    """
    publisher = Publisher(
        out,
        assignment,
        ledger=ledger,
        decisions=ledger.read_overrides(assignment.slug),
        is_over=is_over(rules, plan, datetime.now(UTC)),
    )
    rows = Rows(
        plan,
        assignment,
        ledger=ledger,
        rules=rules,
        watch=watch,
        publish=publisher,
        record=record,
    )
    grader = PlanGrader(rows, assignment, workshop=workshop, book=book, ledger=ledger, watch=watch)
    outcome = grader.grade(engine, opening, needs=measure_needs(assignment))
    if record:
        publisher.finish()
    return outcome


def is_over(rules: ClassRules, plan: Plan, now: datetime) -> bool:
    """Whether everybody's due date is over, and its grace; never where there is none."""
    dates = [rules.due_for(row.student_id) for row in plan.rows]
    return bool(dates) and all(date is not None and shift(date, rules.grace) < now for date in dates)


def measure_needs(assignment: Assignment) -> Needs:
    """What one run takes of a machine."""
    limits = assignment.limits
    at_a_time = max(1, min(limits.cpus, len(running_questions(assignment))))
    gpus = limits.gpus if limits.gpu_share == 1 else limits.gpus / limits.gpu_share
    return Needs(cpus=at_a_time, memory_bytes=limits.memory_bytes, gpus=gpus)


class MarkReports(Mapping[int, Report]):
    """The instructor's reports of marks, read from the ledger when they are asked for and not kept."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __getitem__(self, mark_id: int) -> Report:
        return read_view(self._ledger.read_report(mark_id), "instructor")

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def write_results(
    outcome: Outcome, plan: Plan, assignment: Assignment, *, ledger: Ledger, out: Path, work: Work
) -> Summary:
    """Write the gradebook and the summary, where they aren't as they should be; the summary.

    Raises:
        ProvisionError: they can't be written.
    """
    grades = [outcome.grades[row.student_id] for row in plan.rows]
    late = [row.student_id for row in plan.rows if any(attempt.marked_late for attempt in row.attempts)]
    summary = summarize(
        grades, assignment, marks=MarkReports(ledger), unmatched=plan.unmatched, marked_late=late, work=work
    )
    try:
        write_gradebook(grades, assignment, out / GRADEBOOK)
        write_summary(summary, out / SUMMARY)
    except OSError as error:
        raise ProvisionError(
            f"the results can't be written to {str(out)!r}: {error.strerror or error}",
            details=("What is graded is in the ledger: the same command writes them once this is mended.",),
        ) from error
    return summary
