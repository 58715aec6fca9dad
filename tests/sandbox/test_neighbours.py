"""Runs of one zygote are one user to the kernel. What it counts by user, none of them can use up for the others."""

import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.limits import Limits
from grader.sandbox import BubblewrapSandbox, DockerSandbox, Interpreter, Launch, RunRequest, WarmSandbox
from grader.sandbox.bounds import process_limits
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.sandbox.docker import find_docker_trouble
from tests.contract.rig import SMALL, VARIANTS, Rig, sort_frames

LAUNCH = Launch(interpreter=Interpreter(framework="none", executable=Path(sys.executable)), limits=SMALL)
RIG = Rig(next(iter(VARIANTS.values())), Path())  # only makes jobs here
PROBE = "def first(student, given, record):\n    student.first(record)\n"
FILL_SOCKETS = """
import array, os, socket, time
def first(record):
    null, pairs, sent = os.open("/dev/null", os.O_RDONLY), [], 0
    try:
        while sent < 100_000:
            pairs.append(socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
            pairs[-1][0].setblocking(False)
            try:
                while True:
                    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * 250))
                    pairs[-1][0].sendmsg([b"x"], [rights])
                    sent += 250
            except BlockingIOError:
                pass
    except OSError as error:
        record.text("refused", error.strerror)
    time.sleep(600)
"""
ANSWER = "def first(record):\n    record.text('value', 'fine')\n"
TERMINALS = """
import os
def first(record):
    opened = []
    try:
        while len(opened) < 400:
            opened.append(os.openpty())
    except OSError:
        record.text("value", str(len(opened)))
"""


@pytest.fixture(params=["bubblewrap", "docker"])
def warm(request: pytest.FixtureRequest) -> Iterator[WarmSandbox]:
    """A pool of warm guests; the grader itself may have no more open files than a run, as on many desktops."""
    trouble = find_bubblewrap_trouble() if request.param == "bubblewrap" else find_docker_trouble()
    if trouble is not None:
        pytest.skip(str(trouble))
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, most), most))
    inner = BubblewrapSandbox() if request.param == "bubblewrap" else DockerSandbox()
    with WarmSandbox(inner) as pool:
        yield pool
    resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))


def ask(pool: WarmSandbox, student: str) -> tuple[Exit, str | None]:
    """How a run ends, and the text that comes out."""
    result = pool.run(RunRequest(launch=LAUNCH, job=RIG.make_job(student, PROBE, {"first": 30.0}, SMALL)))
    return result.exit, sort_frames(result.frames, ["first"])["first"].texts.get("value")


def test_descriptors_in_sockets_keep_no_other_run_from_being_forked(warm: WarmSandbox) -> None:
    """A run that fills sockets with as many descriptors as it may; another is forked meanwhile, of the same zygote."""
    refused = threading.Event()

    def notice(frame: Frame) -> None:
        if frame.kind is Kind.RECORD:
            refused.set()

    filling = warm.prepare(LAUNCH)
    job = RIG.make_job(FILL_SOCKETS, PROBE, {"first": 600.0}, SMALL)
    thread = threading.Thread(target=lambda: filling.run(job, on_frame=notice))
    thread.start()
    try:
        assert refused.wait(60)
        answered = ask(warm, ANSWER)
    finally:
        filling.stop(Exit.WALL_LIMIT)  # type: ignore[attr-defined]
        thread.join(30)

    assert answered == (Exit.FINISHED, "fine")


def test_a_run_may_open_only_so_many_terminals(warm: WarmSandbox) -> None:
    """The machine has a few thousand for all of its sandboxes."""
    assert ask(warm, TERMINALS) == (Exit.FINISHED, "64")


@pytest.mark.skipif(sys.platform != "linux", reason="these limits are Linux's")
def test_nobody_in_a_run_goes_before_the_rest_of_the_machine() -> None:
    """A grader's user who may ask for real time doesn't hand that on."""
    limits = process_limits(Limits(), counted=True)

    assert (limits["RTPRIO"], limits["NICE"]) == (0, 0)
