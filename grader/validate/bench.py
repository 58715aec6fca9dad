"""Runs an assignment's own submissions, for any draw and seed, and marks them; results are cached as those of
`grade check` are.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from grader.checks.result import CheckResult, Verdict
from grader.collect import Workshop
from grader.draws import Data, Draw, load_data, name_draw
from grader.evidence.model import Evidence
from grader.ingest.submission import Submission
from grader.jobs import keep_data
from grader.marking import Marks, add_source, load_authors_checks, mark_evidence, read_source
from grader.reference import Obtained, needs_solution, obtain_evidence, obtain_reference, read_solution
from grader.report.wording import word_check
from grader.sandbox.stopping import stop_at_exit
from grader.spec.model import Assignment, CheckSpec
from grader.spec.variants import fill_assignment

__all__ = ["AT_A_TIME", "Bench", "find_check", "list_failed", "word_result"]

AT_A_TIME = 2


class Bench:
    """An assignment, and the workshop in which its own submissions are run. A draw's data are made once."""

    def __init__(self, assignment: Assignment, workshop: Workshop) -> None:
        self.assignment = assignment
        self.workshop = workshop
        self.solution = read_solution(assignment)
        self.source = read_source(self.solution.programs)
        self._authors = load_authors_checks(assignment)
        self._data: dict[int, Data] = {}
        self._lock = threading.Lock()

    def name_draw(self, number: int, variation: int = 0) -> Draw:
        """A draw, with its own seed or another."""
        return replace(name_draw(self.assignment, number, secret=self.workshop.secret), variation=variation)

    def load_data(self, number: int) -> Data:
        """A draw's data, which are the same with every seed.

        Raises:
            SpecError: `data.py` can't be run.
        """
        with self._lock:
            if number not in self._data:
                self._data[number] = load_data(self.assignment, self.name_draw(number))
            return self._data[number]

    def run_reference(self, workshop: Workshop, number: int, variation: int = 0) -> Evidence:
        """The solution's evidence.

        Raises:
            SpecError: the solution doesn't finish.
            SandboxError: the sandbox failed.
        """
        draw, data = self.name_draw(number, variation), self.load_data(number)
        if not needs_solution(self.assignment):  # explanations: there is no key, only an answer that is good
            return obtain_evidence(self.assignment, self.solution, draw=draw, data=data, workshop=workshop).evidence
        return obtain_reference(self.assignment, draw=draw, data=data, workshop=workshop)

    def run(
        self, workshop: Workshop, assignment: Assignment, submission: Submission, *, fresh: bool = False
    ) -> Obtained:
        """A submission's evidence on the first draw; `assignment` may be a part of this one. `fresh`: not cached.

        Raises:
            SandboxError: the sandbox failed.
        """
        draw, data = self.name_draw(0), self.load_data(0)
        return obtain_evidence(assignment, submission, draw=draw, data=data, workshop=workshop, fresh=fresh)

    def mark(
        self,
        evidence: Evidence,
        reference: Evidence,
        *,
        number: int = 0,
        assignment: Assignment | None = None,
        source: str | None = None,
    ) -> Marks:
        """Mark evidence of a draw against the reference's; `source` is the program's text, if not the solution's."""
        asked = fill_assignment(assignment or self.assignment, self.name_draw(number).chosen)
        kept = keep_data(asked, data=self.load_data(number), vault=self.workshop.vault)
        told = add_source(evidence, self.source if source is None else source)
        return mark_evidence(asked, told, reference, kept=kept, authors=self._authors)

    @contextmanager
    def open_pool(self, workshop: Workshop | None = None) -> Iterator[tuple[Workshop, Executor]]:
        """A workshop whose runs end with the block, and threads to run in. At ^C: runs end first, then threads."""
        workshop = workshop or self.workshop
        with ThreadPoolExecutor(AT_A_TIME) as pool, stop_at_exit(workshop.sandbox) as sandbox:
            yield replace(workshop, sandbox=sandbox), pool


def list_failed(marks: Marks, evidence: Evidence) -> dict[str, CheckResult | None]:
    """What failed, by "question.check"; a question that didn't finish, by its id alone."""
    failed: dict[str, CheckResult | None] = {}
    for question, results in marks.results.items():
        found = evidence.questions.get(question)
        if found is not None and not found.finished:
            failed[question] = None
            continue
        for check, result in results.items():
            if result.verdict in (Verdict.FAILED, Verdict.ERROR):
                failed[f"{question}.{check}"] = result
    return failed


def find_check(assignment: Assignment, name: str) -> CheckSpec | None:
    """The check that is called "question.check"."""
    for question in assignment.questions:
        for check in question.checks:
            if f"{question.id}.{check.id}" == name:
                return check
    return None


def word_result(assignment: Assignment, name: str, result: CheckResult | None) -> str:
    """In words what a check said, as a student would read it."""
    check = find_check(assignment, name)
    if result is None or check is None:
        return "it didn't finish"
    return word_check(check.use, result).message
