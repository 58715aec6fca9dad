"""The watch: memory beyond the limit is the student's and is taken back, a failing device is ours and is told."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.limits import GIB
from grader.sandbox.gpu import watch as watching
from grader.sandbox.gpu.faults import DEVICE_FAULTS, name_fault
from grader.sandbox.gpu.watch import GpuWatch, Seen
from tests.sandbox.gpu.machine import GPU_IS_LOST, IDLE_BYTES, FakeGpu, FakeMachine

PATIENCE_SECONDS = 30.0


class Watched:
    """A watch over the first processor of a machine, and what it did."""

    def __init__(self, machine: FakeMachine, *, most_bytes: int | None, alone: bool, pids: set[int] | None) -> None:
        nvml = machine.open_nvml()
        self.ended = threading.Event()
        self.pids = pids
        self.watch = GpuWatch(
            nvml,
            [(nvml.list_devices()[0], IDLE_BYTES)],
            most_bytes=most_bytes,
            alone=alone,
            list_processes=lambda: None if self.pids is None else frozenset(self.pids),
            end_run=self.ended.set,
        )
        self.watch.start()

    def finish(self) -> Seen:
        """End the watch."""
        return self.watch.finish()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    """One processor, on a machine whose process numbers are NVML's."""
    monkeypatch.setattr(watching, "_FIRST_NAMESPACE", Path("/proc/self/ns/pid").stat().st_ino)
    return FakeMachine(tmp_path, FakeGpu("GPU-a", 0))


@contextmanager
def some_process() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that would stay for a minute."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        try:
            yield process
        finally:
            process.kill()


def watched(
    machine: FakeMachine, *, most_bytes: int | None = None, alone: bool = True, pids: set[int] | None = None
) -> Watched:
    """Begin to watch."""
    return Watched(machine, most_bytes=most_bytes, alone=alone, pids=pids)


def await_true(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)


def test_a_well_run(machine: FakeMachine) -> None:
    """Nothing is seen but how much it used."""
    run = watched(machine, most_bytes=4 * GIB, pids={11})
    machine.gpus[0].processes, machine.gpus[0].used_bytes = {11: 3 * GIB}, IDLE_BYTES + 3 * GIB
    time.sleep(0.6)

    seen = run.finish()

    assert seen == Seen(peak_bytes=3 * GIB)
    assert not run.ended.is_set()


def test_the_greedy_process_is_killed_alone(machine: FakeMachine) -> None:
    """Of a run's processes the largest is killed; the run goes on, and it is on record."""
    gpu = machine.gpus[0]
    with some_process() as greedy, some_process() as modest:
        run = watched(machine, most_bytes=4 * GIB, pids={greedy.pid, modest.pid})
        gpu.processes = {greedy.pid: 5 * GIB, modest.pid: GIB}
        gpu.used_bytes = IDLE_BYTES + 6 * GIB
        assert greedy.wait(PATIENCE_SECONDS) == -9
        gpu.processes, gpu.used_bytes = {modest.pid: GIB}, IDLE_BYTES + GIB
        time.sleep(0.6)

        assert modest.poll() is None
        seen = run.finish()
    assert (seen.over_memory, seen.fault) == (True, None)
    assert not run.ended.is_set()


def test_a_killed_process_may_take_its_time(machine: FakeMachine) -> None:
    """While its memory isn't free yet, nobody else is killed for it."""
    gpu = machine.gpus[0]
    with some_process() as greedy, some_process() as modest:
        run = watched(machine, most_bytes=4 * GIB, pids={greedy.pid, modest.pid})
        gpu.processes = {greedy.pid: 5 * GIB, modest.pid: GIB}
        gpu.used_bytes = IDLE_BYTES + 6 * GIB
        greedy.wait(PATIENCE_SECONDS)
        gpu.processes = {modest.pid: GIB}
        time.sleep(1.0)

        assert modest.poll() is None
        run.finish()


def test_a_run_whose_processes_can_not_be_told(machine: FakeMachine) -> None:
    """It is ended as a whole, for all that is on a device that it has alone is its own."""
    run = watched(machine, most_bytes=4 * GIB)
    machine.gpus[0].used_bytes = IDLE_BYTES + 5 * GIB

    assert run.ended.wait(PATIENCE_SECONDS)
    assert run.finish().over_memory


def test_another_tenants_memory_does_not_count(machine: FakeMachine) -> None:
    """On a shared device a run answers for its own processes alone."""
    run = watched(machine, most_bytes=4 * GIB, alone=False, pids={11})
    machine.gpus[0].processes, machine.gpus[0].used_bytes = {11: 3 * GIB, 12: 40 * GIB}, 44 * GIB
    time.sleep(0.6)

    assert run.finish() == Seen(peak_bytes=3 * GIB)


def test_a_process_of_another_program_is_never_killed(machine: FakeMachine) -> None:
    """A program that isn't the run's makes the run ours to repeat, and lives on."""
    with some_process() as other:
        run = watched(machine, most_bytes=4 * GIB, pids={11})
        machine.gpus[0].processes, machine.gpus[0].used_bytes = {other.pid: 50 * GIB}, 51 * GIB

        assert run.ended.wait(PATIENCE_SECONDS)
        seen = run.finish()
        assert other.poll() is None
    assert seen.fault is not None
    assert str(other.pid) in seen.fault.reason
    assert not seen.fault.lasting


def test_a_process_that_is_just_going(machine: FakeMachine) -> None:
    """One that is listed though it has ended is nobody else's program."""
    with some_process() as gone:
        gone.kill()
        gone.wait()
        run = watched(machine, pids={11})
        machine.gpus[0].processes = {gone.pid: GIB}
        time.sleep(1.5)

        assert run.finish().fault is None


def test_in_a_container_numbers_mean_nothing(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where NVML's process numbers aren't ours, none is taken for anybody's."""
    monkeypatch.setattr(watching, "_FIRST_NAMESPACE", 0)
    with some_process() as other:
        run = watched(machine, pids={11})
        machine.gpus[0].processes = {other.pid: GIB}
        time.sleep(1.5)

        assert run.finish().fault is None


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda gpu: setattr(gpu, "lost", GPU_IS_LOST), "doesn't answer"),
        (lambda gpu: gpu.reports.append(79), "Xid 79: it has fallen off the bus"),
        (lambda gpu: gpu.reports.extend([13, 48]), "Xid 48"),
        (lambda gpu: setattr(gpu, "uncorrected", 1), "1 errors of its memory"),
        (lambda gpu: setattr(gpu, "remapping_failed", True), "remapping failed"),
    ],
)
def test_a_failing_device(machine: FakeMachine, happens: Callable[[FakeGpu], None], reason: str) -> None:
    """Whatever the hardware or the driver says of itself ends the run, and is lasting."""
    run = watched(machine, most_bytes=4 * GIB, pids=set())
    happens(machine.gpus[0])

    assert run.ended.wait(PATIENCE_SECONDS)
    seen = run.finish()
    assert seen.fault is not None
    assert reason in seen.fault.reason
    assert seen.fault.lasting and not seen.over_memory


def test_a_failure_in_the_last_moment(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened after the watch's last round is seen when it ends."""
    monkeypatch.setattr(watching, "_INTERVAL_SECONDS", 60.0)
    run = watched(machine)
    machine.gpus[0].reports.append(79)

    seen = run.finish()

    assert seen.fault is not None
    assert run.finish() is seen


@pytest.mark.parametrize("when", ["at first", "while it runs"])
def test_a_driver_that_never_answers(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """A call into the driver that doesn't return holds nobody up for ever: the device has failed."""
    monkeypatch.setattr(watching, "_PATIENCE_SECONDS", 0.5)
    stuck = threading.Event()
    answer = machine.library.nvmlDeviceGetMemoryInfo
    nvml_lists_first = 1 if when == "at first" else 2
    calls: list[object] = []

    def hang(handle: object, version: object = None) -> object:
        calls.append(handle)
        if len(calls) > nvml_lists_first:
            stuck.wait(PATIENCE_SECONDS)
        return answer(handle)

    monkeypatch.setattr(machine.library, "nvmlDeviceGetMemoryInfo", hang)
    run = watched(machine)
    time.sleep(0.5)

    seen = run.finish()
    stuck.set()
    assert run.ended.is_set()
    assert seen.fault is not None
    assert "didn't answer within" in seen.fault.reason


@pytest.mark.parametrize("number", [13, 31, 43, 45])
def test_a_students_own_mistake(machine: FakeMachine, number: int) -> None:
    """A kernel that reads beyond its memory is reported too, and isn't the device's failure."""
    run = watched(machine)
    machine.gpus[0].reports.append(number)
    time.sleep(0.5)

    assert run.finish().fault is None
    assert number not in DEVICE_FAULTS
    assert name_fault([number, 79]) == "Xid 79: it has fallen off the bus"


def test_old_errors_do_not_count(tmp_path: Path) -> None:
    """Errors of a device's memory from before the run say nothing about it."""
    run = watched(FakeMachine(tmp_path, FakeGpu("GPU-a", 0, uncorrected=7)))
    time.sleep(0.5)

    assert run.finish().fault is None
