"""From an assignment that asks for a graphics processor to its runs, on a machine that has one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from grader.collect import collect_evidence
from grader.limits import GIB, Limits
from grader.sandbox import FakeSandbox
from grader.sandbox.gpu.leased import LeasedSandbox
from tests.sandbox.gpu.machine import FakeGpu, FakeMachine
from tests.test_collect import DATA, DRAW, answer, make_assignment, make_submission, make_workshop


def test_one_processor_is_enough_for_all_runs(tmp_path: Path) -> None:
    """A submission's run and its predict run have the processor one after the other; several submissions take turns."""
    machine = FakeMachine(tmp_path / "machine", FakeGpu("GPU-a", 0))
    limits = Limits(gpus=1, gpu_memory_bytes=4 * GIB, cpus=2)
    assignment = replace(make_assignment(tmp_path), limits=limits)
    inner = FakeSandbox(answer)
    workshop = replace(
        make_workshop(tmp_path, inner), sandbox=LeasedSandbox(inner, machine.make_pool(wait_seconds=60.0))
    )

    def grade(number: int) -> set[str]:
        submission = make_submission(f"x = {number}")
        collected = collect_evidence(assignment, submission, draw=DRAW, data=DATA, workshop=workshop)
        return set(collected.evidence.questions["train"].predictions)

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(grade, range(3))) == [{"epochs.0", "epochs.1"}] * 3

    assert len(inner.requests) == 6
    for request in inner.requests:
        assert [gpu.uuid for gpu in request.launch.gpus] == ["GPU-a"]
        assert request.launch.device == request.job.header["device"] == "cuda"
        assert (request.job.header["parallel"], request.job.header["gpu_memory_bytes"]) == (1, 4 * GIB)
    assert not list(machine.leases.glob("hold.*"))


def test_an_assignment_without_one_is_as_before(tmp_path: Path) -> None:
    """No lease, no device, as many questions at a time as it says."""
    inner = FakeSandbox(answer)
    machine = FakeMachine(tmp_path / "machine")
    workshop = replace(make_workshop(tmp_path, inner), sandbox=LeasedSandbox(inner, machine.make_pool()))
    collect_evidence(make_assignment(tmp_path), make_submission(), draw=DRAW, data=DATA, workshop=workshop)

    assert machine.library.opened == 0
    for request in inner.requests:
        assert request.launch.gpus == ()
        assert request.launch.device == request.job.header["device"] == "cpu"
        assert request.job.header["parallel"] == Limits().cpus
