"""A bench on which an assignment's solution, variants, mutants and examples run in real sandboxes."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.check_assignment import Trial, TrialKind, list_failed
from grader.collect import Workshop, collect_evidence
from grader.draws import Draw, load_data
from grader.errors import ProvisionError
from grader.evidence.model import Evidence
from grader.ingest import read_submission
from grader.jobs import keep_data
from grader.marking import Marks, load_authors_checks, mark_evidence
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.spec import Assignment
from grader.weights.provision import make_standin
from grader.weights.vault import Vault
from tests.assignments.course import draw_number
from tests.assignments.material import list_changed

__all__ = ["Bench", "list_questions", "name_trial", "open_bench"]

AT_A_TIME = 2


class Bench:
    """A workshop with stand-in weights, one draw, and the solution's evidence on it.

    `forked`: whether trials are forked from a warm guest; else each has a sandbox of its own.
    """

    def __init__(self, assignment: Assignment, home: Path, draw: Draw, pool: Executor, *, forked: bool) -> None:
        self.assignment, self.pool, self.forked = assignment, pool, forked
        self.begun: dict[tuple[Path, bool], Future[Evidence]] = {}
        self.draw, self.data = draw, load_data(assignment, draw)
        self.authors = load_authors_checks(assignment)
        sandbox: Sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
        self.warm = WarmSandbox(sandbox)
        self.workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"tests"
        )
        interpreter = find_interpreter(assignment.framework)
        for weights in assignment.weights:
            make_standin(weights, vault=self.workshop.vault, sandbox=sandbox, interpreter=interpreter)
        assert assignment.reference is not None
        self.solution = assignment.reference / "solution"
        self.reference = self.run(self.solution, warm=forked)
        self.kept = keep_data(assignment, data=self.data, vault=self.workshop.vault)

    def run(self, folder: Path, only: Sequence[str] = (), *, warm: bool = False) -> Evidence:
        """The evidence of a submission: in a sandbox of its own, or forked from a warm guest."""
        workshop = replace(self.workshop, sandbox=self.warm) if warm else self.workshop
        submission = read_submission(folder, files=self.assignment.files)
        asked = tuple(question for question in self.assignment.questions if not only or question.id in only)
        narrow = replace(self.assignment, questions=asked)
        return collect_evidence(narrow, submission, draw=self.draw, data=self.data, workshop=workshop).evidence

    def begin(self, folder: Path, only: Sequence[str] = (), *, warm: bool | None = None) -> Future[Evidence]:
        """The same in a thread, forked where the bench's trials are if `warm` doesn't say; each is run once."""
        forked = self.forked if warm is None else warm
        if (folder, forked) not in self.begun:
            self.begun[folder, forked] = self.pool.submit(self.run, folder, only, warm=forked)
        return self.begun[folder, forked]

    def score(self, folder: Path) -> Decimal | None:
        """The points of a whole submission."""
        return self.mark(self.begin(folder).result()).score.points

    def mark(self, evidence: Evidence) -> Marks:
        """The marks of the questions that evidence is of."""
        asked = tuple(question for question in self.assignment.questions if question.id in evidence.questions)
        narrow = replace(self.assignment, questions=asked)
        return mark_evidence(narrow, evidence, self.reference, kept=self.kept, authors=self.authors)

    def list_failed(self, folder: Path, questions: Sequence[str]) -> set[str]:
        """The checks of these questions that a submission fails; a question that doesn't finish by its id alone."""
        evidence = self.begin(folder, questions).result()
        return set(list_failed(self.mark(evidence), evidence))

    def list_questions(self, trial: Trial, called: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The questions that a trial is run for: all where it is right, in a mutant those that call what differs."""
        return list_questions(trial, self.solution / self.assignment.files[0], called)


@contextmanager
def open_bench(
    assignment: Assignment,
    home: Path,
    request: pytest.FixtureRequest,
    called: Mapping[str, Sequence[str]],
    *,
    forked: bool = False,
    both_ways: bool = False,
) -> Iterator[Bench]:
    """One bench for all trials of a module. Those of the tests that will run are begun at once, two at a time;
    `both_ways`: in sandboxes of their own and forked as well.
    """
    try:
        find_interpreter(assignment.framework)
    except ProvisionError as error:
        pytest.skip(error.message)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        bench = Bench(assignment, home, draw_number(1), pool, forked=forked)
        for item in request.session.items:
            trial = getattr(item, "callspec", None) and item.callspec.params.get("trial")  # type: ignore[attr-defined]
            if item.path == request.path and isinstance(trial, Trial):
                for warm in (False, True) if both_ways else (forked,):
                    bench.begin(trial.folder, bench.list_questions(trial, called), warm=warm)
        yield bench
        pool.shutdown(cancel_futures=True)
        bench.warm.close()


def name_trial(trial: Trial) -> str:
    """A trial as a test's id."""
    return trial.name


def list_questions(trial: Trial, solution: Path, called: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All questions (none named) for what is right, for a mutant those that call a function or class in which it isn't
    the solution: all other code is the solution's, word for word.
    """
    if trial.kind is not TrialKind.MUTANT:
        return ()
    changed = list_changed(trial.folder / solution.name, solution)
    return tuple(question for question, functions in called.items() if changed & set(functions))
