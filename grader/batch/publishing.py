"""Writes each student's own report, `<out>/<student>/report.json`, once its grade is on the disk.

A report that says the same already isn't written again. Where a row has no report any more (nothing handed in, not
graded), an old one is taken away: it would tell of something that doesn't count.

A grade is on the disk before its report is. So that a batch which is killed in between leaves no old report for good, a
note beside the ledger says of which assignment the reports are, for which reader, and whether all were written; where
it doesn't say so, every report is made again. So a report need not be on the disk before the next is written: all are
before the note says that they are.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from grader.batch.gradebook import write_if_new
from grader.batch.judging import Judged
from grader.batch.ledger import Ledger
from grader.batch.marks import read_view
from grader.batch.model import Grade, Override
from grader.batch.personal import personalize
from grader.durable import flush, write_whole
from grader.errors import ProvisionError
from grader.hand_in import name_folder
from grader.report import write_report
from grader.report.audience import View
from grader.report.model import Audience
from grader.spec.model import Assignment, CheckSpec, Question

__all__ = ["Publisher", "place_report", "withdraw_report"]

REPORT = "report.json"
NOTE = "ledger/reports.json"


class Publisher:
    """Writes the reports of one batch.

    Args:
        out: the folder of results.
        assignment: what was graded.
        ledger: where marks are.
        decisions: a person's, by student and question.
        is_over: whether the deadline is over for everybody, so that what was held back until then is shown.
    """

    def __init__(
        self,
        out: Path,
        assignment: Assignment,
        *,
        ledger: Ledger,
        decisions: Mapping[tuple[str, str | None], Override],
        is_over: bool,
    ) -> None:
        self._out = out
        self._ledger = ledger
        self._decisions = decisions
        self._view = "student_after" if is_over else "student"
        view = View(Audience.STUDENT, is_over)
        parts: list[Question | CheckSpec] = [*assignment.questions]
        parts += [check for question in assignment.questions for check in question.checks]
        self._withholds = any(view.withholds(part) for part in parts)
        self._about = [assignment.slug, self._view]
        self._noted = read_note(out / NOTE)
        self._all_there = self._noted == [*self._about, True]
        self._all_written = True
        self._unflushed: list[str] = []  # whose

    def expect(self) -> None:
        """Note that reports are about to be written, before the grades that they tell are on the disk.

        Raises:
            ProvisionError: the disk is full or can't be written.
        """
        self._note(whole=False)

    def finish(self) -> None:
        """See that all reports are on the disk, and note it. Raises as `expect`."""
        try:
            for student in self._unflushed:
                path = place_report(self._out, student)
                flush(path)
                flush(path.parent)
        except OSError as error:
            raise self._cannot_write(error) from error
        self._unflushed.clear()
        if self._all_written:
            self._note(whole=True)

    def _note(self, *, whole: bool) -> None:
        note = [*self._about, whole]
        if self._noted == note:
            return
        try:
            write_whole(self._out / NOTE, json.dumps(note).encode())
        except OSError as error:
            raise self._cannot_write(error) from error
        self._noted = note

    def __call__(self, grade: Grade, chosen: Judged | None, new: bool) -> None:
        """Write one student's report, where it isn't there as it should be.

        Raises:
            ProvisionError: the disk is full or can't be written.
        """
        path = place_report(self._out, grade.student_id)
        if not new and path.is_file() and self._all_there:
            return
        try:
            if grade.mark_id is None:
                withdraw_report(self._out, grade.student_id)
            elif chosen is not None:
                self._write(path, grade, chosen)
            else:  # an earlier grade that stays, because of a fault of ours
                self._all_written = self._all_written and self._all_there
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> ProvisionError:
        return ProvisionError(
            f"the reports can't be written to {str(self._out)!r}: {error.strerror or error}",
            details=("What is graded is in the ledger: the same command writes them once this is mended.",),
        )

    def _write(self, path: Path, grade: Grade, chosen: Judged) -> None:
        assert grade.mark_id is not None
        report = personalize(
            read_view(self._ledger.read_report(grade.mark_id), self._view),
            grade,
            overrides={question: one for (who, question), one in self._decisions.items() if who == grade.student_id},
            lateness=chosen.lateness.reason,
            withholds=self._withholds,
        )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if write_if_new(path, write_report(report).encode("utf-8"), flushed=False):
            self._unflushed.append(grade.student_id)


def read_note(path: Path) -> object:
    """What the note says; None where there is none that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def place_report(out: Path, student_id: str) -> Path:
    """Where a student's report lies: in a folder of a name that is safe on every system."""
    return out / name_folder(student_id) / REPORT


def withdraw_report(out: Path, student_id: str) -> bool:
    """Remove a student's report, and its folder where nothing else is in it; whether there was one.

    Raises:
        OSError: it can't be removed.
    """
    path = place_report(out, student_id)
    was_there = path.is_file()
    path.unlink(missing_ok=True)
    if path.parent.is_dir() and not any(path.parent.iterdir()):
        path.parent.rmdir()
    return was_there
