"""Leases: one run a device, in the order of asking, across processes; no device is given away before it is clean."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.errors import SandboxError
from grader.limits import GIB, MIB, Limits
from grader.sandbox.gpu.holds import Booking, LeaseFolder, Status
from grader.sandbox.gpu.pool import GpuPool
from tests.sandbox.gpu.machine import GPU_IS_LOST, IDLE_BYTES, FakeGpu, FakeMachine, FakeSlice

ONE = Limits(gpus=1)


def await_true(condition: Callable[[], bool]) -> None:
    """Wait until something holds; at most half a minute."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.01)


def count_waiting(machine: FakeMachine) -> int:
    """How many stand in the queue."""
    return len(list(machine.leases.glob("ticket.*")))


@contextmanager
def other_grader(machine: FakeMachine, device: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds a device."""
    script = f"""
        import sys
        from pathlib import Path
        from grader.sandbox.gpu.holds import Booking, LeaseFolder
        held = LeaseFolder(Path({str(machine.leases)!r})).claim({{{device!r}: 1}}, Booking(), count=1)
        print("held" if held else "none", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_lease(tmp_path: Path) -> None:
    """It names the device, its file, and what was in use on it before."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))

    lease = machine.make_pool().lease(ONE)

    assert [gpu.uuid for gpu in lease.gpus] == ["GPU-a"]
    assert lease.gpus[0].nodes == (machine.dev / "nvidia0",)
    assert lease.gpus[0].driver == "999.11"
    assert (lease.baselines, lease.alone) == ((IDLE_BYTES,), True)


def test_two_runs_have_two_devices(tmp_path: Path) -> None:
    """And a third waits until one is given back."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    pool = machine.make_pool()
    first, second = pool.lease(ONE), pool.lease(ONE)

    with ThreadPoolExecutor(1) as threads:
        third = threads.submit(pool.lease, ONE)
        await_true(lambda: count_waiting(machine) == 1)
        assert not third.done()
        second.give_back()

        assert third.result(30).gpus == second.gpus
    assert {first.gpus[0].uuid, second.gpus[0].uuid} == {"GPU-a", "GPU-b"}


def test_all_or_nothing(tmp_path: Path) -> None:
    """A run of two devices takes both at once, and isn't overtaken by runs of one."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    pool = machine.make_pool()
    first = pool.lease(ONE)

    with ThreadPoolExecutor(2) as threads:
        both = threads.submit(pool.lease, Limits(gpus=2))
        await_true(lambda: count_waiting(machine) == 1)
        later = threads.submit(pool.lease, ONE)
        await_true(lambda: count_waiting(machine) == 2)
        time.sleep(0.3)
        assert not both.done() and not later.done()
        first.give_back()
        lease = both.result(30)

        assert len(lease.gpus) == 2
        assert not later.done()
        lease.give_back()
        assert later.result(30).gpus


def test_the_order_of_asking(tmp_path: Path) -> None:
    """Eight who wait for one device get it in the order in which they came."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    pool = machine.make_pool()
    first = pool.lease(ONE)
    order: list[int] = []

    def take(number: int) -> None:
        lease = machine.make_pool().lease(ONE)  # a pool each, as graders of their own have
        order.append(number)
        lease.give_back()

    with ThreadPoolExecutor(8) as threads:
        for number in range(8):
            threads.submit(take, number)
            await_true(lambda there=number + 1: count_waiting(machine) == there)  # type: ignore[misc]
        first.give_back()

    assert order == list(range(8))


def test_two_graders_do_not_share(tmp_path: Path) -> None:
    """What another process holds isn't given away; when it is killed the device is free again."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    pool = machine.make_pool()
    with other_grader(machine, "GPU-a") as process, ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE)
        time.sleep(0.5)
        assert not waiting.done()
        process.send_signal(signal.SIGKILL)

        assert waiting.result(30).gpus[0].uuid == "GPU-a"


def test_who_is_gone_does_not_stand_in_the_queue(tmp_path: Path) -> None:
    """A ticket and a hold whose owner was killed are removed by the next."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    pool = machine.make_pool()
    pool.lease(ONE).give_back()
    (machine.leases / "ticket.00000000000000000001.abcd").write_bytes(b"")
    (machine.leases / "hold.GPU-a.0123").write_bytes(b"{}")

    assert pool.lease(ONE).gpus
    assert not list(machine.leases.glob("ticket.*")) and not (machine.leases / "hold.GPU-a.0123").exists()


def test_waiting_can_be_cancelled(tmp_path: Path) -> None:
    """Who waits can be stopped, and leaves the queue."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    pool = machine.make_pool()
    lease, cancelled = pool.lease(ONE), threading.Event()

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE, cancelled=cancelled)
        await_true(lambda: count_waiting(machine) == 1)
        cancelled.set()

        with pytest.raises(SandboxError, match="interrupted"):
            waiting.result(30)
    assert count_waiting(machine) == 0
    lease.give_back()


def test_waiting_ends(tmp_path: Path) -> None:
    """After its time with an error that says so."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    lease = machine.make_pool().lease(ONE)

    with pytest.raises(SandboxError, match="no graphics processor was free within 1 s"):
        machine.make_pool(wait_seconds=1.0).lease(ONE)
    lease.give_back()


def test_the_last_run_has_to_be_gone(tmp_path: Path) -> None:
    """A device is given on when nobody computes on it and its memory is as it was."""
    gpu = FakeGpu("GPU-a", 0)
    machine = FakeMachine(tmp_path, gpu)
    pool = machine.make_pool(settle_seconds=30.0)
    pool.lease(ONE).give_back()
    gpu.processes, gpu.used_bytes = {4711: GIB}, IDLE_BYTES + GIB

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE)
        time.sleep(0.4)
        gpu.processes = {}
        time.sleep(0.4)
        assert not waiting.done(), "its memory isn't free yet"
        gpu.used_bytes = IDLE_BYTES + 10 * MIB

        assert waiting.result(30).gpus[0].uuid == "GPU-a"


def test_a_device_that_stays_in_use(tmp_path: Path) -> None:
    """It is out of service, the run gets another one; clean again, it is back by itself."""
    gpu = FakeGpu("GPU-a", 0, processes={4711: GIB})
    machine = FakeMachine(tmp_path, gpu, FakeGpu("GPU-b", 1))
    pool = machine.make_pool(settle_seconds=0.3)

    lease = pool.lease(ONE)

    assert lease.gpus[0].uuid == "GPU-b"
    assert "4711" in str(pool.list_devices()[0][1].fault)
    lease.give_back()
    gpu.processes = {}
    assert pool.lease(ONE).gpus[0].uuid == "GPU-a"
    assert pool.list_devices()[0][1].fault is None


def test_memory_that_nobody_holds(tmp_path: Path) -> None:
    """Memory that isn't given back after the last process has gone takes a device out of service, with the amount."""
    gpu = FakeGpu("GPU-a", 0)
    machine = FakeMachine(tmp_path, gpu)
    pool = machine.make_pool(settle_seconds=0.3)
    pool.lease(ONE).give_back()
    gpu.used_bytes = IDLE_BYTES + 3 * GIB

    with pytest.raises(SandboxError, match="too few graphics processors are in service: 0 of 1") as raised:
        pool.lease(ONE)
    assert "3072 MiB of its memory are in use by no process" in raised.value.details[0]


def test_others_that_can_not_be_seen(tmp_path: Path) -> None:
    """A device that is full before anybody has used it is in use, though NVML lists nobody: in a container, say."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, used_bytes=30 * GIB), FakeGpu("GPU-b", 1))

    assert machine.make_pool(settle_seconds=0.3).lease(ONE).gpus[0].uuid == "GPU-b"


def test_a_lost_device(tmp_path: Path) -> None:
    """One that doesn't answer is out of service for good; every grader knows it, also one that starts later."""
    gpu = FakeGpu("GPU-a", 0)
    machine = FakeMachine(tmp_path, gpu, FakeGpu("GPU-b", 1))
    pool = machine.make_pool()
    pool.retire(pool.list_devices()[0][0], "the driver reported Xid 79: it has fallen off the bus")

    assert machine.make_pool().lease(ONE).gpus[0].uuid == "GPU-b"
    with pytest.raises(SandboxError, match="1 of 2") as raised:
        machine.make_pool().lease(Limits(gpus=2))
    assert "fallen off the bus" in raised.value.details[0]


def test_a_device_is_lost_while_it_is_cleaned(tmp_path: Path) -> None:
    """The run goes on with another one."""
    gpu = FakeGpu("GPU-a", 0, processes={4711: GIB})
    machine = FakeMachine(tmp_path, gpu, FakeGpu("GPU-b", 1))
    pool = machine.make_pool(settle_seconds=30.0)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, ONE)
        time.sleep(0.3)
        gpu.lost = GPU_IS_LOST

        assert waiting.result(30).gpus[0].uuid == "GPU-b"
    assert "doesn't answer" in str(LeaseFolder(machine.leases).read_status("GPU-a").fault)


def test_a_fault_is_forgotten_with_a_start_of_the_machine(tmp_path: Path) -> None:
    """What was learnt before the machine was started doesn't count; and a person may remove the file."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))
    pool = machine.make_pool()
    device = pool.list_devices()[0][0]
    pool.retire(device, "it broke")
    file = pool.status_file(device)
    assert pool.list_devices()[0][1].fault == "it broke"

    file.write_text(file.read_text().replace('"boot": "', '"boot": "earlier '))
    assert pool.list_devices()[0][1] == Status()
    pool.retire(device, "it broke again")
    file.unlink()
    assert pool.lease(ONE).gpus


def test_too_little(tmp_path: Path) -> None:
    """What this machine will never have is told at once, with what it has."""
    pool = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, memory_bytes=24 * GIB)).make_pool()

    with pytest.raises(SandboxError, match=r"2 graphics processors") as raised:
        pool.lease(Limits(gpus=2))
    assert "24.0 GiB" in raised.value.details[0]
    with pytest.raises(SandboxError, match=r"with 40\.0 GiB"):
        pool.lease(Limits(gpus=1, gpu_memory_bytes=40 * GIB))


def test_no_driver(tmp_path: Path) -> None:
    """No driver is a fault of the machine, not of the run."""
    machine = FakeMachine(tmp_path)
    machine.library.broken = 9

    with pytest.raises(SandboxError, match="the NVIDIA driver isn't loaded"):
        machine.make_pool().lease(ONE)


# ── slices ──


def test_slices_are_leased_one_by_one(tmp_path: Path) -> None:
    """Two slices of one processor go to two runs; a run of two devices can't have slices."""
    slices = [FakeSlice("MIG-1", (1, 0)), FakeSlice("MIG-2", (2, 0))]
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, slices=slices))
    pool = machine.make_pool()

    leases = [pool.lease(ONE), pool.lease(ONE)]

    assert [lease.gpus[0].uuid for lease in leases] == ["MIG-1", "MIG-2"]
    assert leases[0].gpus[0].nodes[1:] != leases[1].gpus[0].nodes[1:]
    with pytest.raises(SandboxError, match="2 graphics processors"):
        pool.lease(Limits(gpus=2))


# ── several runs on one device ──


def shared(gibibytes: int, share: int = 2) -> Limits:
    """Limits of an assignment whose author allows it."""
    return Limits(gpus=1, gpu_memory_bytes=gibibytes * GIB, gpu_share=share)


def is_taken(pool: GpuPool, limits: Limits) -> bool:
    """Whether one would have to wait."""
    quick = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.lease, limits, cancelled=quick)
        time.sleep(0.5)
        quick.set()
        try:
            waiting.result(30).give_back()
        except SandboxError as error:
            assert error.message == "interrupted"
            return True
        return False


def test_as_many_as_allowed(tmp_path: Path) -> None:
    """Two on one device where the author says two; the third waits, and who shares nothing too."""
    pool = FakeMachine(tmp_path, FakeGpu("GPU-a", 0)).make_pool()

    leases = [pool.lease(shared(10)), pool.lease(shared(10))]

    assert leases[0].gpus == leases[1].gpus
    assert not leases[0].alone
    assert is_taken(pool, shared(10)) and is_taken(pool, ONE)


def test_no_more_than_its_memory(tmp_path: Path) -> None:
    """Limits that don't fit together, with what the driver takes for each, aren't put together."""
    pool = FakeMachine(tmp_path, FakeGpu("GPU-a", 0, memory_bytes=24 * GIB)).make_pool()
    first = pool.lease(shared(12, share=4))

    assert is_taken(pool, shared(11, share=4)), "13 + 12 GiB, and there are 24"
    second = pool.lease(shared(10, share=4))
    assert first.gpus == second.gpus


def test_the_shared_device_comes_first(tmp_path: Path) -> None:
    """Runs that share are put together, so that the other device stays free for one that shares nothing."""
    pool = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1)).make_pool()
    leases = [pool.lease(shared(10, share=3)) for _ in range(3)]

    assert {lease.gpus[0].uuid for lease in leases} == {"GPU-a"}
    assert pool.lease(ONE).gpus[0].uuid == "GPU-b"


def test_nobody_joins_before_the_first_has_found_it_clean(tmp_path: Path) -> None:
    """A second run isn't put on a device that isn't clean, where the first still waits."""
    gpu = FakeGpu("GPU-a", 0, processes={4711: GIB})
    pool = FakeMachine(tmp_path, gpu).make_pool(settle_seconds=30.0)

    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(pool.lease, shared(10)) for _ in range(2)]
        time.sleep(0.5)
        assert not any(one.done() for one in waiting)
        gpu.processes = {}

        assert len({one.result(30).gpus for one in waiting}) == 1


# ── the folder ──


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """A link in the folder's place is refused: leases would be kept where somebody else says."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "leases").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SandboxError, match="isn't a folder"):
        LeaseFolder(tmp_path / "leases")


def test_a_hold_that_can_not_be_read(tmp_path: Path) -> None:
    """Somebody holds it, and it doesn't say how: then nobody shares."""
    folder = LeaseFolder(tmp_path / "leases")
    holds = folder.claim({"GPU-a": 80 * GIB}, Booking(share=2, memory_bytes=GIB), count=1)
    assert holds is not None
    holds[0].settle()
    holds[0].path.write_text("{")

    assert folder.claim({"GPU-a": 80 * GIB}, Booking(share=2, memory_bytes=GIB), count=1) is None


@pytest.mark.parametrize("only", [("1",), ("GPU-b",)])
def test_a_pool_of_some_devices(only: tuple[str, ...], tmp_path: Path) -> None:
    """It leases those it was given, by number or UUID, and no other, however long that takes."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0), FakeGpu("GPU-b", 1))
    lease = machine.make_pool(only=only).lease(ONE)

    assert [gpu.uuid for gpu in lease.gpus] == ["GPU-b"]


def test_a_pool_of_no_devices(tmp_path: Path) -> None:
    """Where none was given, none is leased, though the machine has one."""
    machine = FakeMachine(tmp_path, FakeGpu("GPU-a", 0))

    with pytest.raises(SandboxError, match="needs a graphics processor"):
        machine.make_pool(only=()).lease(ONE)
