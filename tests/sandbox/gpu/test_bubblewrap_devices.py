"""Device files and driver libraries in real bubblewrap: those of the lease, by name, and nothing else.

The device files are links to /dev/zero and the driver's libraries another library: what is tried here is how they get
inside, on any machine. Whether a processor then computes is tried in `test_on_hardware`.
"""

import contextlib
import json
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from grader.evidence import read_evidence
from grader.evidence.model import Evidence, Exit
from grader.guest.protocol import Frame, Kind
from grader.limits import GIB, Limits
from grader.sandbox import BubblewrapSandbox, Interpreter, Job, Launch, RunRequest, WarmSandbox
from grader.sandbox.gpu import watch as watching
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.gpu.passthrough import make_passthrough
from grader.sandbox.gpu.pool import CONTEXT_BYTES
from tests.guest.driver import make_header
from tests.sandbox.gpu.machine import IDLE_BYTES, FakeGpu, FakeMachine

pytestmark = pytest.mark.bubblewrap
NAME = f"linger-{secrets.token_hex(3)}"

PROBE = """
import ctypes, errno, fcntl, json, mmap, os, socket, threading, time

def opens(path):
    try:
        with open(path, "rb", buffering=0) as file:
            return len(file.read(4))
    except OSError as error:
        return error.strerror

def look(student, given, record):
    seen = {
        "dev": sorted(name for name in os.listdir("/dev") if "nvidia" in name or name == "sda"),
        "opened": {name: opens(f"/dev/{name}") for name in ("nvidiactl", "nvidia0", "nvidia-uvm", "nvidia1")},
        "library": ctypes.CDLL("libcuda.so.1")._name,
        "libraries": sorted(os.listdir("/opt/nvidia/lib")),
        "visible": os.environ["CUDA_VISIBLE_DEVICES"],
        "device": given.device,
        "closed": not os.access("/dev", os.W_OK),
    }
    record.text("seen", json.dumps(seen))

def start(student, given, record):
    # What NVIDIA's driver is known to do when CUDA starts, without the driver.
    seen = {}
    def try_to(name, act):
        try:
            act()
            seen[name] = "done"
        except OSError as error:
            seen[name] = errno.errorcode[error.errno]
    def name_thread():
        with open(f"/proc/self/task/{threading.get_native_id()}/comm", "w") as file:
            file.write("cuda-EvtHandlr")
    def bind_name():
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(chr(0) + "cuda-uvmfd-4026531836-1")
    thread = threading.Thread(target=try_to, args=("name a thread", name_thread))
    thread.start()
    thread.join()
    try_to("name itself", name_thread)
    try_to("make memory with a handle", lambda: os.close(os.memfd_create("cuda", 0)))
    try_to("bind an abstract name", bind_name)
    with open("/dev/nvidiactl", "r+b", buffering=0) as file:
        try_to("control its device", lambda: fcntl.ioctl(file, 0xC020462A, bytes(32)))
        try_to("map its device", lambda: mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE))
    try_to("reserve addresses", lambda: mmap.mmap(-1, 1 << 40, prot=0, flags=mmap.MAP_PRIVATE | 0x4000))
    try_to("read what it says in /proc", lambda: os.listdir("/proc/driver"))
    record.text("seen", json.dumps(seen))

def linger(student, given, record):
    ctypes.CDLL(None).prctl(15, given["name"].encode(), 0, 0, 0)
    time.sleep(60)
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    """Two processors, whose device files and driver bubblewrap finds."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    (machine.dev / "sda").symlink_to("/dev/zero")
    real = next(path for path in Path("/usr/lib").glob("*/libz.so.1*") if not path.is_symlink())
    cache = "\n".join(f"\t{name} (libc6,x86-64) => {real}" for name in ("libcuda.so.1", "libnvidia-ml.so.1"))
    made = partial(make_passthrough, dev=machine.dev, read_cache=lambda: cache)
    monkeypatch.setattr("grader.sandbox.bubblewrap.make_passthrough", made)
    monkeypatch.setattr(watching, "_FIRST_NAMESPACE", Path("/proc/self/ns/pid").stat().st_ino)
    return machine


@pytest.fixture(params=["cold", "warm", "warm, no control group"])
def sandbox(request: pytest.FixtureRequest, machine: FakeMachine) -> Iterator[LeasedSandbox]:
    """Bubblewrap with leases."""
    inner = BubblewrapSandbox(use_control_groups="no control group" not in request.param)
    leased = LeasedSandbox(inner if request.param == "cold" else WarmSandbox(inner), machine.make_pool())
    yield leased
    leased.close()


def ask(*questions: str, **limits: Any) -> RunRequest:
    """A run that needs a processor."""
    values = {"name": NAME}
    header = make_header(
        PROBE, None, questions=dict.fromkeys(questions, 60.0), parallel=1, device="cuda", values=values
    )
    launch = Launch(
        interpreter=Interpreter(framework="none", executable=Path(sys.executable)),
        limits=Limits(memory_bytes=GIB, gpus=1, **limits),
        device="cuda",
    )
    return RunRequest(launch=launch, job=Job(header=header))


def read(sandbox: LeasedSandbox, request: RunRequest) -> Evidence:
    """Run it; its evidence."""
    result = sandbox.run(request)
    names = [question["id"] for question in request.job.header["questions"]]
    return read_evidence(result.frames, questions=names, exit=result.exit, fault=result.frames_fault)


def test_what_is_there(sandbox: LeasedSandbox) -> None:
    """The leased processor's file and the shared ones can be opened; the other processor's isn't there."""
    evidence = read(sandbox, ask("look"))

    question = evidence.questions["look"]
    assert question.finished, question
    seen = json.loads(question.records["seen"]["value"])
    assert seen["dev"] == ["nvidia-uvm", "nvidia-uvm-tools", "nvidia0", "nvidiactl"]
    opened = seen["opened"]
    assert [opened["nvidiactl"], opened["nvidia0"], opened["nvidia-uvm"]] == [4, 4, 4]
    assert opened["nvidia1"] == "No such file or directory"
    assert seen["libraries"] == ["libcuda.so.1", "libnvidia-ml.so.1"]
    assert (seen["visible"], seen["device"], evidence.device) == ("GPU-a", "cuda", "cuda")
    assert seen["closed"]


def test_what_the_driver_does_when_cuda_starts(sandbox: LeasedSandbox) -> None:
    """Nothing of what it is known to do is closed by the sandbox: each step was a failure of CUDA's in some other one.

    /dev/zero, which stands for its device here, knows no controls: that it says so means that it was asked.
    """
    seen = json.loads(read(sandbox, ask("start")).questions["start"].records["seen"]["value"])

    assert seen.pop("control its device") == "ENOTTY"
    assert set(seen.values()) == {"done"}, seen


def test_two_at_a_time_see_one_each(machine: FakeMachine) -> None:
    """While one run has the first processor, another has the second, and sees that one alone."""
    pool = machine.make_pool()
    first = pool.lease(Limits(gpus=1))
    evidence = read(LeasedSandbox(BubblewrapSandbox(), pool), ask("look"))
    first.give_back()

    seen = json.loads(evidence.questions["look"].records["seen"]["value"])
    assert [name for name in seen["dev"] if name[-1].isdigit()] == ["nvidia1"]
    assert seen["visible"] == "GPU-b"


def test_too_much_memory_costs_its_question_alone(sandbox: LeasedSandbox, machine: FakeMachine) -> None:
    """The question whose process takes too much of the device is ended for it; the next one finishes."""
    gpu = machine.gpus[0]
    over = threading.Event()

    def take_memory() -> None:
        """Say of the process that sleeps in `linger` that it has taken more than it may."""
        end = time.monotonic() + 60
        while time.monotonic() < end and not over.is_set():
            gpu.processes = dict.fromkeys(find_lingering(), 5 * GIB)
            gpu.used_bytes = IDLE_BYTES + sum(used or 0 for used in gpu.processes.values())
            time.sleep(0.05)
        gpu.processes, gpu.used_bytes = {}, IDLE_BYTES

    teller = threading.Thread(target=take_memory)
    teller.start()
    evidence = read(sandbox, ask("linger", "look", gpu_memory_bytes=4 * GIB - CONTEXT_BYTES))
    over.set()
    teller.join()

    assert evidence.questions["linger"].exit is Exit.MEMORY_LIMIT
    assert evidence.questions["look"].finished


def find_lingering() -> list[int]:
    """The processes on this machine in which the question `linger` runs, by the name that it gave itself."""
    found = []
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if comm.read_text().strip() == NAME:
                found.append(int(comm.parent.name))
    return found


def test_a_run_whose_processes_can_not_be_told_ends_in_good_order(
    sandbox: LeasedSandbox, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container's grader the whole run is ended for its memory; what had come out of it stays."""
    monkeypatch.setattr(watching, "_FIRST_NAMESPACE", 0)
    gpu = machine.gpus[0]

    def take_memory(frame: Frame) -> None:
        """Once the first question has ended, somebody takes too much."""
        if frame.kind is Kind.ENDED:
            gpu.used_bytes = IDLE_BYTES + 5 * GIB

    request = ask("look", "linger", gpu_memory_bytes=4 * GIB - CONTEXT_BYTES)
    result = sandbox.run(request, on_frame=take_memory)
    gpu.used_bytes = IDLE_BYTES
    evidence = read_evidence(result.frames, questions=["look", "linger"], exit=result.exit, fault=result.frames_fault)

    assert (result.exit, result.closed, result.signal) == (Exit.MEMORY_LIMIT, False, None)
    assert evidence.questions["look"].finished
    assert evidence.questions["linger"].exit is Exit.MEMORY_LIMIT
