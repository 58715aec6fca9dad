"""The Docker daemon ends in the middle of a batch: no row loses points by it, and the same command goes on.

A part of `make chaos`: it starts a daemon of its own, twice, which takes minutes on a small machine.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.batch.classroom import RIGHT, Classroom
from tests.batch.own_daemon import OwnDaemon, own_daemon
from tests.batch.test_faults import wait_for_grades

SECONDS_TO_STOP = 60.0


@pytest.fixture(scope="module")
def daemon() -> Iterator[OwnDaemon]:
    """A daemon that only these tests use."""
    if shutil.which("dockerd") is None or os.geteuid() != 0:
        pytest.skip("only root can start a Docker daemon, where there is one")
    with own_daemon() as daemon:
        yield daemon


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grader's home that these tests share."""
    return tmp_path_factory.mktemp("home")


def start_class(
    folder: Path, home: Path, daemon: OwnDaemon, *, count: int, seconds: float
) -> tuple[Classroom, subprocess.Popen[str]]:
    """A class whose submissions take so long and are right, being graded; three of them are."""
    classroom = Classroom(
        folder, home, ("--sandbox", "docker", "--jobs", "2"), environment={"DOCKER_HOST": daemon.address}
    )
    slow = f"import time\ntime.sleep({seconds})\n{RIGHT}"
    classroom.set_up({f"s{number}": f"{slow}# {number}\n" for number in range(count)})
    batch = classroom.start_batch()
    wait_for_grades(classroom, 3)
    return classroom, batch


def read_points(classroom: Classroom) -> dict[str, set[str]]:
    """Which points there are, by state."""
    points: dict[str, set[str]] = {}
    for row in classroom.read_gradebook().values():
        points.setdefault(row["status"], set()).add(row["final_points"])
    return points


def test_a_daemon_that_stays_away(daemon: OwnDaemon, tmp_path: Path, home: Path) -> None:
    """What was graded stays, the rest says that it was us; once the daemon is back it is graded."""
    classroom, batch = start_class(tmp_path, home, daemon, count=14, seconds=0.3)
    daemon.stop(signal.SIGKILL)
    started = time.monotonic()
    out, err = batch.communicate(timeout=300)
    seconds = time.monotonic() - started
    cut = read_points(classroom)
    daemon.start()
    again = classroom.batch()

    assert batch.returncode == 3, err
    assert seconds < SECONDS_TO_STOP
    assert cut == {"graded": {"5"}, "not_graded": {""}}
    assert "the batch was stopped: " in err
    assert "the connection to the daemon failed (" in err
    assert "Traceback" not in out + err
    assert again.status == 0, again.err
    assert read_points(classroom) == {"graded": {"5"}}
    assert daemon.list_containers() == []


def test_a_daemon_that_is_restarted(daemon: OwnDaemon, tmp_path: Path, home: Path) -> None:
    """In good order, as by an update at night: the batch goes on by itself."""
    classroom, batch = start_class(tmp_path, home, daemon, count=20, seconds=1.0)
    daemon.stop(signal.SIGTERM)
    daemon.start()
    _, err = batch.communicate(timeout=300)
    points = read_points(classroom)
    again = classroom.batch()  # removes what couldn't be while the daemon was away

    assert batch.returncode == 0, err
    assert points == {"graded": {"5"}}
    assert again.status == 0, again.err
    assert daemon.list_containers() == []
