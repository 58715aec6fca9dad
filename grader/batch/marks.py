"""Evidence becomes a mark: the checks' answers, the points, and the reports that say so, for nobody in particular.

A mark holds three views: the instructor's whole one, the student's, and the student's once the deadline is over. Whose
it is, when it was handed in, what lateness costs and what a person decided is put in by `personal`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from grader import __version__
from grader.answers import NOTHING_RAN
from grader.batch.draw_book import DrawBook
from grader.batch.model import NewMark, StoredRun
from grader.checks.result import Kept
from grader.collect import Workshop, join_evidence, settle
from grader.draws import Data, Pick
from grader.errors import SandboxError
from grader.evidence.model import Evidence, Exit, Problem
from grader.ingest.submission import Submission
from grader.jobs import keep_data
from grader.marking import AuthorsChecks, Marks, load_authors_checks, mark_evidence
from grader.pipeline import add_source, describe_submission, end_all, finish_all, made_alike, read_source
from grader.reference import obtain_reference
from grader.report import build_report, read_report
from grader.report.info import EnvironmentInfo, FaultInfo, SubmissionInfo, TimingInfo
from grader.report.model import Audience, Report, Whose
from grader.spec.fields import find_combination
from grader.spec.model import Assignment
from grader.spec.variants import fill_assignment

__all__ = ["Marker", "Refusal", "read_view"]

VIEWS = {
    "instructor": (Audience.INSTRUCTOR, True),
    "student": (Audience.STUDENT, False),
    "student_after": (Audience.STUDENT, True),
}
"""For whom, and whether the deadline is over."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a submission was refused at the door."""

    code: str
    message: str
    details: tuple[str, ...] = ()


def read_view(packed: bytes, view: str) -> Report:
    """One of the reports of a mark that `Marker` made: "instructor", "student" or "student_after".

    Raises:
        UsageError: it is of another version.
    """
    return read_report(json.dumps(json.loads(packed)[view]))


class Marker:
    """Marks what submissions left, for one assignment. The reference's evidence is obtained once for each draw."""

    def __init__(self, assignment: Assignment, *, workshop: Workshop, book: DrawBook) -> None:
        self._assignment = assignment
        self._workshop = workshop
        self._book = book
        self._authors: AuthorsChecks | None = None
        self._kept: dict[Pick, Kept] = {}
        self._references: dict[Pick, Evidence] = {}

    def mark(
        self, submission: Submission, pick: Pick, runs: Sequence[StoredRun], keys: Mapping[str, str], *, key: str
    ) -> NewMark:
        """Mark a submission by the runs that hold its questions; by none where it has no program, only answers at most.

        Raises:
            SandboxError: the reference can't be had, or was made by other versions of the libraries.
            SpecError, ProvisionError: the assignment is unsound; its reference isn't here.
        """
        about = describe_submission(submission, self._assignment, attempt=1, submitted_at=None)
        about = replace(about, submitted_at=None, source=name_source(submission))
        if not runs and submission.sheet is None:
            evidence = end_all(self._assignment, Problem(code="missing_file", where="load"))
            reference = finish_all(self._assignment)
        else:
            ran = self._join(runs, keys) if runs else NOTHING_RAN
            evidence = settle(self._assignment, submission, ran)
            reference = self._find_reference(pick, evidence)
        evidence = add_source(evidence, read_source(submission.programs))
        filled = fill_assignment(self._assignment, find_combination(self._assignment.variants, pick.combination))
        marks = mark_evidence(filled, evidence, reference, kept=self._find_kept(pick), authors=self._find_authors())
        return self._make(marks, about, evidence, key=key, runs=runs, pick=pick, combination=pick.combination)

    def refuse(self, refusal: Refusal, *, source: str, key: str, combination: int = 0) -> NewMark:
        """The mark of a submission that was refused at the door: nothing, and the reason."""
        about = SubmissionInfo(source=source, submitted_at=None)
        evidence = end_all(self._assignment, Problem(code="refused", where="load", message=refusal.message))
        marks = mark_evidence(
            self._assignment, evidence, finish_all(self._assignment), kept=Kept(), authors=self._find_authors()
        )
        fault = FaultInfo(
            whose=Whose.STUDENT, code=refusal.code, message=refusal.message, details=tuple(refusal.details)
        )
        return self._make(marks, about, evidence, key=key, combination=combination, fault=fault)

    def _join(self, runs: Sequence[StoredRun], keys: Mapping[str, str]) -> Evidence:
        """The evidence of all questions, each from the run that holds it under today's key."""
        joined: Evidence | None = None
        for run in runs:
            asked = replace(
                self._assignment, questions=tuple(q for q in self._assignment.questions if q.id in run.questions)
            )
            evidence = join_evidence(asked, run.results, run.questions)
            wanted = {name: part for name, part in evidence.questions.items() if run.keys.get(name) == keys.get(name)}
            if joined is None:
                joined = replace(evidence, questions=wanted)
            elif not made_alike(joined, evidence):
                raise SandboxError(
                    "its questions were run with different versions of their libraries",
                    details=tuple(f"{e.python} {dict(e.packages)} {e.device}" for e in (joined, evidence)),
                )
            else:
                joined = replace(
                    joined,
                    questions={**joined.questions, **wanted},
                    exit=evidence.exit if evidence.exit is not Exit.FINISHED else joined.exit,
                    complete=joined.complete and evidence.complete,
                    fault=joined.fault or evidence.fault,
                )
        assert joined is not None
        return joined

    def _find_reference(self, pick: Pick, evidence: Evidence) -> Evidence:
        """The reference's evidence for a draw, made by the same versions as the student's."""
        fresh = False
        if pick in self._references:
            if made_alike(self._references[pick], evidence):
                return self._references[pick]
            fresh = True
        for again in (fresh, True):
            found = self._obtain(pick, fresh=again)
            if made_alike(found, evidence):
                self._references[pick] = found
                return found
        raise SandboxError(
            "the reference and the submission ran with different versions of their libraries",
            details=tuple(f"{e.python} {dict(e.packages)} {e.device}" for e in (found, evidence)),
        )

    def _obtain(self, pick: Pick, *, fresh: bool) -> Evidence:
        draw, data = self._book.draw(pick), self._book.data(pick)
        return obtain_reference(self._assignment, draw=draw, data=data, workshop=self._workshop, fresh=fresh)

    def _find_kept(self, pick: Pick) -> Kept:
        if pick not in self._kept:
            data: Data = self._book.data(pick)
            self._kept[pick] = keep_data(self._assignment, data=data, vault=self._workshop.vault)
        return self._kept[pick]

    def _find_authors(self) -> AuthorsChecks:
        if self._authors is None:
            self._authors = load_authors_checks(self._assignment)
        return self._authors

    def _make(
        self,
        marks: Marks,
        about: SubmissionInfo,
        evidence: Evidence,
        *,
        key: str,
        combination: int,
        runs: Sequence[StoredRun] = (),
        pick: Pick | None = None,
        fault: FaultInfo | None = None,
    ) -> NewMark:
        marked_at = datetime.now(UTC)
        timing = TimingInfo(
            started_at=min((run.started_at for run in runs), default=marked_at),
            graded_at=marked_at,
            wall_seconds=sum(run.wall_seconds for run in runs),
        )
        environment = self._describe_environment(runs, pick)
        variant = find_combination(self._assignment.variants, combination)
        views = {
            name: build_report(
                fill_assignment(self._assignment, variant),
                marks.score,
                report_id=key[:16],
                draw=None if pick is None else pick.draw,
                variant=variant,
                evidence=evidence,
                results=marks.results,
                submission=about,
                environment=environment,
                timing=timing,
                audience=audience,
                after_deadline=over,
                fault=fault,
            ).model_dump(mode="json")
            for name, (audience, over) in VIEWS.items()
        }
        return NewMark(
            key=key,
            submission_digest=about.digest,
            assignment_digest=self._assignment.digest,
            run_ids=tuple(run.id for run in runs),
            points=marks.score.points,
            max_points=marks.score.max_points,
            questions={question.id: question.points for question in marks.score.questions},
            status=str(views["instructor"]["status"]),
            report=json.dumps(views, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(),
            marked_at=marked_at,
        )

    def _describe_environment(self, runs: Sequence[StoredRun], pick: Pick | None) -> EnvironmentInfo:
        """Where it ran; of what nothing ran, where it would have."""
        sandbox, vault = self._workshop.sandbox, self._workshop.vault
        first = runs[0] if runs else None
        return EnvironmentInfo(
            grader=__version__,
            sandbox=first.sandbox if first else sandbox.name,
            is_sandbox=all(run.is_sandbox for run in runs) if runs else sandbox.is_sandbox,
            cautions=tuple(dict.fromkeys(caution for run in runs for caution in run.cautions)),
            image=first.image if first else None,
            seed=None if pick is None else self._book.draw(pick).seed,
            weights={name: kind.value for name, kind in vault.kinds(self._assignment.weights).items()},
        )


def name_source(submission: Submission) -> str:
    """What to show of a submission that several may have handed in: the file that is graded."""
    files = [program.path for program in submission.programs]
    files += [] if submission.sheet is None else [submission.sheet.path]
    files = files or [file.path for file in submission.files]
    return files[0] if files else submission.source
