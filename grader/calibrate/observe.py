"""One run, reduced to what a calibration needs of it: each check's statistic and verdict, and a digest of what it left.

The evidence itself stays on the disk, cached by content as any of the author's own runs is: a second call reads it.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace

from grader.calibrate.plan import OWN_DEVICE, Condition, Planned
from grader.check_assignment import Trial, TrialKind, leave_out_by_hand
from grader.checks.result import Kept, Verdict
from grader.checks.statistics import Statistic, measure_check
from grader.collect import AT_A_LIMIT, Workshop
from grader.draws import Data, Draw, load_data, name_draw
from grader.evidence.model import Evidence, QuestionEvidence
from grader.jobs import keep_data
from grader.marking import AuthorsChecks, add_source, load_authors_checks, mark_evidence, read_source
from grader.reference import Obtained, obtain_evidence, obtain_reference, read_authors
from grader.score import QuestionStatus
from grader.spec.model import Assignment, Question
from grader.spec.variants import fill_assignment

__all__ = ["Observation", "Observer", "Page", "measure_question"]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What came of a run. Checks are named "question.check". `quick`: a way of the author's quick training."""

    trial: Trial
    condition: Condition
    statistics: Mapping[str, Statistic] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    passed: Mapping[str, bool] = field(default_factory=dict)  # each question: whether it earned everything
    digests: Mapping[str, str] = field(default_factory=dict)  # of what each question left
    limited: frozenset[str] = frozenset()  # questions that met a limit: a busy machine's doing, as a rule
    made_now: bool = True
    quick: bool = False

    @property
    def is_right(self) -> bool:
        """Whether it is of a right solution."""
        return self.trial.kind is not TrialKind.MUTANT

    @property
    def is_reference(self) -> bool:
        """Whether it is the very run that all others are compared with."""
        usual = self.condition.variation == 0 and self.condition.is_usual
        return self.trial.kind is TrialKind.REFERENCE and usual and not self.quick


@dataclass(frozen=True, kw_only=True)
class Page:
    """A draw: its data, what of them stays outside, and the reference's evidence."""

    draw: Draw
    data: Data
    kept: Kept
    reference: Evidence


class Observer:
    """Makes runs of an assignment's own material and looks at them. For several threads."""

    def __init__(self, assignment: Assignment, *, workshop: Workshop) -> None:
        self.assignment = assignment
        self.workshop = workshop
        self._authors: AuthorsChecks = load_authors_checks(assignment)
        self._lock = threading.Lock()
        self._wide = threading.Lock()
        self._pages: dict[int, Page] = {}

    def open_page(self, number: int) -> Page:
        """The page of a draw; its reference is run once.

        Raises:
            SpecError, ProvisionError, SandboxError: it can't be had.
        """
        with self._lock:
            if number not in self._pages:
                draw = name_draw(self.assignment, number, secret=self.workshop.secret)
                data = load_data(self.assignment, draw)
                self._pages[number] = Page(
                    draw=draw,
                    data=data,
                    kept=keep_data(self.assignment, data=data, vault=self.workshop.vault),
                    reference=obtain_reference(self.assignment, draw=draw, data=data, workshop=self.workshop),
                )
            return self._pages[number]

    def observe(self, planned: Planned) -> Observation:
        """One run, or its cached evidence.

        Raises:
            SpecError, ProvisionError, SandboxError: it can't be made.
        """
        trial, condition = planned.trial, planned.condition
        page = self.open_page(condition.draw)
        asked = narrow(self.assignment, trial)
        submission = read_authors(asked, trial.folder, page.draw.chosen)

        def obtain(*, fresh: bool) -> Obtained:
            return obtain_evidence(
                place(asked, condition.device),
                submission,
                draw=replace(page.draw, variation=condition.variation),
                data=page.data,
                workshop=self.workshop,
                threads=condition.threads,
                fresh=fresh,
            )

        with self._wide if condition.threads > 1 else nullcontext():  # two such at a time spend it waiting
            obtained = obtain(fresh=False)
            if not obtained.made_now and find_limited(obtained.evidence, trial):
                obtained = obtain(fresh=True)  # a machine that was busy once mustn't count for ever
        evidence = add_source(obtained.evidence, read_source(submission.programs))
        marked = fill_assignment(leave_out_by_hand(asked), page.draw.chosen)
        marks = mark_evidence(marked, evidence, page.reference, kept=page.kept, authors=self._authors)
        left = obtained.evidence.questions
        return Observation(
            trial=trial,
            condition=condition,
            statistics={
                name: statistic
                for question in asked.questions
                if question.id in left and left[question.id].finished
                for name, statistic in measure_question(question, left[question.id], page).items()
            },
            verdicts={
                f"{question}.{check}": result.verdict
                for question, results in marks.results.items()
                for check, result in results.items()
            },
            passed={score.id: score.status is QuestionStatus.PASSED for score in marks.score.questions},
            digests={name: digest_question(question) for name, question in left.items()},
            limited=find_limited(obtained.evidence, trial),
            made_now=obtained.made_now,
        )


def find_limited(evidence: Evidence, trial: Trial) -> frozenset[str]:
    """The questions that met a limit and weren't meant to."""
    return frozenset(
        name
        for name, left in evidence.questions.items()
        if (left.exit in AT_A_LIMIT or left.unpredicted) and name not in trial.fails
    )


def narrow(assignment: Assignment, trial: Trial) -> Assignment:
    """Of a mutant only the questions that it fails, without what these need: each is looked at by itself."""
    if trial.kind is not TrialKind.MUTANT:
        return assignment
    wanted = {name.split(".")[0] for name in trial.fails}
    questions = tuple(replace(part, needs=()) for part in assignment.questions if part.id in wanted)
    return replace(assignment, questions=questions)


def place(assignment: Assignment, device: str) -> Assignment:
    """The assignment on another device than its own."""
    if device == OWN_DEVICE or assignment.limits.gpus:
        return assignment
    return replace(assignment, limits=replace(assignment.limits, gpus=1))


def measure_question(question: Question, left: QuestionEvidence, page: Page) -> dict[str, Statistic]:
    """The statistics of a question's checks in one run, whatever they need."""
    reference = page.reference.questions.get(question.id)
    if reference is None:
        return {}
    measured: dict[str, Statistic] = {}
    for check in question.checks:
        try:
            statistic = measure_check(check, left, reference, page.kept)
        except Exception:  # the check itself raises too, and is in error: nobody's number mends that
            statistic = Statistic(value=None, stopped="check_error")
        if statistic is not None:
            measured[f"{question.id}.{check.id}"] = statistic
    return measured


def digest_question(left: QuestionEvidence) -> str:
    """What a question left, by content: two runs with one digest are one run made twice."""
    digest = hashlib.sha256(json.dumps([left.exit.value, dict(left.records)], sort_keys=True, default=str).encode())
    for arrays in (left.arrays, left.predictions):
        for name, array in sorted(arrays.items()):
            digest.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode() + array.tobytes())
    return digest.hexdigest()
