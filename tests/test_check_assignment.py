"""An author's trials on a real small assignment: what comes out as it should, and what is said when it doesn't."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from grader.check_assignment import TrialKind, TrialResult, check_assignment, list_trials
from grader.collect import Workshop
from grader.errors import SpecError, UsageError
from grader.evidence.model import Exit
from grader.sandbox import Job, Launch, PreparedRun, ProcessSandbox, RunRequest, RunResult, find_interpreter
from grader.spec import load_assignment
from grader.spec.model import Assignment
from grader.weights.vault import Vault

COURSE = Path(__file__).parent / "end_to_end" / "course"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the course, to be changed."""
    return Path(shutil.copytree(COURSE, tmp_path / "course"))


def load(course: Path) -> Assignment:
    return load_assignment(course / "assignments/mini", reference=course / "reference/mini")


def check(course: Path, question: str | None = None) -> dict[str, TrialResult]:
    """Every trial's result by name; the author's code runs as an ordinary process."""
    home = course.parent / "home"
    workshop = Workshop(
        sandbox=ProcessSandbox(), find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"s" * 32
    )
    results = check_assignment(load(course), workshop=workshop, question=question)
    return {result.trial.name: result for result in results}


def test_a_sound_assignment(course: Path) -> None:
    """Reference and variant keep every point, each mutant fails exactly what it names; a second time nothing runs."""
    results = check(course)
    again = check(course)

    assert list(results) == ["solution", "lambdas", "no_exclamation_mark", "total_raises", "triple"]
    assert all(result.sound for result in results.values())
    assert results["triple"].failed == ("double.cases",)
    assert results["total_raises"].failed == ("total",)
    assert "NameError" in results["total_raises"].problems[0]
    assert not any(result.made_now for result in again.values())


def test_a_mutant_that_survives_or_loses_more_is_named(course: Path) -> None:
    """What should have failed and did not, and what failed besides."""
    mutants = course / "reference/mini/mutants"
    (mutants / "triple/mini.py").write_bytes((course / "reference/mini/solution/mini.py").read_bytes())
    (mutants / "total_raises/mutant.toml").write_text('mistake = "m"\nfails = ["greet.cases"]\n')
    results = check(course)

    assert not results["triple"].sound
    assert results["triple"].missed == ("double.cases",)
    assert results["total_raises"].missed == ("greet.cases",)
    assert results["total_raises"].unexpected == ("total",)


def test_one_question(course: Path) -> None:
    """Only that question is asked, of the mutants only its own are tried; a name that isn't one is told."""
    results = check(course, "double")

    assert set(results) == {"solution", "lambdas", "triple"}
    assert results["solution"].max_points == 2
    with pytest.raises(UsageError, match="no question 'doubel'"):
        check(course, "doubel")


def test_checks_of_the_source_see_it(course: Path) -> None:
    """What a program is written like is seen here as it is when a submission is graded."""
    specification = course / "assignments/mini/assignment.toml"
    text = specification.read_text("utf-8")
    before, after = 'checks = [{ use = "cases", of = "totals" }]', '{ use = "source", require = ["sum"] }'
    specification.write_text(text.replace(before, f"{before[:-1]}, {after}]"), "utf-8")
    results = check(course, "total")

    assert results["solution"].sound
    assert results["solution"].failed == ()


class BusyOnce:
    """A sandbox in which one program's first run gets no time."""

    is_sandbox = False
    cautions = ()

    def __init__(self, marked: str) -> None:
        self.inner, self.marked, self.late = ProcessSandbox(), marked, 0
        self.name = self.inner.name

    def prepare(self, launch: Launch) -> PreparedRun:
        """A run of the sandbox inside, or none."""
        prepared = self.inner.prepare(launch)
        run = prepared.run

        def run_late(job: Job, **more: Any) -> RunResult:
            if self.marked not in job.header["program"]["source"] or self.late:
                return run(job, **more)
            self.late += 1
            return RunResult(exit=Exit.WALL_LIMIT, frames=(), closed=False)

        setattr(prepared, "run", run_late)  # noqa: B010
        return prepared

    def run(self, request: RunRequest) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job)


def test_a_busy_machine_makes_nothing_unsound(course: Path) -> None:
    """A trial that isn't as it should be and met a limit of time is run once more."""
    home = course.parent / "home"
    sandbox = BusyOnce("3 * number")
    workshop = Workshop(
        sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"s" * 32
    )
    results = check_assignment(load(course), workshop=workshop)

    assert sandbox.late == 1
    assert all(result.sound for result in results)


def test_mutants_described_wrongly(course: Path) -> None:
    """Every fault of every description at once, with what there is."""
    mutants = course / "reference/mini/mutants"
    (mutants / "triple/mutant.toml").write_text('mistake = "It triples."\nfails = ["double.case"]\n')
    (mutants / "total_raises/mutant.toml").write_text("fails = [\n")

    with pytest.raises(SpecError) as caught:
        list_trials(load(course))
    assert len(caught.value.faults) == 2
    assert "double.cases" in str(caught.value.faults[1])


def test_order(course: Path) -> None:
    """The reference comes first, then variants, then mutants; folders that begin with _ are left out."""
    (course / "reference/mini/mutants/_draft").mkdir()
    trials = list_trials(load(course))

    assert [trial.kind for trial in trials] == [TrialKind.REFERENCE, TrialKind.VARIANT, *[TrialKind.MUTANT] * 3]
