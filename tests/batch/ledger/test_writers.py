"""One writer: a second one is refused, and one that was overtaken writes nothing more."""

import platform
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader.batch.ledger import open_ledger
from grader.errors import UsageError
from tests.batch.ledger.making import find_mark, make_mark
from tests.batch.ledger.test_killed import start_writer
from tests.batch.ledger.writer import read_table


def wait_until_ready(writer: subprocess.Popen[str]) -> None:
    """It has written once, and waits."""
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"


def go_on(writer: subprocess.Popen[str]) -> tuple[str, int]:
    """Let it go on; what it printed, and its exit status."""
    printed, _ = writer.communicate("\n")
    return printed, writer.returncode


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    """The host, the process and since when; the first one goes on undisturbed, and then the second may."""
    with start_writer(tmp_path, "--wait") as writer:
        wait_until_ready(writer)
        with pytest.raises(UsageError, match=f"process {writer.pid} on '{platform.node()}' of ta, since 20"):
            open_ledger(tmp_path)
        _, status = go_on(writer)
    with open_ledger(tmp_path) as ledger:
        grades = ledger.read_grades("hw1")

    assert status == 0
    assert len(grades) == 6


def test_two_in_one_process_are_two_writers(tmp_path: Path) -> None:
    """Though nothing was written yet."""
    with open_ledger(tmp_path), pytest.raises(UsageError, match="hasn't written anything yet"):
        open_ledger(tmp_path)

    open_ledger(tmp_path).close()


def test_a_writer_that_was_overtaken_writes_nothing_more(tmp_path: Path) -> None:
    """Where no lock reaches (here: somebody removed its file) the fence holds: the first one's next write fails."""
    with start_writer(tmp_path, "--wait") as first:
        wait_until_ready(first)
        (tmp_path / "ledger.lock").unlink()
        with start_writer(tmp_path, "--wait") as second:
            wait_until_ready(second)
            said, refused = go_on(first)
            _, done = go_on(second)

    assert refused == 3
    assert f"taken the ledger {str(tmp_path / 'ledger.sqlite3')!r} over: process {second.pid}" in said
    assert done == 0
    assert read_table(tmp_path)[3] == []


def test_a_reader_sees_what_is_committed_while_another_writes(tmp_path: Path) -> None:
    """And disturbs nobody."""
    with open_ledger(tmp_path) as writer, open_ledger(tmp_path, write=False) as reader:
        with writer.transaction():
            writer.add_mark(make_mark("one"))
            during = find_mark(reader, "mark-one")
        after = find_mark(reader, "mark-one")

        assert during is None
        assert after is not None and after.report == make_mark("one").report


def test_threads_take_turns(tmp_path: Path) -> None:
    """Each transaction is one thread's; nothing of it is another's, or lost."""

    def write(number: int) -> None:
        for step in range(10):
            with ledger.transaction():
                ledger.add_mark(make_mark(f"{number}-{step}"))
                ledger.add_event("marked", f"{number}", {"step": step})
            find_mark(ledger, f"mark-{number}-{step}")

    with open_ledger(tmp_path) as ledger:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, range(4)))
        events = ledger.read_events()

        assert len(ledger.find_marks(f"mark-{number}-{step}" for number in range(4) for step in range(10))) == 40
        assert [event.value.details["step"] for event in events if event.value.subject == "2"] == list(range(10))
        assert ledger.check() == []


def test_a_writer_that_wrote_nothing_does_not_disturb_the_next(tmp_path: Path) -> None:
    """A lease is taken with the first write."""
    for name in ("one", "two"):
        open_ledger(tmp_path).close()
        with open_ledger(tmp_path) as ledger:
            ledger.add_mark(make_mark(name))

    with open_ledger(tmp_path) as ledger:
        assert len(ledger.find_marks(["mark-one", "mark-two"])) == 2
