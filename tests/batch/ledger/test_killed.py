"""A writer that is killed leaves nothing half-done, and the next one comes to the same table."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from grader.batch.failpoints import FAILPOINTS, arm, disarm, reach
from grader.batch.ledger import open_ledger
from tests.batch.ledger.making import read_tree
from tests.batch.ledger.writer import grade_all, read_table
from tests.house.reading import CHECKOUT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no SIGKILL")

OF_THE_LEDGER = ("artefact-written", "artefact-renamed", "before-commit", "after-commit")


def start_writer(folder: Path, *options: str) -> subprocess.Popen[str]:
    """The small batch in a process of its own."""
    command = [sys.executable, "-m", "tests.batch.ledger.writer", str(folder), *options]
    return subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], ...]:
    """The table of a batch that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    with open_ledger(folder) as ledger:
        grade_all(ledger)
    return read_table(folder)


@pytest.mark.parametrize(
    ("name", "count"),
    [("artefact-written", 1), ("artefact-written", 2), ("artefact-renamed", 2)]
    + [
        (name, count) for name in ("before-commit", "after-commit") for count in (1, 2, 5)
    ],  # the first makes the tables
)
def test_killed_at_a_failpoint_the_table_is_the_same(
    tmp_path: Path, whole: tuple[list[str], ...], name: str, count: int
) -> None:
    """Killed there, gone on in a new process: every grade once, nothing twice, no file that no row names."""
    folder = tmp_path / "ledger"
    with start_writer(folder, "--failpoint", name, "--count", str(count)) as killed:
        assert killed.wait() == -signal.SIGKILL
    with open_ledger(folder) as ledger:
        broken = ledger.check()
        grade_all(ledger)
    after = read_tree(folder)
    with open_ledger(folder) as ledger:
        grade_all(ledger)

    assert broken == []
    assert read_table(folder) == whole
    assert read_tree(folder) == after


def test_killed_at_random_the_table_is_the_same(tmp_path: Path, whole: tuple[list[str], ...]) -> None:
    """Killed six times whenever it came, gone on each time."""
    folder = tmp_path / "ledger"
    choose = random.Random(4711)
    for _ in range(6):
        with start_writer(folder) as writer:
            assert writer.stdout is not None
            for _ in range(choose.randrange(4)):
                writer.stdout.readline()
            time.sleep(choose.random() / 50)
            writer.kill()
    with open_ledger(folder) as ledger:
        grade_all(ledger)

    assert read_table(folder) == whole


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """A file beside its place and one that no row names, though nothing is left to write."""
    with start_writer(tmp_path, "--failpoint", "artefact-renamed") as killed:
        killed.wait()
    files = [path for path in (tmp_path / "artefacts").rglob("*") if path.is_file()]
    with open_ledger(tmp_path, write=False) as ledger:
        seen = ledger.check()
    open_ledger(tmp_path).close()
    left = [path for path in (tmp_path / "artefacts").rglob("*") if path.is_file()]

    assert [file.name in line for file, line in zip(files, seen, strict=True)] == [True]
    assert left == []


def test_a_failpoint_that_is_not_armed_does_nothing() -> None:
    """Nor does one that is armed for later; a name that isn't there is refused."""
    reach("before-commit")
    arm("before-commit", 2)
    reach("before-commit")
    reach("after-commit")
    disarm()
    reach("before-commit")

    assert set(FAILPOINTS) >= set(OF_THE_LEDGER)
    with pytest.raises(ValueError, match="no failpoint"):
        arm("nowhere")
