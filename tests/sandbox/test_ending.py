"""Whatever ends the grader, nothing that it started goes on."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

GRADER = """
import sys
from tests.sandbox.tiny import TINY_GUEST, make_request
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, WarmSandbox
sandbox = {sandbox}
def tell(frame):
    if frame.kind == 17:
        print("running", flush=True)
sandbox.run(make_request({program!r}, seconds=600.0), on_frame=tell)
"""
SANDBOXES = {
    "bubblewrap": "BubblewrapSandbox(guest=TINY_GUEST)",
    "bubblewrap, no control group": "BubblewrapSandbox(guest=TINY_GUEST, use_control_groups=False)",
    "bubblewrap, warm": "WarmSandbox(BubblewrapSandbox(guest=TINY_GUEST))",
    "process": "ProcessSandbox(guest=TINY_GUEST)",
    "process, no control group": "ProcessSandbox(guest=TINY_GUEST, use_control_groups=False)",
    "process, no fork": "ProcessSandbox(guest=TINY_GUEST, fork=False, use_control_groups=False)",
}
STUDENT = """
import os, sys, time
code = "import time; time.sleep(987654)"
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-c", code, "{mark}"])
    os._exit(0)
time.sleep(0.3)
send(17, b"running")
time.sleep(600)
"""


@pytest.fixture
def mark(request: pytest.FixtureRequest) -> Iterator[str]:
    """An argument by which the processes of one test are known in /proc."""
    name = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    yield name
    for pid in find_marked(name):
        os.kill(pid, signal.SIGKILL)


def find_marked(mark: str) -> list[int]:
    """The student's daemons that are alive."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def start_grader(sandbox: str, mark: str) -> "subprocess.Popen[bytes]":
    """A grader in a process of its own, whose student's daemon is running."""
    code = GRADER.format(sandbox=SANDBOXES[sandbox], program=STUDENT.replace("{mark}", mark))
    root = Path(__file__).parents[2]
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert grader.stdout is not None
    assert grader.stdout.readline() == b"running\n", grader.communicate()
    return grader


def wait_until_gone(mark: str, *, seconds: float = 20.0) -> bool:
    """Whether the student's processes end."""
    deadline = time.monotonic() + seconds
    while find_marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not find_marked(mark)


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_ended_grader_leaves_nothing_running(sandbox: str, number: signal.Signals, mark: str) -> None:
    """Killed, interrupted or terminated, a grader takes every process of the run with it, daemons too."""
    grader = start_grader(sandbox, mark)
    assert find_marked(mark)

    grader.send_signal(number)
    grader.communicate(timeout=30)

    assert wait_until_gone(mark)


def test_killed_grader_s_folders_are_removed_by_the_next(mark: str) -> None:
    """Control groups and folders whose owner is gone are removed at the next start."""
    grader = start_grader("process", mark)
    grader.kill()
    grader.communicate()
    assert wait_until_gone(mark)

    code = "from grader.sandbox import ProcessSandbox; ProcessSandbox()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])

    assert not leftovers(grader.pid)


def leftovers(pid: int) -> list[Path]:
    """What a grader of this pid left in control groups and temporary folders."""
    places = [Path(tempfile.gettempdir()), Path("/sys/fs/cgroup")]
    return [path for place in places for path in place.glob(f"**/grader.*.{pid}.*")]
