"""One student, or a term, is taken out of a ledger to the last byte; and all of one student is given out."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from grader.batch.ledger import Ledger, open_ledger
from grader.errors import ProvisionError, UsageError
from tests.batch.ledger.making import (
    MORNING,
    digest_of,
    find_mark,
    make_grade,
    make_large_run,
    make_mark,
    make_override,
    make_run,
)
from tests.house.reading import CHECKOUT

LATER = MORNING + timedelta(days=100)
ANNA, BERT, CARL = "anna-4711", "bert-0815", "carl-1234"


def secret(name: str) -> bytes:
    """Bytes that stand nowhere but in one submission."""
    return f"written by nobody but {name}".encode()


def hand_in(ledger: Ledger, student: str, name: str, *, large: bool = False) -> None:
    """Everything that a graded submission leaves in a ledger. Its evidence can't be deflated, and is found again."""
    run = make_large_run(name) if large else make_run(name, payload=os.urandom(64) + secret(name))
    ledger.keep_submission(digest_of(name), os.urandom(64) + secret(name), student_ids=[student])
    run_id = ledger.add_run(run)
    mark_id = ledger.add_mark(replace(make_mark(name, run_ids=(run_id,)), report=os.urandom(64) + secret(name)))
    ledger.record_grades([make_grade(student, name=name, mark_id=mark_id)])


def read_all(folder: Path) -> bytes:
    """Every byte and every name in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"".join(path.name.encode() + path.read_bytes() for path in files)


def fill(ledger: Ledger) -> None:
    """Three students; Bert and Carl handed the same in at last, Anna and Bert once before."""
    hand_in(ledger, ANNA, "anna's first")
    hand_in(ledger, ANNA, "anna's last", large=True)
    ledger.keep_submission(digest_of("never graded"), os.urandom(64) + secret("never graded"), student_ids=[ANNA])
    ledger.add_run(make_run("never graded", payload=os.urandom(64) + secret("a run never graded")))
    hand_in(ledger, BERT, "bert's")
    hand_in(ledger, BERT, "shared")
    ledger.keep_submission(digest_of("shared"), b"", student_ids=[CARL])
    mark = find_mark(ledger, "mark-shared")
    assert mark is not None
    ledger.record_grades([make_grade(CARL, name="shared", mark_id=mark.id)])
    ledger.add_override(make_override(ANNA, "9"))
    ledger.add_event("viewed", ANNA, {})
    ledger.add_event("regrade", "hw1", {"up": [ANNA, BERT]})


def test_one_student_is_taken_out_to_the_last_byte(tmp_path: Path) -> None:
    """Neither the id nor anything of the work is in any file; the others' is, and the chain holds."""
    with open_ledger(tmp_path, by="dpo") as ledger:
        fill(ledger)
        ledger.check()
        head = ledger.head
        before = read_all(tmp_path)
        purged = ledger.purge(student_id=ANNA)
        during = read_all(tmp_path)
        grades = ledger.read_grades("hw1")
        wrong = ledger.check()
        found = [find_mark(ledger, f"mark-{name}") is not None for name in ("anna's last", "bert's", "shared")]
    after = read_all(tmp_path)

    words = [ANNA.encode(), *(secret(name) for name in ("anna's first", "never graded"))]
    evidence = make_large_run("anna's last").results["student"].frames[1].payload[:200]
    assert all(word in before for word in [*words, evidence])
    assert not any(word in content for word in [*words, evidence] for content in (during, after))
    assert b"anna" not in after
    assert all(word in after for word in (BERT.encode(), secret("bert's"), secret("shared")))
    assert (purged.entries, purged.runs, purged.marks, purged.submissions, purged.artefacts) == (5, 3, 2, 3, 8)
    assert list(grades) == [BERT, CARL]
    assert found == [False, True, True]
    assert wrong == []
    with open_ledger(tmp_path) as ledger:
        assert ledger.head != head
        assert ledger.read_history("hw1", ANNA) == []
        assert ledger.read_overrides("hw1") == {}
        event = ledger.read_events(kind="purged")[0]
        assert (event.by, event.value.details["one_student"]) == ("dpo", True)
        ledger.record_grades([make_grade(ANNA)])
        assert ledger.check() == []


def test_what_two_handed_in_alike_stays_while_one_has_it(tmp_path: Path) -> None:
    """It goes with the second one."""
    with open_ledger(tmp_path) as ledger:
        fill(ledger)
        ledger.purge(student_id=BERT)
        kept = (find_mark(ledger, "mark-shared"), ledger.read_submission(digest_of("shared")))
        bytes_between = read_all(tmp_path)
        ledger.purge(student_id=CARL)

        assert all(kept)
        assert secret("bert's") not in bytes_between and secret("shared") in bytes_between
        assert find_mark(ledger, "mark-shared") is None
        assert ledger.read_submission(digest_of("shared")) is None
        assert secret("shared") not in read_all(tmp_path)
        assert ledger.check() == []


def test_a_term_is_taken_out_by_its_date(tmp_path: Path) -> None:
    """What was written before goes, of all; what a later grade rests on stays."""
    now = [MORNING]
    with open_ledger(tmp_path, clock=lambda: now[0]) as ledger:
        hand_in(ledger, ANNA, "old")
        hand_in(ledger, BERT, "kept")
        now[0] = LATER
        kept = find_mark(ledger, "mark-kept")
        assert kept is not None
        ledger.record_grades([make_grade(BERT, "9", name="kept", mark_id=kept.id)])
        purged = ledger.purge(before=LATER - timedelta(days=1))

        assert purged.entries == 2
        assert ledger.read_grades("hw1") == {BERT: make_grade(BERT, "9", name="kept", mark_id=kept.id)}
        assert [len(ledger.find_runs([f"key-a-{name}"])) for name in ("old", "kept")] == [0, 1]
        assert ledger.read_submission(digest_of("kept")) is not None
        assert secret("old") not in read_all(tmp_path)
        assert ledger.check() == []
        assert ledger.purge(before=LATER - timedelta(days=1)).artefacts == 0


def test_a_date_and_a_student_take_both(tmp_path: Path) -> None:
    """That student's older work, nobody else's."""
    now = [MORNING]
    with open_ledger(tmp_path, clock=lambda: now[0]) as ledger:
        hand_in(ledger, ANNA, "old")
        hand_in(ledger, BERT, "bert's")
        now[0] = LATER
        hand_in(ledger, ANNA, "new")
        ledger.purge(before=LATER, student_id=ANNA)

        found = [len(ledger.find_runs([f"key-a-{name}"])) for name in ("old", "bert's", "new")]
        assert found == [0, 1, 1]
        assert [grade.submission_digest for grade in ledger.read_grades("hw1").values()] == [
            digest_of("new"),
            digest_of("bert's"),
        ]


def test_a_purge_of_everything_by_mistake_is_refused(tmp_path: Path) -> None:
    """Without a date and without a student nothing happens."""
    with open_ledger(tmp_path) as ledger:
        fill(ledger)
        with pytest.raises(UsageError, match="nothing is purged"):
            ledger.purge()

        assert len(ledger.read_grades("hw1")) == 3


def test_a_reader_that_keeps_old_pages_is_told_of(tmp_path: Path) -> None:
    """While it reads, the log can't be emptied: the purge says so, and done again it is whole."""
    reading = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT * FROM history").fetchone()
print("ready", flush=True)
sys.stdin.readline()
connection.close()
"""
    with open_ledger(tmp_path) as ledger:
        fill(ledger)
        command = [sys.executable, "-c", reading, str(tmp_path / "ledger.sqlite3")]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout is not None and reader.stdout.readline() == "ready\n"
            with pytest.raises(ProvisionError, match=r"purge again|reading it"):
                ledger.purge(student_id=ANNA)
            reader.communicate("\n")
        ledger.purge(student_id=ANNA)

        assert ANNA.encode() not in read_all(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")
def test_a_purge_that_was_killed_is_finished_by_the_next_writer(tmp_path: Path) -> None:
    """Its rows are gone and its files are not: no row names them, so they go."""
    with open_ledger(tmp_path) as ledger:
        fill(ledger)
    program = f"""
from pathlib import Path
from grader.batch.failpoints import arm
from grader.batch.ledger import open_ledger
with open_ledger(Path({str(tmp_path)!r})) as ledger:
    arm("after-commit")
    ledger.purge(student_id={ANNA!r})
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT)
    left = [path for path in (tmp_path / "artefacts").rglob("*") if path.is_file()]
    with open_ledger(tmp_path) as ledger:
        wrong = ledger.check()
        ledger.purge(student_id=ANNA)

    assert killed.returncode == -signal.SIGKILL
    assert len(left) == 1
    assert wrong == []
    assert ANNA.encode() not in read_all(tmp_path)


def test_all_of_one_student_is_given_out(tmp_path: Path) -> None:
    """Grades with their history, decisions, events, what was handed in, reports, evidence; nobody else's."""
    with open_ledger(tmp_path, by="ta") as ledger:
        fill(ledger)
        exported = ledger.export_student(ANNA)
        files = {name: ledger.read_exported(ANNA, name) for name in exported.files}
        written = json.dumps(exported.record)

        assert [entry["kind"] for entry in exported.record["history"]] == [
            "grade",
            "grade",
            "override",
            "event/viewed",
            "event/regrade",
        ]
        assert len(exported.record["submissions"]) == len(exported.record["handed_in"]) == 3
        assert len(exported.record["marks"]) == 2
        assert len(exported.record["runs"]) == 3
        assert sum(secret("anna's first") in content for content in files.values()) == 3
        assert {name.split("/")[0] for name in files} == {"submissions", "reports", "evidence"}
        assert exported.record["history"][-1]["says"] is None  # it names Bert too
        assert digest_of("shared") not in written
        assert BERT not in written
        with pytest.raises(UsageError, match="of that student"):
            ledger.read_exported(CARL, next(iter(files)))
