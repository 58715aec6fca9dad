"""^C, and worse, at a batch that is going on."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.batch.engines.test_contract import wait_until_ended

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(params=["local", "ray"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """What `interrupted` is told: "local", or the cluster's address."""
    return "local" if request.param == "local" else str(request.getfixturevalue("cluster").address)


def start(engine_name: str, log: Path) -> "subprocess.Popen[str]":
    """Start the program, and wait until two runs are going on."""
    command = [sys.executable, "-m", "tests.batch.engines.interrupted", engine_name, str(log)]
    program = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while program.poll() is None and len(list(log.glob("process-*"))) < 2:
        time.sleep(0.05)
    return program


def test_an_interrupt_ends_all(engine_name: str, tmp_path: Path) -> None:
    """The program ends, by the interrupt and nothing else, and leaves no process."""
    (tmp_path / "log").mkdir()
    program = start(engine_name, tmp_path / "log")
    program.send_signal(signal.SIGINT)
    out, said = program.communicate(timeout=60)

    assert out == ""
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert said.count("Traceback") == 1
    assert wait_until_ended(tmp_path / "log") == []


def test_a_cluster_ends_what_a_killed_batch_left(cluster: object, tmp_path: Path) -> None:
    """Where the batch's own process is gone, Ray ends its workers and what they started."""
    (tmp_path / "log").mkdir()
    program = start(str(getattr(cluster, "address")), tmp_path / "log")  # noqa: B009
    program.kill()
    program.communicate(timeout=60)

    assert wait_until_ended(tmp_path / "log") == []
