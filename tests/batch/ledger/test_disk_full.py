"""On a full disk nothing is half-written, and what was acknowledged is there."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.batch.ledger import Ledger, open_ledger
from grader.errors import ProvisionError
from tests.batch.ledger.making import make_grade, make_large_run, make_run
from tests.batch.ledger.writer import grade_all, read_table
from tests.house.reading import CHECKOUT

LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from tests.batch.ledger.writer import main
sys.exit(main())
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(ledger: Ledger, *, large: bool) -> list[int]:
    """Add runs, each with a grade, until there is no room; the ids of those that were acknowledged."""
    ids = []
    for number in range(100_000):
        try:
            with ledger.transaction():
                name = f"{number}" * 20
                run_id = ledger.add_run(make_large_run(name) if large else make_run(name, payload=os.urandom(8_000)))
                ledger.record_grades([make_grade(f"s{number}", name=name)])
            ids.append(run_id)
        except ProvisionError as error:
            assert "disk is full" in error.message
            return ids
    raise AssertionError("the disk never got full")


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk as Linux does")
@pytest.mark.parametrize("large", [True, False], ids=["files", "rows"])
def test_a_full_disk_loses_nothing(small_disk: Path, large: bool) -> None:
    """What was acknowledged is there whole, the rest not at all; with more room it goes on."""
    folder = small_disk / "ledger"
    with open_ledger(folder) as ledger:
        ids = fill(ledger, large=large)
        for run_id in ids:
            ledger.read_run(run_id)
        grades = ledger.read_grades("hw1")
        wrong = ledger.check()
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    with open_ledger(folder) as ledger:
        again = ledger.add_run(make_large_run("more"))

        assert len(ids) > 0
        assert len(grades) == len(ids)
        assert wrong == []
        assert ledger.read_run(again).results == make_large_run("more").results
        assert len(ledger.read_grades("hw1")) == len(ids)
        assert ledger.check() == []


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk as Linux does")
def test_a_disk_that_nobody_can_write_is_read(small_disk: Path) -> None:
    """A backup mounted for reading; to write into it is refused with its name."""
    folder = small_disk / "ledger"
    with open_ledger(folder) as ledger:
        grade_all(ledger)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with open_ledger(folder, write=False) as ledger:
        assert len(ledger.read_grades("hw1")) == 6
        assert ledger.check() == []

    with pytest.raises(ProvisionError, match="Read-only"):
        open_ledger(folder)


@pytest.mark.skipif(os.name == "nt", reason="no limits of files' sizes")
@pytest.mark.parametrize("most_bytes", [20_000, 100_000, 300_000])
def test_a_write_that_fails_anywhere_is_told(tmp_path: Path, most_bytes: int) -> None:
    """While the tables are made, a row is written, or a file: one message, and the next run has the same table."""
    folder = tmp_path / "ledger"
    command = [sys.executable, "-c", LIMITED, str(most_bytes), str(folder)]
    limited = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    with open_ledger(folder) as ledger:
        grade_all(ledger)
    with open_ledger(tmp_path / "other") as ledger:
        grade_all(ledger)

    assert limited.returncode == 3, limited.stderr
    assert "disk is full" in limited.stdout or "can't be used" in limited.stdout
    assert read_table(folder) == read_table(tmp_path / "other")
