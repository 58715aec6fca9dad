"""Whatever ends the grader, nothing that it started in Docker goes on, and the next start removes what is left."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient

from grader.sandbox.docker.leftovers import OWNER

ROOT = Path(__file__).parents[3]
GRADER = """
import sys, time
from pathlib import Path
from grader.sandbox import DockerSandbox, RunRequest, WarmSandbox
from tests.contract.rig import Rig, VARIANTS

def tell(frame):
    if frame.kind == 17:
        print("running", flush=True)

rig = Rig(next(iter(VARIANTS.values())), Path())
student = '''
import os, sys, time
def first():
    if os.fork() == 0:
        os.setsid()
        code = "import time; time.sleep(987654)"
        os.execv(sys.executable, [sys.executable, "-I", "-c", code, {mark!r}])
    time.sleep(1.0)
'''
probe = '''
import time
def first(student, given, record):
    student.first()
    record.text("up", "yes")
    time.sleep(600)
'''
sandbox = {sandbox}
with sandbox.prepare(rig.launch()) as run:
    if {early!r}:
        print("running", flush=True)
        time.sleep(600)
    run.run(rig.make_job(student, probe, {{"first": 600.0}}), on_frame=tell)
"""
SANDBOXES = {
    "socket": "DockerSandbox()",
    "attach": "DockerSandbox(attach=True)",
    "warm": "WarmSandbox(DockerSandbox())",
}


@pytest.fixture
def mark() -> Iterator[str]:
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


def start_grader(sandbox: str, mark: str, *, early: bool = False) -> "subprocess.Popen[bytes]":
    """A grader in a process of its own: its student's daemon is running, or its guest waits for a job."""
    code = GRADER.format(sandbox=SANDBOXES[sandbox], mark=mark, early=early)
    grader = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert grader.stdout is not None
    assert grader.stdout.readline() == b"running\n", grader.communicate()
    return grader


def list_containers(api: APIClient, grader: "subprocess.Popen[bytes]") -> list[dict[str, str]]:
    """What a grader's containers are now."""
    found = api.containers(all=True, filters={"label": OWNER})
    return [container for container in found if f".{grader.pid}." in container["Labels"][OWNER]]


def wait_until_ended(api: APIClient, grader: "subprocess.Popen[bytes]", *, seconds: float = 30.0) -> bool:
    """Whether no container of the grader's runs any more, soon."""
    deadline = time.monotonic() + seconds
    while any(container["State"] == "running" for container in list_containers(api, grader)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("sandbox", SANDBOXES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_ended_grader_leaves_nothing_running(api: APIClient, sandbox: str, number: signal.Signals, mark: str) -> None:
    """Killed or interrupted, a grader takes every process of the run with it; the next removes the container."""
    grader = start_grader(sandbox, mark)
    assert find_marked(mark)

    grader.send_signal(number)
    grader.communicate(timeout=60)

    assert wait_until_ended(api, grader)
    assert not find_marked(mark)
    subprocess.run(
        [sys.executable, "-c", "from grader.sandbox import DockerSandbox; DockerSandbox()"], cwd=ROOT, check=True
    )
    assert list_containers(api, grader) == []
    assert not list(Path(tempfile.gettempdir()).glob(f"grader.*.{grader.pid}.*"))
    assert not list(Path("/sys/fs/cgroup").glob(f"**/grader.*.{grader.pid}.*"))


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_guest_that_waits_for_a_job_ends_with_its_grader(api: APIClient, sandbox: str, mark: str) -> None:
    """A grader killed before it sent a job."""
    grader = start_grader(sandbox, mark, early=True)
    assert list_containers(api, grader)

    grader.kill()
    grader.communicate(timeout=60)

    assert wait_until_ended(api, grader)
