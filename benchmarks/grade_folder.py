"""Stands in for `grade batch` until that is there: grades the submissions of a folder from warm guests.

    python -m benchmarks.grade_folder ASSIGNMENT --submissions FOLDER --out FOLDER [--jobs 2] [--sandbox bubblewrap]

No ledger, no roster, no board: the pipeline of `grade submit` in a pool, and a report for each student.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from grader.cli.settings import read_settings
from grader.cli.workshop import open_workshop, take_sandbox
from grader.collect import Workshop
from grader.draws import load_data, name_draw
from grader.ingest import read_submission
from grader.pipeline import grade_submission
from grader.reference import obtain_reference
from grader.report.json_report import save_report
from grader.report.model import Audience
from grader.sandbox import WarmSandbox
from grader.spec import load_assignment
from grader.spec.model import Assignment


def main() -> None:
    """Grade a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assignment", type=Path)
    parser.add_argument("--submissions", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sandbox", default="bubblewrap")
    options = parser.parse_args()
    settings = read_settings()
    reference = options.assignment.parent.parent / "reference" / options.assignment.name
    assignment = load_assignment(options.assignment, reference=reference)
    chosen = take_sandbox(options.sandbox, allow_process=True, settings=settings, warm=True)
    workshop = open_workshop(settings, sandbox=chosen)
    try:
        obtain_all_references(assignment, workshop)
        with ThreadPoolExecutor(options.jobs) as pool:
            folders = sorted(path for path in options.submissions.iterdir() if path.is_dir())
            list(pool.map(lambda folder: grade(folder, assignment, workshop, options.out), folders))
    finally:
        if isinstance(chosen, WarmSandbox):
            chosen.close()


def obtain_all_references(assignment: Assignment, workshop: Workshop) -> None:
    """Have the solution's evidence for every draw before two submissions ask for the same at once."""
    for number in range(assignment.draws):
        draw = name_draw(assignment, number, secret=workshop.secret)
        obtain_reference(assignment, draw=draw, data=load_data(assignment, draw), workshop=workshop)


def grade(folder: Path, assignment: Assignment, workshop: Workshop, out: Path) -> None:
    """Grade one student's folder and write the report."""
    submission = read_submission(folder, files=assignment.files)
    graded = grade_submission(assignment, submission, workshop=workshop, audience=Audience.INSTRUCTOR)
    place = out / folder.name
    place.mkdir(parents=True)
    save_report(graded.report, place / "report.json")


if __name__ == "__main__":
    main()
