"""What goes wrong around a batch: pulled plugs, two graders, full disks, interrupts, sandboxes that fail.

Whatever it is: the final table is the same as of a batch that nobody disturbed, nothing counts twice, nothing runs on.
"""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.batch.failpoints import FAILPOINTS
from grader.errors import UsageError
from tests.batch.classroom import SLEEPS, TRIPLE, Classroom
from tests.batch.orphans import SECONDS_TO_END, Orphans, adopt_orphans
from tests.batch.pulled_plugs import CLASS, Kill, find_troubles, kill_batch


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, home: Path) -> list[tuple[str, ...]]:
    """The table of a batch that nobody disturbed."""
    classroom = Classroom(tmp_path_factory.mktemp("undisturbed"), home)
    classroom.set_up(CLASS)
    assert classroom.batch().status == 0
    return classroom.read_table()


@pytest.fixture
def classroom(tmp_path: Path, home: Path) -> Iterator[Classroom]:
    """The class, not graded yet."""
    classroom = Classroom(tmp_path, home)
    classroom.set_up(CLASS)
    yield classroom
    for batch in classroom.started:
        if batch.poll() is None:
            batch.kill()
            batch.communicate()


@pytest.fixture
def orphans() -> Iterator[Orphans]:
    """What the batches of a test leave."""
    with adopt_orphans() as adopted:
        yield adopted


@pytest.mark.parametrize("name", sorted(set(FAILPOINTS) - {"purge-committed"}))
@pytest.mark.parametrize("count", [1, 3])
def test_killed_at_a_failpoint(
    classroom: Classroom, undisturbed: list[tuple[str, ...]], orphans: Orphans, name: str, count: int
) -> None:
    """As if the plug were pulled at the worst moment: the same command ends with the same table."""
    kill_batch(classroom, Kill(failpoint=name, count=count))

    assert find_troubles(classroom, undisturbed=undisturbed, orphans=orphans) == []


def test_killed_at_random(classroom: Classroom, undisturbed: list[tuple[str, ...]], orphans: Orphans) -> None:
    """At moments that nobody chose, time and again, until one gets through. `make chaos` does it 200 times."""
    moments = random.Random(4711)
    for _ in range(4):
        kill_batch(classroom, Kill(seconds=moments.uniform(0.5, 3.0)))

    assert find_troubles(classroom, undisturbed=undisturbed, orphans=orphans) == []


def test_what_a_dead_process_left_is_seen(orphans: Orphans) -> None:
    """Even in a session of its own: otherwise the tests above would say little."""
    command = ["sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!"]
    pid = int(subprocess.run(command, check=True, capture_output=True).stdout)
    seen = orphans.list_running()
    os.kill(pid, signal.SIGKILL)

    assert [line.split()[0] for line in seen] == [str(pid)]
    assert orphans.wait_until_gone() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_and_says_how_to_go_on(
    classroom: Classroom, undisturbed: list[tuple[str, ...]], orphans: Orphans, number: signal.Signals
) -> None:
    """Ctrl-C, or a service manager, in the middle of a run that sleeps: it ends within seconds, what is done stays."""
    classroom.hand_in("s5", SLEEPS)
    batch = classroom.start_batch("--jobs", "1")
    wait_for_grades(classroom, 3)
    batch.send_signal(number)
    started = time.monotonic()
    _, err = batch.communicate(timeout=30)
    seconds = time.monotonic() - started
    left = orphans.wait_until_gone()
    classroom.hand_in("s5", TRIPLE + "# too\n")
    again = classroom.batch()

    assert batch.returncode == 130, err
    assert seconds < SECONDS_TO_END
    assert "the same command" in err
    assert left == []
    assert again.status == 0, again.err
    assert classroom.read_table() == undisturbed


def wait_for_grades(classroom: Classroom, count: int) -> None:
    """Wait until so many rows are recorded."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(UsageError), classroom.open_ledger() as ledger:  # not set up yet
            if len(ledger.read_grades("mini")) >= count:
                return
        time.sleep(0.1)
    raise AssertionError(f"{count} rows were not recorded in time")


def test_two_graders_at_once(classroom: Classroom, undisturbed: list[tuple[str, ...]]) -> None:
    """The second one is told who is at it, and touches nothing."""
    classroom.hand_in("s5", SLEEPS)
    first = classroom.start_batch("--jobs", "1")
    wait_for_grades(classroom, 1)
    second = classroom.batch()
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)

    assert second.status == 2
    assert str(first.pid) in second.err


def test_a_full_disk_loses_nothing(classroom: Classroom, undisturbed: list[tuple[str, ...]], tmp_path: Path) -> None:
    """It is said, nobody gets a zero, and with more room the same command goes on."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    classroom.results.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "none", str(classroom.results)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("no small file system can be mounted here")
    try:
        full = classroom.batch()
        subprocess.run(["mount", "-o", "remount,size=64m", str(classroom.results)], check=True)
        again = classroom.batch()
        table = classroom.read_table()
    finally:
        subprocess.run(["umount", "-l", str(classroom.results)], check=True)

    assert full.status == 3
    assert "disk" in full.err.lower() or "space" in full.err.lower()
    assert again.status == 0, again.err
    assert table == undisturbed


def test_a_damaged_artefact_is_made_again(classroom: Classroom, undisturbed: list[tuple[str, ...]]) -> None:
    """Evidence that isn't what it was counts no longer: marked anew, its run is made anew."""
    assert classroom.batch().status == 0
    for path in (classroom.results / "ledger/artefacts").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")
    specification = classroom.assignment / "assignment.toml"
    specification.write_text(specification.read_text().replace("Twice the number.", "Two times the number."))
    again = classroom.regrade()

    assert again.status == 0, again.err
    assert classroom.read_table() == undisturbed


def test_a_ledger_that_cannot_be_read_is_said(classroom: Classroom) -> None:
    """Not a traceback: which file, and what to do."""
    assert classroom.batch().status == 0
    path = classroom.results / "ledger/ledger.sqlite3"
    content = bytearray(path.read_bytes())
    content[:4096] = b"\xff" * 4096
    path.write_bytes(content)
    again = classroom.batch()

    assert again.status == 3
    assert "ledger.sqlite3" in again.err
    assert "Traceback" not in again.err
