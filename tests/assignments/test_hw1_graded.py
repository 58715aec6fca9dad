"""hw1's solution, variants, mutants and examples through real sandboxes: each comes out as it says."""

import ast
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from grader.check_assignment import Trial, TrialKind, list_trials
from grader.checks import run_checks
from grader.checks.result import Verdict
from grader.collect import Workshop, collect_evidence
from grader.draws import Draw, load_data
from grader.errors import ProvisionError
from grader.evidence.model import Evidence
from grader.ingest import read_submission
from grader.jobs import keep_data
from grader.marking import mark_evidence
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.weights.provision import make_standin
from grader.weights.vault import Vault
from tests.assignments.course import HW1, ROOT, draw_number, load_hw1
from tests.evidence.same import list_differences

pytestmark = pytest.mark.slow

AT_A_TIME = 2
ASSIGNMENT = load_hw1()
TRIALS = list_trials(ASSIGNMENT)
RIGHT = [trial for trial in TRIALS if trial.kind is not TrialKind.MUTANT]
MUTANTS = [trial for trial in TRIALS if trial.kind is TrialKind.MUTANT]
CALLED = {
    "load": ("load_backbone",),
    "head": ("load_backbone", "build_classifier"),
    "count": ("count_trainable",),
    "optimizer": ("make_optimizer",),
    "fine_tune": ("fine_tune",),
    "diagnose": ("diagnose",),
}


class Bench:
    """A workshop with stand-in weights, one draw, and the solution's evidence on it."""

    def __init__(self, home: Path, draw: Draw, pool: Executor) -> None:
        self.pool = pool
        self.begun: dict[Path, Future[Evidence]] = {}
        self.draw, self.data = draw, load_data(ASSIGNMENT, draw)
        sandbox: Sandbox = ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()
        self.warm = WarmSandbox(sandbox)
        self.workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"tests"
        )
        for weights in ASSIGNMENT.weights:
            make_standin(weights, vault=self.workshop.vault, sandbox=sandbox, interpreter=find_interpreter("torch"))
        self.reference = self.run(HW1 / "solution")
        self.kept = keep_data(ASSIGNMENT, data=self.data, vault=self.workshop.vault)

    def run(self, folder: Path, only: Sequence[str] = (), *, warm: bool = False) -> Evidence:
        """The evidence of a submission: each in a sandbox of its own, or forked from a warm guest."""
        workshop = replace(self.workshop, sandbox=self.warm) if warm else self.workshop
        submission = read_submission(folder, files=ASSIGNMENT.files)
        asked = tuple(question for question in ASSIGNMENT.questions if not only or question.id in only)
        narrow = replace(ASSIGNMENT, questions=asked)
        collected = collect_evidence(narrow, submission, draw=self.draw, data=self.data, workshop=workshop)
        return collected.evidence

    def begin(self, folder: Path, only: Sequence[str] = ()) -> Future[Evidence]:
        """The same in a thread; a submission is run once."""
        if folder not in self.begun:
            self.begun[folder] = self.pool.submit(self.run, folder, only)
        return self.begun[folder]

    def score(self, folder: Path) -> Decimal | None:
        """The points of a whole submission."""
        evidence = self.begin(folder).result()
        return mark_evidence(ASSIGNMENT, evidence, self.reference, kept=self.kept, authors={}).score.points

    def list_failed(self, folder: Path, questions: Sequence[str]) -> set[str]:
        """The checks of these questions that a submission fails; a question that doesn't finish by its id alone."""
        evidence = self.begin(folder, questions).result()
        failed: set[str] = set()
        for question in ASSIGNMENT.questions:
            if question.id in questions:
                left = evidence.questions[question.id]
                results = run_checks(question, left, self.reference.questions[question.id], self.kept)
                fails = {f"{question.id}.{check}" for check, result in results.items() if counts(result.verdict)}
                failed |= fails if left.finished else {question.id}
        return failed


def counts(verdict: Verdict) -> bool:
    """Whether a check failed by itself."""
    return verdict in (Verdict.FAILED, Verdict.ERROR)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """One bench for all trials. Those of the tests that will run are begun at once, two at a time."""
    try:
        find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        bench = Bench(tmp_path_factory.mktemp("home"), draw_number(1), pool)
        for item in request.session.items:
            trial = getattr(item, "callspec", None) and item.callspec.params.get("trial")  # type: ignore[attr-defined]
            if item.path == request.path and isinstance(trial, Trial):
                bench.begin(trial.folder, list_questions(trial))
        yield bench
        pool.shutdown(cancel_futures=True)
        bench.warm.close()


def name(trial: Trial) -> str:
    """A trial as a test's id."""
    return trial.name


@pytest.mark.parametrize("trial", RIGHT, ids=name)
def test_what_is_right_keeps_every_point(bench: Bench, trial: Trial) -> None:
    """The solution, and every other way to write it."""
    assert bench.score(trial.folder) == 15


@pytest.mark.parametrize("trial", MUTANTS, ids=name)
def test_a_mutant_fails_what_it_says(bench: Bench, trial: Trial) -> None:
    """It fails the checks that it names and no others.

    Run are the questions that call the function in which it differs: the others are the solution's, word for word.
    """
    assert bench.list_failed(trial.folder, list_questions(trial)) == set(trial.fails)


@pytest.mark.parametrize("trial", TRIALS, ids=name)
def test_a_cold_and_a_warm_run_leave_the_same_evidence(bench: Bench, trial: Trial) -> None:
    """To the bit: what a fork of a warm guest leaves is what a fresh process leaves."""
    questions = list_questions(trial)
    cold = bench.begin(trial.folder, questions).result()

    assert list_differences(cold, bench.run(trial.folder, questions, warm=True)) == []


def list_questions(trial: Trial) -> tuple[str, ...]:
    """The questions that a trial is run for: all where it is right, in a mutant those that call what differs."""
    if trial.kind is not TrialKind.MUTANT:
        return ()
    changed = find_changed_function(trial.folder / "hw1.py")
    return tuple(question for question, functions in CALLED.items() if changed in functions)


def find_changed_function(path: Path) -> str:
    """The one function in which a mutant isn't the solution."""
    mutant, solution = (read_functions(file.read_text("utf-8")) for file in (path, HW1 / "solution/hw1.py"))
    (changed,) = (function for function in solution if mutant[function] != solution[function])
    return changed


def read_functions(source: str) -> dict[str, str]:
    """The functions of a script, their docstrings left out."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    for node in functions:
        node.body = node.body[1:] if ast.get_docstring(node) else node.body
    return {node.name: ast.unparse(node) for node in functions}


@pytest.mark.parametrize("form", ["hw1.py", "hw1.ipynb"])
def test_the_handout_earns_nothing_and_runs(bench: Bench, form: str) -> None:
    """Each question of the unsolved handout ends at the line that says it is the student's to write."""
    evidence = bench.run(ROOT / "assignments/hw1/handout" / form)
    marks = mark_evidence(ASSIGNMENT, evidence, bench.reference, kept=bench.kept, authors={})

    assert marks.score.points == 0
    for question in evidence.questions.values():
        assert question.problem is not None
        assert (question.problem.type, question.problem.where) == ("NotImplementedError", "question")


@pytest.mark.parametrize("folder", ["examples/hw1", "examples/hw1-notebook", "assignments/hw1/handout/hw1.ipynb"])
def test_a_cold_and_a_warm_example_leave_the_same_evidence(bench: Bench, folder: str) -> None:
    """Scripts, notebooks, and what raises in them."""
    cold = bench.begin(ROOT / folder).result()

    assert list_differences(cold, bench.run(ROOT / folder, warm=True)) == []


@pytest.mark.parametrize(("example", "points"), [("hw1", 11), ("hw1-notebook", 15)])
def test_examples(bench: Bench, example: str, points: int) -> None:
    """The demo's submission is good and not perfect; the notebook is right."""
    assert bench.score(ROOT / "examples" / example) == points
