"""A damaged, changed, foreign or newer ledger is noticed; an older one is brought up to date."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from grader.batch.ledger import database, open_ledger, schema
from grader.errors import ProvisionError, UsageError
from tests.batch.ledger.making import make_grade, make_override
from tests.batch.ledger.writer import grade_all


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with something in it."""
    folder = tmp_path_factory.mktemp("made")
    with open_ledger(folder, by="ta") as ledger:
        grade_all(ledger)
        ledger.add_override(make_override("s1", "9"))
        ledger.record_grades([make_grade("s1", "9")])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return shutil.copytree(made, tmp_path / "ledger")


def change(folder: Path, statement: str) -> None:
    """Change the database behind the ledger's back."""
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_corrupt_page_is_told(folder: Path) -> None:
    """Wherever it is: by the first statement that meets it, or by a check; with the file's name and what to do."""
    path = folder / "ledger.sqlite3"
    content = path.read_bytes()
    met = 0
    for start in range(4096, len(content), 4096):
        path.write_bytes(content[:start] + b"\xa5" * 4096 + content[start + 4096 :])
        try:
            with open_ledger(folder, write=False) as ledger:
                ledger.read_grades("hw1")
                ledger.find_marks(f"mark-{name}" for name in ("one", "two"))
                wrong = ledger.check()
        except ProvisionError as error:
            met += 1
            wrong = [error.message]
            assert str(path) in error.message
            assert any("backup" in line for line in error.details)

        assert wrong != [], f"page {start // 4096 + 1}"
    assert met > 0


@pytest.mark.parametrize("content", [b"not a database at all" * 500, b"SQLite format 3\0" + bytes(4080)])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    """And isn't written over."""
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(content)
    with pytest.raises(ProvisionError, match="is damaged"):
        open_ledger(tmp_path)

    assert path.read_bytes() == content


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    """It has tables, and they aren't ours."""
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection:
        connection.execute("CREATE TABLE cookies (id INTEGER)")

    with pytest.raises(UsageError, match="no ledger: it has the tables cookies"):
        open_ledger(tmp_path)


def test_a_file_that_was_cut_short_is_told(folder: Path) -> None:
    """Half of it."""
    path = folder / "ledger.sqlite3"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ProvisionError, match="is damaged"), open_ledger(folder) as ledger:
        grade_all(ledger)
        assert ledger.check() == []


LAST = "(SELECT max(id) FROM history)"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("""UPDATE history SET body = replace(body, '7.5', '9.5') WHERE id = 2""", "entry 2 of the history says"),
        ("UPDATE history SET by = 'someone' WHERE id = 3", "entry 3 of the history says"),
        ("UPDATE history SET at = '2020' || substr(at, 5) WHERE id = 3", "entry 3 of the history was changed"),
        ("UPDATE history SET student = 's9' WHERE id = 3", "entry 3 of the history says"),
        ("DELETE FROM history WHERE id = 2", "entries 2 to 2 of the history are missing"),
        ("DELETE FROM history WHERE id = 1", "entries 1 to 1 of the history are missing"),
        (f"DELETE FROM history WHERE id = {LAST}", "the newest entries of the history are missing"),
        (
            "INSERT INTO history SELECT id + 1, at, kind, by, subject, student, body, salt, seal, digest FROM history"
            f" WHERE id = {LAST}",
            "was changed, or put in",
        ),
        ("UPDATE history SET kind = 'event/x' WHERE id = 1", "entry 1 of the history was changed"),
        ("DELETE FROM artefacts WHERE digest = (SELECT report FROM marks WHERE id = 1)", "names one that isn't there"),
        ("UPDATE artefacts SET packed = x'00' WHERE digest = (SELECT report FROM marks)", "is damaged"),
    ],
)
def test_what_was_changed_behind_its_back_is_found(folder: Path, statement: str, said: str) -> None:
    """A changed, removed or added entry, in the middle and at the ends; a blob; a row that others need."""
    change(folder, statement)
    with open_ledger(folder, write=False) as ledger:
        wrong = ledger.check()

    assert any(said in line for line in wrong), wrong


def test_a_chain_made_anew_has_another_head(folder: Path, tmp_path: Path) -> None:
    """The digest of the newest entry, written down elsewhere, gives away a history that was written once more."""
    with open_ledger(folder, write=False) as ledger:
        head = ledger.head
    with open_ledger(tmp_path / "forged", by="ta") as ledger:
        grade_all(ledger)
        ledger.add_override(make_override("s1", "9"))
        ledger.record_grades([make_grade("s1", "10")])

        assert ledger.check() == []
        assert len(head) == 64
        assert ledger.head != head


def test_a_newer_ledger_is_refused(folder: Path) -> None:
    """With its version and ours."""
    change(folder, "UPDATE about SET value = '99' WHERE name = 'schema'")
    for write in (True, False):
        with pytest.raises(UsageError, match="of version 99; this grader knows 1"):
            open_ledger(folder, write=write)


def add_a_column(connection: Connection) -> None:
    """A step that works."""
    connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN cost TEXT")


def fail(connection: Connection) -> None:
    """A step that doesn't, after it has changed something."""
    connection.exec_driver_sql("ALTER TABLE marks ADD COLUMN cost TEXT")
    raise ProvisionError("no")


@pytest.mark.parametrize(("second", "version"), [(add_a_column, "3"), (fail, "1")], ids=["whole", "not at all"])
def test_an_older_ledger_is_brought_up_to_date(
    folder: Path, monkeypatch: pytest.MonkeyPatch, second: Callable[[Connection], None], version: str
) -> None:
    """Step by step, whole or not at all, and only when it is opened for writing."""

    def add_a_table(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (id INTEGER PRIMARY KEY)")

    def bring(connection: Connection) -> None:
        schema.bring_up_to_date(connection, migrations={1: add_a_table, 2: second}, version=3)

    monkeypatch.setattr(database, "VERSION", 3)
    monkeypatch.setattr(database, "bring_up_to_date", bring)
    with pytest.raises(UsageError, match="older version 1"):
        open_ledger(folder, write=False)
    if version == "3":
        with open_ledger(folder) as ledger:
            assert len(ledger.read_grades("hw1")) == 6
    else:
        with pytest.raises(ProvisionError):
            open_ledger(folder)
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as connection:
        found = connection.execute("SELECT value FROM about WHERE name = 'schema'").fetchone()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}

    assert found == (version,)
    assert ("more" in tables) == (version == "3")


def test_a_clock_that_jumps_back_changes_no_order(tmp_path: Path) -> None:
    """The newest grade is the one that was written last."""
    times = iter([datetime(2030, 1, 1, tzinfo=UTC)] * 2 + [datetime(1999, 1, 1, tzinfo=UTC)] * 9)
    with open_ledger(tmp_path, clock=lambda: next(times)) as ledger:
        ledger.record_grades([make_grade("s1", "1")])
        ledger.record_grades([make_grade("s1", "2")])
        history = ledger.read_history("hw1", "s1")

        assert history[0].at > history[1].at
        assert ledger.read_grades("hw1") == {"s1": make_grade("s1", "2")}
        assert ledger.check() == []
