"""A small batch in a process of its own, so that it can be killed: `python -m tests.batch.ledger.writer FOLDER …`.

Six students, every third with evidence that is a file, two who handed in alike. What the ledger has isn't done again.
"""

import argparse
import sys
from pathlib import Path

from grader.batch.failpoints import arm
from grader.batch.ledger import Ledger, open_ledger
from grader.errors import GraderError
from tests.batch.ledger.making import digest_of, find_mark, make_grade, make_large_run, make_mark, make_run

__all__ = ["STUDENTS", "grade_all", "read_table"]

STUDENTS = {"s1": "one", "s2": "two", "s3": "three", "s4": "four", "s5": "one", "s6": "six"}
LARGE = ("one", "four")


def grade_all(ledger: Ledger) -> None:
    """Do what isn't done yet, one student after the other."""
    for student, name in STUDENTS.items():
        ledger.keep_submission(digest_of(name), f"PK {name}".encode(), student_ids=[student])
        runs = ledger.find_runs([f"key-a-{name}"])
        if not runs:
            ledger.add_run((make_large_run if name in LARGE else make_run)(name))
        with ledger.transaction():
            mark = find_mark(ledger, f"mark-{name}")
            mark_id = mark.id if mark is not None else ledger.add_mark(make_mark(name))
            ledger.record_grades([make_grade(student, name=name, mark_id=mark_id)])
        print(student, flush=True)


def read_table(folder: Path) -> tuple[list[str], list[str], list[str], list[str]]:
    """What there is at the end: grades, keys that have a run, how much there is of everything, and what is wrong."""
    names = sorted(set(STUDENTS.values()))
    with open_ledger(folder, write=False) as ledger:
        grades = ledger.read_grades("hw1")
        table = [f"{student} {grade.points} {grade.submission_digest}" for student, grade in grades.items()]
        history = [str(len(ledger.read_history("hw1", student))) for student in STUDENTS]
        runs = ledger.find_runs(f"key-{question}-{name}" for name in names for question in "ab")
        for run_id in set(runs.values()):
            ledger.read_run(run_id)
        return table, history, sorted(runs), ledger.check()


def main() -> int:
    """Run it; the exit status is 3 where the ledger refused."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--failpoint")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--wait", action="store_true", help="after the first write wait for a line, then write again")
    options = parser.parse_args()
    if options.failpoint:
        arm(options.failpoint, options.count)
    try:
        with open_ledger(options.folder, by="ta") as ledger:
            if options.wait:
                ledger.add_event("began", "hw1", {})
                print("ready", flush=True)
                sys.stdin.readline()
            grade_all(ledger)
    except GraderError as error:
        print(error.message, flush=True)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
