"""Forget a student, or everything before a date: in the ledger, in the files made from it, and in the grader's home.

What was graded leaves traces in five places: the ledger with its evidence, the plan beside it, the reports, the
gradebook with its summary, and the runs that `grade submit` keeps in the home folder. All of them are gone through.
"""

import csv
import io
import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from grader.batch.grade_class import GRADEBOOK, SUMMARY
from grader.batch.gradebook import guard_cell, write_if_new
from grader.batch.ledger import Ledger, Purged
from grader.batch.plan import read_plan, save_plan
from grader.batch.publishing import withdraw_report
from grader.errors import ProvisionError, UsageError
from grader.report.clean import clean_line
from grader.runs import read_record

__all__ = ["Forgotten", "forget"]


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was removed: in the ledger, and how many reports, rows of plans and stored runs beside it."""

    ledger: Purged
    reports: int
    rows: int
    runs: int


def forget(
    out: Path, *, ledger: Ledger, home: Path, before: datetime | None = None, student_id: str | None = None
) -> Forgotten:
    """Remove what is older than `before`, of one student or of all; the student's whole without a time.

    Raises:
        UsageError: neither is given.
        ProvisionError: something can't be removed; what was removed by then is gone, and the same call goes on.
    """
    slugs = [path.stem.removeprefix("plan-") for path in sorted((out / "ledger").glob("plan-*.json"))]
    known = {slug: set(ledger.read_grades(slug)) for slug in slugs}
    purged = ledger.purge(before=before, student_id=student_id)
    reports = rows = 0
    try:
        gone_everywhere: set[str] = set()
        for slug in slugs:
            gone = known[slug] - set(ledger.read_grades(slug))
            if student_id is not None and before is None:
                gone.add(student_id)
            rows += drop_from_plan(out / "ledger" / f"plan-{slug}.json", gone)
            gone_everywhere |= gone
        reports = sum(withdraw_report(out, student) for student in sorted(gone_everywhere))
        drop_from_gradebook(out, gone_everywhere)
        runs = remove_runs(home / "runs", before=before, student_id=student_id)
    except OSError as error:
        raise ProvisionError(
            f"{error.filename or str(out)!r} can't be removed: {error.strerror or error}",
            details=("What was removed is gone; run the same command again once this is mended.",),
        ) from error
    return Forgotten(ledger=purged, reports=reports, rows=rows, runs=runs)


def drop_from_plan(path: Path, gone: Collection[str]) -> int:
    """Take rows out of a plan; how many."""
    plan = read_plan(path)
    rows = tuple(row for row in plan.rows if row.student_id not in gone)
    # The text of class.toml names students too; without it a regrade asks for the file.
    forgotten = plan.rules_forgotten or any(student in (plan.rules or "") for student in gone)
    save_plan(replace(plan, rows=rows, rules=None if forgotten else plan.rules, rules_forgotten=forgotten), path)
    return len(plan.rows) - len(rows)


def drop_from_gradebook(out: Path, gone: Collection[str]) -> None:
    """Take rows out of the gradebook. The summary goes as a whole: the next batch writes it anew."""
    if not gone:
        return
    (out / SUMMARY).unlink(missing_ok=True)
    path = out / GRADEBOOK
    if not path.is_file():
        return
    cells = {guard_cell(clean_line(student)) for student in gone}
    kept = io.StringIO()
    with path.open(encoding="utf-8", newline="") as file:
        csv.writer(kept, lineterminator="\n").writerows(
            row for row in csv.reader(file) if row[:1] and row[0] not in cells
        )
    write_if_new(path, kept.getvalue().encode("utf-8"))


def remove_runs(folder: Path, *, before: datetime | None, student_id: str | None) -> int:
    """Remove the runs that `grade submit` kept; how many. A folder that holds no run of this version stays."""
    removed = 0
    for run in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            record = read_record(run)
        except UsageError:
            continue
        theirs = student_id is None or record.student.id == student_id
        if theirs and (before is None or record.started_at < before):
            shutil.rmtree(run)
            removed += 1
    return removed
