"""A sandbox with leases: runs wait for devices, give them back, and what a device did isn't put on the student."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from grader.collect import run_again
from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame, Kind
from grader.limits import GIB, Limits
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.gpu.pool import CONTEXT_BYTES
from grader.sandbox.request import Interpreter, Job, Launch, PreparedRun, RunRequest, RunResult
from grader.sandbox.stopping import StoppableSandbox
from tests.sandbox.gpu.machine import GPU_IS_LOST, IDLE_BYTES, FakeGpu, FakeMachine

LAUNCH = Launch(
    interpreter=Interpreter(framework="none", executable=Path("/usr/bin/python3")),
    limits=Limits(gpus=1, gpu_memory_bytes=4 * GIB),
    device="cuda",
)
JOB = Job(header={})
REQUEST = RunRequest(launch=LAUNCH, job=JOB)
READY = Frame(Kind.READY, json.dumps({"python": "3.11", "packages": {}, "device": "cuda"}).encode())
FINISHED = RunResult(exit=Exit.FINISHED, frames=(READY,))

Handler = Callable[["PlainRun"], RunResult]


@dataclass
class PlainRun:
    """A run of a sandbox that can only be ended by closing it."""

    launch: Launch
    handler: Handler
    closed: threading.Event = field(default_factory=threading.Event)

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """The handler's result; READY comes first."""
        if on_frame is not None:
            on_frame(READY)
        return self.handler(self)

    def await_close(self) -> RunResult:
        """Run on until somebody closes it."""
        assert self.closed.wait(30)
        raise SandboxError("closed from another thread")

    def close(self) -> None:
        """Close it."""
        self.closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


class StoppingRun(PlainRun):
    """A run that can be stopped in good order."""

    stopped: Exit | None = None

    def stop(self, exit: Exit) -> None:
        """As `KeptRun.stop`."""
        self.stopped = exit
        self.closed.set()

    def await_stop(self) -> RunResult:
        """Run on until it is stopped."""
        assert self.closed.wait(30)
        assert self.stopped is not None
        return RunResult(exit=self.stopped, frames=(READY,), closed=False)


class Plain:
    """A sandbox of such runs."""

    name = "plain"
    is_sandbox = True
    cautions = ("a word",)

    def __init__(self, handler: Handler, kind: type[PlainRun] = PlainRun) -> None:
        self.handler = handler
        self.kind = kind
        self.runs: list[PlainRun] = []

    def prepare(self, launch: Launch) -> PreparedRun:
        """A run."""
        self.runs.append(self.kind(launch, self.handler))
        return self.runs[-1]

    def run(self, request: RunRequest) -> RunResult:
        """Prepare, run, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job)


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    """Two processors."""
    return FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))


def leased(machine: FakeMachine, handler: Handler, kind: type[PlainRun] = PlainRun) -> tuple[LeasedSandbox, Plain]:
    """A leased sandbox, and what is inside."""
    inner = Plain(handler, kind)
    return LeasedSandbox(inner, machine.make_pool()), inner


def names(runs: Iterable[PlainRun]) -> list[str]:
    """The devices of runs."""
    return [gpu.uuid for run in runs for gpu in run.launch.gpus]


def test_a_run_gets_its_device_and_gives_it_back(machine: FakeMachine) -> None:
    """The sandbox inside is told which one; when the run is over it is free."""
    sandbox, inner = leased(machine, lambda run: FINISHED)

    results = [sandbox.run(REQUEST) for _ in range(3)]

    assert [result.exit for result in results] == [Exit.FINISHED] * 3
    assert names(inner.runs) == ["GPU-a"] * 3
    assert {result.gpus for result in results} == {("NVIDIA Fake 80GB, driver 999.11",)}
    assert (sandbox.name, sandbox.is_sandbox, sandbox.cautions) == ("plain", True, ("a word",))
    assert not list(machine.leases.glob("hold.*"))


def test_a_run_without_a_device_passes_through(machine: FakeMachine) -> None:
    """NVML isn't even opened for it."""
    sandbox, inner = leased(machine, lambda run: FINISHED)

    sandbox.run(RunRequest(launch=replace(LAUNCH, limits=Limits()), job=JOB))

    assert names(inner.runs) == []
    assert machine.library.opened == 0


def test_preparing_holds_nothing(machine: FakeMachine) -> None:
    """More are prepared than there are devices, and run in another order: none waits for one that isn't run."""
    sandbox, inner = leased(machine, lambda run: FINISHED)
    prepared = [sandbox.prepare(LAUNCH) for _ in range(5)]

    results = [run.run(JOB) for run in reversed(prepared)]

    assert len(results) == 5
    assert len(names(inner.runs)) == 5


def test_waiting_runs_can_be_stopped(machine: FakeMachine) -> None:
    """An interrupt ends those that run and those that still wait."""
    started = threading.Event()

    def run_on(run: PlainRun) -> RunResult:
        started.set()
        return run.await_close()

    sandbox, _ = leased(machine, run_on)
    stoppable = StoppableSandbox(sandbox)
    with ThreadPoolExecutor(4) as threads:
        running = [threads.submit(stoppable.run, REQUEST) for _ in range(4)]
        assert started.wait(30)
        time.sleep(0.3)
        stoppable.stop()

        for one in running:
            with pytest.raises(SandboxError):
                one.result(30)
    assert not list(machine.leases.glob("hold.*")) and not list(machine.leases.glob("ticket.*"))


def test_closing_unused_gives_back(machine: FakeMachine) -> None:
    """A prepared run that is closed can't be run; closing twice harms nothing."""
    sandbox, _ = leased(machine, lambda run: FINISHED)
    prepared = sandbox.prepare(LAUNCH)
    prepared.close()
    prepared.close()

    assert not list(machine.leases.glob("hold.*"))
    with pytest.raises(SandboxError):
        prepared.run(JOB)


def test_a_device_that_fails_is_ours(machine: FakeMachine) -> None:
    """Whatever the run says of itself, it isn't believed; the next try is on another device."""
    calls = []

    def handler(run: PlainRun) -> RunResult:
        calls.append(run)
        if len(calls) == 1:
            machine.gpus[0].lost = GPU_IS_LOST
            return replace(FINISHED, exit=Exit.CRASHED)
        return FINISHED

    sandbox, inner = leased(machine, handler)
    result = run_again(sandbox.prepare(LAUNCH), JOB, lambda: sandbox.prepare(LAUNCH))

    assert result.exit is Exit.FINISHED
    assert names(inner.runs) == ["GPU-a", "GPU-b"]


def test_a_device_that_fails_twice(machine: FakeMachine) -> None:
    """No score follows, and both are out of service."""

    def handler(run: PlainRun) -> RunResult:
        number = [gpu.uuid for gpu in machine.gpus].index(run.launch.gpus[0].uuid)
        machine.gpus[number].reports.append(79)
        return FINISHED

    sandbox, _ = leased(machine, handler)
    with pytest.raises(SandboxError, match="fallen off the bus"):
        run_again(sandbox.prepare(LAUNCH), JOB, lambda: sandbox.prepare(LAUNCH))
    with pytest.raises(SandboxError, match="0 of 2"):
        sandbox.run(REQUEST)


def test_a_failing_sandbox_stays_its_own_fault(machine: FakeMachine) -> None:
    """The sandbox's own error comes out as it is, and the device stays in service."""

    def handler(run: PlainRun) -> RunResult:
        raise SandboxError("the guest wasn't ready")

    sandbox, _ = leased(machine, handler)
    with pytest.raises(SandboxError, match="the guest wasn't ready"):
        sandbox.run(REQUEST)
    assert not list(machine.leases.glob("hold.*"))


@pytest.mark.parametrize("kind", [PlainRun, StoppingRun])
def test_too_much_memory_is_the_students(machine: FakeMachine, kind: type[PlainRun]) -> None:
    """A run that takes more than its limit, and the driver's part, ends as one of the memory limit."""

    def handler(run: PlainRun) -> RunResult:
        machine.gpus[0].used_bytes = IDLE_BYTES + 4 * GIB + CONTEXT_BYTES + 1
        try:
            return run.await_stop() if isinstance(run, StoppingRun) else run.await_close()
        finally:
            machine.gpus[0].used_bytes = IDLE_BYTES

    sandbox, _ = leased(machine, handler, kind)
    result = sandbox.run(REQUEST)

    assert result.exit is Exit.MEMORY_LIMIT
    assert result.frames == (READY,)


def test_no_device_at_all(tmp_path: Path) -> None:
    """It is told when the run is made: no score follows from it."""
    sandbox, _ = leased(FakeMachine(tmp_path), lambda run: FINISHED)

    with pytest.raises(SandboxError, match="this machine hasn't that"):
        sandbox.run(REQUEST)
