"""Is an assignment's own material as it says: the reference earns everything, every right variant keeps its points,
and every mutant fails exactly what it names. Results are cached by content, so a save costs only what it touched.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from pathlib import Path

from grader.checks.result import Verdict
from grader.collect import Workshop
from grader.draws import Data, Draw, Pick, load_data, name_pick
from grader.errors import Fault, ProvisionError, SpecError, UsageError
from grader.evidence.model import Evidence, Exit
from grader.jobs import keep_data
from grader.marking import Marks, add_source, load_authors_checks, mark_evidence, read_source
from grader.reference import Obtained, obtain_evidence, obtain_reference, read_authors
from grader.sandbox.stopping import stop_at_exit
from grader.spec.fields import find_combination, list_cover, say_variant
from grader.spec.model import Assignment
from grader.spec.mutant import Mutant, read_mutant_file
from grader.spec.variants import fill_assignment

__all__ = ["Trial", "TrialKind", "TrialResult", "check_assignment", "list_trials"]

AT_A_TIME = 2
OUT_OF_TIME = (Exit.WALL_LIMIT, Exit.LOAD_LIMIT, Exit.CPU_LIMIT)


class TrialKind(Enum):
    """What is tried."""

    REFERENCE = "reference"
    VARIANT = "variant"  # right, written differently: keeps every point
    MUTANT = "mutant"  # wrong in one thing: fails exactly what it names


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One submission of the author's. `fails` names checks as "question.check", or a question that doesn't finish.

    `combination` is the number of the personal variant that it is tried in.
    """

    kind: TrialKind
    name: str
    folder: Path
    combination: int = 0
    fails: tuple[str, ...] = ()
    mistake: str = ""
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a trial meets: a draw with its data, and the reference's evidence for it."""

    draw: Draw
    data: Data
    reference: Evidence


@dataclass(frozen=True, kw_only=True)
class TrialResult:
    """What came of a trial. `missed` should have failed and did not; `unexpected` failed and should not have."""

    trial: Trial
    points: Decimal | None
    max_points: Decimal
    failed: tuple[str, ...]
    missed: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    made_now: bool = True

    @property
    def sound(self) -> bool:
        """Whether it came out exactly as it should."""
        complete = self.trial.kind is TrialKind.MUTANT or self.points == self.max_points
        return complete and not self.missed and not self.unexpected


def check_assignment(
    assignment: Assignment,
    *,
    workshop: Workshop,
    on_result: Callable[[TrialResult], None] = lambda result: None,
    question: str | None = None,
    draw_number: int = 0,
) -> list[TrialResult]:
    """Try the reference first, then every variant and mutant, on one draw.

    Where students have personal variants, everything is tried in the first combination, and the reference besides in
    as many as it takes to meet every value once.

    With `question`, only that one is asked (and those it needs), of the mutants only those that fail in it: seconds
    where everything takes minutes.

    Raises:
        UsageError: there is no such question.
        SpecError: the material can't be read, or the reference doesn't finish.
        ProvisionError: there is no reference here, or no weights.
        SandboxError: the sandbox failed.
    """
    trials = add_combinations(list_trials(assignment), assignment)
    if question is not None:
        assignment = narrow_assignment(assignment, question)
        trials = narrow_trials(trials, assignment)
    grounds = {
        number: prepare_ground(assignment, Pick(draw_number, number), workshop)
        for number in dict.fromkeys(trial.combination for trial in trials)
    }
    results = []
    with (
        ThreadPoolExecutor(AT_A_TIME) as pool,
        stop_at_exit(workshop.sandbox) as sandbox,
    ):  # at ^C: runs end, then threads

        def run(trial: Trial) -> TrialResult:
            place = replace(workshop, sandbox=sandbox)
            return run_trial(assignment, trial, grounds[trial.combination], workshop=place)

        for result in pool.map(run, trials):
            on_result(result)
            results.append(result)
    return results


def prepare_ground(assignment: Assignment, pick: Pick, workshop: Workshop) -> Ground:
    """The draw that trials meet, and the reference's evidence for it.

    Raises:
        SpecError: the reference doesn't finish.
    """
    draw = name_pick(assignment, pick, secret=workshop.secret)
    data = load_data(assignment, draw)
    reference = obtain_reference(assignment, draw=draw, data=data, workshop=workshop)
    return Ground(draw=draw, data=data, reference=reference)


def add_combinations(trials: Sequence[Trial], assignment: Assignment) -> list[Trial]:
    """The trials, and after the reference itself the reference in further combinations."""
    solution, *others = trials
    named = {number: find_combination(assignment.variants, number) for number in list_cover(assignment.variants)}
    further = [
        replace(solution, name=f"solution ({say_variant(variant)})", combination=number)
        for number, variant in named.items()
        if number
    ]
    return [solution, *further, *others]


def narrow_assignment(assignment: Assignment, question: str) -> Assignment:
    """The assignment with one question, and those that it needs.

    Raises:
        UsageError: there is no such question.
    """
    known = {part.id: part for part in assignment.questions}
    if question not in known:
        raise UsageError(f"{assignment.slug!r} has no question {question!r}", details=(f"It has {', '.join(known)}.",))
    kept, waiting = set[str](), [question]
    while waiting:
        name = waiting.pop()
        kept.add(name)
        waiting += [needed for needed in known[name].needs if needed not in kept]
    return replace(assignment, questions=tuple(part for part in assignment.questions if part.id in kept))


def narrow_trials(trials: Sequence[Trial], assignment: Assignment) -> list[Trial]:
    """The trials that concern the questions of an assignment, with what they fail in these."""
    ids = {question.id for question in assignment.questions}
    narrowed = [
        replace(trial, fails=tuple(name for name in trial.fails if name.split(".")[0] in ids)) for trial in trials
    ]
    return [trial for trial in narrowed if trial.fails or trial.kind is not TrialKind.MUTANT]


def list_trials(assignment: Assignment) -> list[Trial]:
    """The reference, the variants and the mutants of an assignment, in that order.

    Raises:
        ProvisionError: there is no reference here.
        SpecError: every fault of the mutants' descriptions.
    """
    private = assignment.reference
    if private is None:
        raise ProvisionError(f"{assignment.slug!r} has no reference on this machine, so there is nothing to check")
    faults: list[Fault] = []
    trials = [Trial(kind=TrialKind.REFERENCE, name="solution", folder=private / "solution")]
    trials += [
        Trial(kind=TrialKind.VARIANT, name=folder.name, folder=folder) for folder in list_folders(private / "variants")
    ]
    trials += [read_mutant(assignment, folder, faults) for folder in list_folders(private / "mutants")]
    if faults:
        raise SpecError(f"mutants of {assignment.slug!r} are described wrongly", faults=tuple(faults))
    return trials


def list_folders(parent: Path) -> list[Path]:
    """The folders in a folder, sorted; none where there is no such folder."""
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))


def read_mutant(assignment: Assignment, folder: Path, faults: list[Fault]) -> Trial:
    """One mutant's description; what is wrong with it is added to `faults`."""
    path = folder / "mutant.toml"
    try:
        said = read_mutant_file(path)
    except SpecError as error:
        found = [Fault(f"{path}: {fault.path}", fault.message, fault.suggestion) for fault in error.faults]
        faults += found or [Fault(str(path), error.message)]
        said = Mutant(mistake="", fails=())
    known = list_checks(assignment)
    for name in said.fails:
        if name not in known:
            faults.append(Fault(f"{path}: fails", f"no check {name!r}", f"there are {', '.join(sorted(known))}"))
    return Trial(
        kind=TrialKind.MUTANT,
        name=folder.name,
        folder=folder,
        fails=said.fails,
        mistake=said.mistake,
        hint=said.hint,
    )


def list_checks(assignment: Assignment) -> set[str]:
    """Every name that a mutant may fail: "question" and "question.check"."""
    checks = {f"{question.id}.{check.id}" for question in assignment.questions for check in question.checks}
    return checks | {question.id for question in assignment.questions}


def run_trial(assignment: Assignment, trial: Trial, ground: Ground, *, workshop: Workshop) -> TrialResult:
    """One trial's run, or its cached evidence, marked.

    Where it isn't as it should be and met a limit of time, it is run once more: a machine that was too busy must not
    make an assignment unsound.
    """
    submission = read_authors(assignment, trial.folder, ground.draw.chosen)
    kept = keep_data(assignment, data=ground.data, vault=workshop.vault)
    authors = load_authors_checks(assignment)
    marked = fill_assignment(leave_out_by_hand(assignment), ground.draw.chosen)

    def run(fresh: bool) -> tuple[TrialResult, Obtained]:
        obtained = obtain_evidence(
            assignment, submission, draw=ground.draw, data=ground.data, workshop=workshop, fresh=fresh
        )
        evidence = add_source(obtained.evidence, read_source(submission.programs))
        marks = mark_evidence(marked, evidence, ground.reference, kept=kept, authors=authors)
        return judge_trial(trial, marks, obtained), obtained

    result, obtained = run(False)
    late = any(question.exit in OUT_OF_TIME for question in obtained.evidence.questions.values())
    return run(True)[0] if late and not result.sound else result


def judge_trial(trial: Trial, marks: Marks, obtained: Obtained) -> TrialResult:
    """What failed, against what should have."""
    failed = set(list_failed(marks, obtained.evidence))
    expected = set(trial.fails)
    return TrialResult(
        trial=trial,
        points=marks.score.points,
        max_points=marks.score.max_points,
        failed=tuple(sorted(failed)),
        missed=tuple(sorted(expected - failed)),
        unexpected=tuple(sorted(failed - expected)),
        problems=tuple(list_problems(obtained.evidence)),
        made_now=obtained.made_now,
    )


def leave_out_by_hand(assignment: Assignment) -> Assignment:
    """The assignment without the questions that a person marks: no trial says anything of them."""
    asked = tuple(q for q in assignment.questions if not any(check.use == "by_hand" for check in q.checks))
    return replace(assignment, questions=asked)


def list_failed(marks: Marks, evidence: Evidence) -> Iterator[str]:
    """What failed: the question's id alone where it didn't finish, else each of its failed checks."""
    for question, results in marks.results.items():
        found = evidence.questions.get(question)
        if found is not None and not found.finished:
            yield question
        else:
            yield from (
                f"{question}.{check}"
                for check, result in results.items()
                if result.verdict in (Verdict.FAILED, Verdict.ERROR)
            )


def list_problems(evidence: Evidence) -> Iterator[str]:
    """A line for each question that didn't finish."""
    for question in evidence.questions.values():
        if question.problem is not None:
            yield f"{question.id}: {question.problem.type or question.problem.code} {question.problem.message}".strip()
