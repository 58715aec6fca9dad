"""What is put into a ledger comes out of it, and a rerun changes nothing."""

import os
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from grader.batch.ledger import open_ledger
from grader.batch.model import NewMark, NewRun, StoredMark, StoredRun
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
    read_tree,
    tick,
)


def without_id(stored: StoredRun | StoredMark) -> NewRun | NewMark:
    """What was stored."""
    fields = {name: value for name, value in vars(stored).items() if name != "id"}
    return NewRun(**fields) if isinstance(stored, StoredRun) else NewMark(**fields)


@pytest.mark.parametrize("run", [make_run("one"), make_large_run("one")], ids=["small", "large"])
def test_a_run_comes_back_whole(tmp_path: Path, run: NewRun) -> None:
    """Every field and frame, from a blob and from a file, in a new process's ledger too."""
    with open_ledger(tmp_path / "ledger") as ledger:
        run_id = ledger.add_run(run)
    with open_ledger(tmp_path / "ledger", write=False) as ledger:
        found = ledger.find_runs(["key-a-one", "key-b-one", "key-c-one"])
        stored = ledger.read_run(run_id)

        assert found == {"key-a-one": run_id, "key-b-one": run_id}
        assert without_id(stored) == run
        assert ledger.check() == []


def test_the_newest_run_of_a_key_counts(tmp_path: Path) -> None:
    """A rerun takes an earlier run's place, for the questions that it answered."""
    with open_ledger(tmp_path) as ledger:
        first = ledger.add_run(make_run("one"))
        second = ledger.add_run(replace(make_run("one"), keys={"b": "key-b-one"}))

        assert ledger.find_runs(["key-a-one", "key-b-one"]) == {"key-a-one": first, "key-b-one": second}


def test_many_keys_are_found_at_once(tmp_path: Path) -> None:
    """More than a statement of SQLite's takes."""
    with open_ledger(tmp_path) as ledger:
        run_id = ledger.add_run(make_run("one"))

        assert ledger.find_runs([*(str(number) for number in range(40_000)), "key-a-one"]) == {"key-a-one": run_id}


def test_a_mark_comes_back_whole(tmp_path: Path) -> None:
    """By its key and by its id, with its report; many at once without."""
    mark = make_mark("one")
    with open_ledger(tmp_path) as ledger:
        mark_id = ledger.add_mark(mark)
        found = find_mark(ledger, "mark-one")
        many = ledger.find_marks(["mark-one", "mark-two"])

        assert found == StoredMark(id=mark_id, **vars(mark)) == ledger.read_mark(mark_id)
        assert many == {"mark-one": StoredMark(id=mark_id, **{**vars(mark), "report": b""})}
        assert ledger.read_report(mark_id) == mark.report
        assert find_mark(ledger, "mark-two") is None
        assert ledger.read_mark(99) is None


def test_what_was_handed_in_is_kept_once(tmp_path: Path) -> None:
    """The first content of a digest stays; students add up."""
    with open_ledger(tmp_path) as ledger:
        ledger.keep_submission(digest_of("one"), b"PK one", student_ids=["s1"])
        ledger.keep_submission(digest_of("one"), b"", student_ids=["s1", "s2"])

        assert ledger.read_submission(digest_of("one")) == b"PK one"
        assert ledger.read_submission(digest_of("two")) is None


def test_only_grades_that_changed_are_appended(tmp_path: Path) -> None:
    """The time of grading alone is no change; points are, and the mark that they come from."""
    clock = tick()
    with open_ledger(tmp_path, by="ta", clock=lambda: next(clock)) as ledger:
        first = ledger.record_grades([make_grade("s1"), make_grade("s2")])
        later = replace(make_grade("s1"), graded_at=MORNING + timedelta(days=1))
        second = ledger.record_grades([later, make_grade("s2", "8"), make_grade("s3", None)])
        history = ledger.read_history("hw1", "s2")

        assert [grade.student_id for grade in first] == ["s1", "s2"]
        assert [grade.student_id for grade in second] == ["s2", "s3"]
        assert ledger.read_grades("hw1") == {
            "s1": make_grade("s1"),
            "s2": make_grade("s2", "8"),
            "s3": make_grade("s3", None),
        }
        assert [(entry.by, entry.value.points) for entry in history] == [("ta", Decimal("7.5")), ("ta", Decimal(8))]
        assert ledger.read_grades("hw2") == {}


def test_the_newest_override_counts(tmp_path: Path) -> None:
    """One without points gives the machine its word back; all of them stay in the history."""
    with open_ledger(tmp_path) as ledger:
        for override in (make_override("s1", "5"), make_override("s1", "6"), make_override("s2", "1", question=None)):
            ledger.add_override(override)
        before = ledger.read_overrides("hw1")
        ledger.add_override(make_override("s1", None))

        assert before == {("s1", "a"): make_override("s1", "6"), ("s2", None): make_override("s2", "1", question=None)}
        assert list(ledger.read_overrides("hw1")) == [("s2", None)]
        assert [str(entry.value.points) for entry in ledger.read_override_history("hw1", "s1")] == ["5", "6", "None"]


def test_events_say_who_did_what_and_when(tmp_path: Path) -> None:
    """In the order in which they were written, whatever the clock said."""
    times = iter([MORNING, MORNING, MORNING - timedelta(days=400)])  # the second one is the lease's
    with open_ledger(tmp_path, by="ta", clock=lambda: next(times)) as ledger:
        ledger.add_event("batch", "hw1", {"students": 3})
        ledger.add_event("regrade", "hw1", {"up": ["s1"]})
        events = ledger.read_events()

        assert [(event.value.kind, event.by) for event in events] == [("batch", "ta"), ("regrade", "ta")]
        assert events[0].at > events[1].at
        assert events[1].value.details == {"up": ["s1"]}
        assert [event.id for event in ledger.read_events(kind="regrade", subject="hw1")] == [2]
        assert ledger.check() == []


def test_a_rerun_changes_no_byte(tmp_path: Path) -> None:
    """Opened, asked about everything and told nothing new, for writing and for reading: every file is as before."""
    folder = tmp_path / "ledger"

    def go_through(*, write: bool = True) -> None:
        with open_ledger(folder, write=write) as ledger:
            found = ledger.find_runs(["key-a-one"])
            if write:
                found or ledger.add_run(make_large_run("one"))
                ledger.find_marks(["mark-one"]) or ledger.add_mark(make_mark("one"))
                ledger.keep_submission(digest_of("one"), b"PK", student_ids=["s1"])
                ledger.record_grades([make_grade("s1")])
            ledger.read_run(1)
            ledger.read_grades("hw1")
            ledger.check()

    go_through()
    before = read_tree(folder)
    go_through()
    go_through(write=False)

    assert read_tree(folder) == before
    assert sorted(path.name for path in folder.iterdir()) == ["artefacts", "ledger.lock", "ledger.sqlite3"]


@pytest.mark.skipif(os.name == "nt", reason="no permission bits")
def test_a_ledger_is_its_owners_alone(tmp_path: Path) -> None:
    """Folders 0700, files 0600, also while it is open."""
    folder = tmp_path / "ledger"
    with open_ledger(folder) as ledger:
        ledger.add_run(make_large_run("one"))
        modes = {name: mode & 0o777 for name, (mode, _, _) in read_tree(folder).items()}

    assert folder.stat().st_mode & 0o777 == 0o700
    assert set(modes) > {"ledger.sqlite3-wal", "ledger.sqlite3-shm"}
    assert {mode for name, mode in modes.items() if name.startswith("ledger.") or len(name) > 60} == {0o600}
    assert {mode for name, mode in modes.items() if len(name) in (9, 12)} == {0o700}


def test_a_transaction_is_there_together_or_not_at_all(tmp_path: Path) -> None:
    """Rows and files of one that failed are gone, also of those inside it."""
    with open_ledger(tmp_path) as ledger:
        with pytest.raises(ZeroDivisionError), ledger.transaction():
            ledger.add_run(make_large_run("one"))
            ledger.record_grades([make_grade("s1")])
            raise ZeroDivisionError

        assert ledger.find_runs(["key-a-one"]) == {}
        assert ledger.read_grades("hw1") == {}
        assert ledger.check() == []


def test_a_failure_that_was_caught_still_fails_the_transaction(tmp_path: Path) -> None:
    """Half of a run can't be kept by catching the error of its other half."""
    bad = replace(make_run("one"), wall_seconds=None)  # type: ignore[arg-type]
    with open_ledger(tmp_path) as ledger:
        with pytest.raises(ProvisionError), ledger.transaction():
            ledger.add_mark(make_mark("one"))
            with pytest.raises(ProvisionError):
                ledger.add_run(bad)

        assert find_mark(ledger, "mark-one") is None


def test_damaged_evidence_is_told_and_can_be_made_again(tmp_path: Path) -> None:
    """A file with a changed byte, or none, is never read as evidence; dropped and added again it is whole."""
    with open_ledger(tmp_path) as ledger:
        first = ledger.add_run(make_large_run("one"))
        path = next(path for path in (tmp_path / "artefacts").rglob("*") if path.is_file())
        content = path.read_bytes()
        path.write_bytes(content[:-1] + b"!")
        with pytest.raises(ProvisionError, match=path.name):
            ledger.read_run(first)
        wrong = ledger.check()
        second = ledger.add_run(make_large_run("one"))
        path.unlink()
        with pytest.raises(ProvisionError, match=path.name):
            ledger.read_run(second)
        ledger.drop_run(second, "its evidence was gone")
        found = ledger.find_runs(["key-a-one"])
        ledger.drop_run(first, "its evidence was gone too")
        third = ledger.add_run(make_large_run("one"))

        assert len(wrong) == 1 and path.name in wrong[0]
        assert found == {"key-a-one": first}
        assert ledger.find_runs(["key-a-one"]) == {"key-a-one": third}
        assert third not in (first, second)
        assert ledger.read_run(third).results == make_large_run("one").results
        assert [event.value.details["run"] for event in ledger.read_events(kind="run-dropped")] == [second, first]
        assert ledger.check() == []


def test_dropping_and_adding_in_one_transaction_keeps_the_file(tmp_path: Path) -> None:
    """What is removed and kept again before the commit is there."""
    with open_ledger(tmp_path) as ledger:
        run_id = ledger.add_run(make_large_run("one"))
        with ledger.transaction():
            ledger.drop_run(run_id, "a trial")
            again = ledger.add_run(make_large_run("one"))

        assert ledger.read_run(again).results == make_large_run("one").results


def test_a_ledger_opened_for_reading_refuses_to_write(tmp_path: Path) -> None:
    """It says so, and reads on."""
    open_ledger(tmp_path).close()
    with open_ledger(tmp_path, write=False) as ledger:
        with pytest.raises(UsageError, match="reading only"):
            ledger.add_mark(make_mark("one"))

        assert find_mark(ledger, "mark-one") is None


def test_where_no_ledger_is_none_is_read(tmp_path: Path) -> None:
    """And none is made by looking."""
    with pytest.raises(UsageError, match="no ledger"):
        open_ledger(tmp_path / "none", write=False)

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes of a command line that weren't UTF-8 (a lone surrogate), wherever they stand."""
    override = replace(make_override("s1", "5"), reason="\udcff")
    with open_ledger(tmp_path) as ledger:
        for write in (
            lambda: ledger.add_override(override),
            lambda: ledger.add_event("began", "\udcff", {}),
            lambda: ledger.record_grades([replace(make_grade("s1"), note="\udcff")]),
        ):
            with pytest.raises(UsageError, match="isn't text"):
                write()

        assert ledger.read_events() == []
        assert ledger.check() == []


@pytest.mark.parametrize("url", ["postgresql://u:secret@host/db", "sqlite://", "mysql+pymysql://host/db"])
def test_a_database_that_cannot_be_used_yet_is_refused(tmp_path: Path, url: str) -> None:
    """With what can be used, and without the password."""
    with pytest.raises(UsageError, match="isn't possible yet") as caught:
        open_ledger(tmp_path, url=url)

    assert "secret" not in str(caught.value)


def test_a_url_of_a_file_is_taken(tmp_path: Path) -> None:
    """The database lies there, the artefacts in the folder."""
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    with open_ledger(tmp_path / "ledger", url=url) as ledger:
        ledger.add_run(make_large_run("one"))

    assert (tmp_path / "elsewhere.db").is_file()
    assert not (tmp_path / "ledger" / "ledger.sqlite3").exists()
    with pytest.raises(UsageError, match="no URL"):
        open_ledger(tmp_path, url="ledger")
