"""On a real graphics processor: `make test-gpu`. Nothing here is imitated; without a processor nothing here runs.

What has been run on which hardware, and what hasn't, stands in docs/gpu.md.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.check_assignment import TrialKind, list_failed
from grader.collect import Workshop, collect_evidence
from grader.draws import load_data
from grader.evidence import read_evidence
from grader.evidence.model import Evidence, Exit, QuestionEvidence
from grader.ingest import read_submission
from grader.jobs import keep_data
from grader.limits import GIB, Limits
from grader.marking import mark_evidence
from grader.sandbox import BubblewrapSandbox, Job, Launch, RunRequest, WarmSandbox, find_interpreter
from grader.sandbox.gpu import watch as watching
from grader.sandbox.gpu.leased import LeasedSandbox
from grader.sandbox.gpu.pool import GpuPool
from grader.weights.provision import make_standin
from grader.weights.vault import Vault
from tests.assignments.bench import list_questions, name_trial
from tests.assignments.course import draw_number
from tests.assignments.test_hw1_graded import ASSIGNMENT, CALLED, TRIALS
from tests.guest.driver import make_header

pytestmark = [pytest.mark.gpu, pytest.mark.slow]

LIMITS = Limits(memory_bytes=16 * GIB, gpus=1)


@pytest.fixture(scope="module")
def pool() -> GpuPool:
    """The processors of this machine."""
    return GpuPool()


@pytest.fixture(scope="module")
def sandbox(pool: GpuPool) -> LeasedSandbox:
    """Cold bubblewrap."""
    return LeasedSandbox(BubblewrapSandbox(), pool)


def ask(
    sandbox: LeasedSandbox,
    probe: str,
    program: str = "",
    *,
    questions: tuple[str, ...] = ("one",),
    seconds: float = 120.0,
    framework: str = "torch",
    limits: Limits = LIMITS,
    **changes: Any,
) -> Evidence:
    """The evidence of a run."""
    header = make_header(
        probe, program, questions=dict.fromkeys(questions, seconds), framework=framework, parallel=1, device="cuda"
    )
    header |= {"load_seconds": 120.0, "gpu_memory_bytes": limits.gpu_memory_bytes, **changes}
    launch = Launch(interpreter=find_interpreter(framework), limits=limits, device="cuda")
    files = {"hw1.py": program.encode()}
    result = sandbox.run(RunRequest(launch=launch, job=Job(header=header, files=files)))
    return read_evidence(result.frames, questions=list(questions), exit=result.exit, fault=result.frames_fault)


def said(question: QuestionEvidence, record: str = "seen") -> Any:
    """What a probe recorded as text in JSON."""
    assert question.finished, (question.exit, question.problem, question.output)
    return json.loads(question.records[record]["value"])


def test_the_driver_starts(sandbox: LeasedSandbox) -> None:
    """The smallest step: the driver's library is found inside and answers 0, with one device."""
    probe = """
import ctypes, json, os
def one(student, given, record):
    cuda, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int(-1)
    seen = {"start": cuda.cuInit(0), "counted": cuda.cuDeviceGetCount(ctypes.byref(count)), "count": count.value}
    seen["nodes"] = sorted(name for name in os.listdir("/dev") if "nvidia" in name)
    record.text("seen", json.dumps(seen))
"""
    seen = said(ask(sandbox, probe, framework="none").questions["one"])

    assert (seen["start"], seen["counted"], seen["count"]) == (0, 0, 1), seen


PRODUCT = """
import json, torch
def one(student, given, record):
    started = torch.cuda.is_initialized()
    left, right = torch.rand(512, 512), torch.rand(512, 512)
    exact = left.double() @ right.double()
    product = (left.to(given.device) @ right.to(given.device)).cpu()
    torch.backends.cuda.matmul.allow_tf32 = True
    shorter = (left.to(given.device) @ right.to(given.device)).cpu()
    record.text("seen", json.dumps({
        "started": started, "count": torch.cuda.device_count(), "name": torch.cuda.get_device_name(0),
        "error": float(((product - exact) / exact).abs().max()),
        "error_with_tf32_asked_for": float(((shorter - exact) / exact).abs().max()),
    }))
two = one
"""


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_one_device_computes(pool: GpuPool, warm: bool) -> None:
    """Exactly one device, not started before the question, in 32 bits whatever a student asks for; twice in a run."""
    inner = WarmSandbox(BubblewrapSandbox()) if warm else BubblewrapSandbox()
    sandbox = LeasedSandbox(inner, pool)
    evidence = ask(sandbox, PRODUCT, questions=("one", "two"))
    sandbox.close()

    assert evidence.device == "cuda"
    for question in evidence.questions.values():
        seen = said(question)
        assert (seen["started"], seen["count"]) == (False, 1)
        assert seen["error"] < 1e-5 and seen["error_with_tf32_asked_for"] < 1e-5, seen


def test_the_same_bits_each_time(sandbox: LeasedSandbox) -> None:
    """A small training leaves the same weights to the bit in two runs, and digests don't depend on the device."""
    probe = """
import torch
from torch import nn
def one(student, given, record):
    model = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 30 * 30, 10))
    record.model("here", model)
    model.to(given.device)
    record.model("there", model)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    images, labels = torch.rand(32, 3, 32, 32, device=given.device), torch.arange(32, device=given.device) % 10
    for _ in range(10):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    record.model("trained", model)
    record.outputs("logits", model, torch.rand(2, 3, 32, 32))
"""
    first, second = (ask(sandbox, probe).questions["one"] for _ in range(2))
    assert first.finished, first
    digests = {key: [tensor["digest"] for tensor in record["tensors"]] for key, record in models(first).items()}

    assert digests["here"] == digests["there"] != digests["trained"]
    assert models(first) == models(second)
    assert (first.arrays["logits"] == second.arrays["logits"]).all()


def models(question: QuestionEvidence) -> dict[str, Mapping[str, Any]]:
    """The models that were recorded."""
    return {key: record for key, record in question.records.items() if record["kind"] == "model"}


def test_workers_of_a_data_loader(sandbox: LeasedSandbox) -> None:
    """A question that has started CUDA may fork workers that don't use it, and have memory pinned for the way there."""
    probe = """
import torch
from torch.utils.data import DataLoader, TensorDataset
def one(student, given, record):
    data = TensorDataset(torch.arange(64.0))
    loader = DataLoader(data, batch_size=8, num_workers=2, pin_memory=True)
    record.answers("sum", float(sum(batch.to("cuda").sum() for (batch,) in loader)))
"""
    question = ask(sandbox, probe).questions["one"]

    assert question.finished, question
    assert question.records["sum"]["value"] == 2016.0


# ── memory ──

GREEDY = """
import json, torch
def one(student, given, record):
    student.take()
def two(student, given, record):
    record.text("seen", json.dumps({"sum": float(torch.ones(1000, device="cuda").sum())}))
"""


@pytest.mark.parametrize("gibibytes", [None, 2])
def test_out_of_memory_is_the_students(sandbox: LeasedSandbox, gibibytes: int | None) -> None:
    """What torch raises there costs that question, with its own message; the next one computes."""
    limits = replace(LIMITS, gpu_memory_bytes=None if gibibytes is None else gibibytes * GIB)
    wanted = 1 << 42 if gibibytes is None else 3 << 30
    program = f"import torch\ndef take():\n    return torch.empty({wanted}, dtype=torch.uint8, device='cuda')\n"
    evidence = ask(sandbox, GREEDY, program, questions=("one", "two"), limits=limits)

    problem = evidence.questions["one"].problem
    assert problem is not None
    assert problem.type == "OutOfMemoryError" and "CUDA out of memory" in problem.message
    assert said(evidence.questions["two"])["sum"] == 1000.0


def test_more_memory_than_allowed_is_taken_back(sandbox: LeasedSandbox) -> None:
    """A program that undoes the framework's limit meets the watch: that question ends, the next goes on."""
    program = """
import time, torch
def take():
    torch.cuda.set_per_process_memory_fraction(1.0)
    kept = [torch.ones(6 << 28, device="cuda")]
    torch.cuda.synchronize()
    time.sleep(60)
"""
    limits = replace(LIMITS, gpu_memory_bytes=2 * GIB)
    evidence = ask(sandbox, GREEDY, program, questions=("one", "two"), limits=limits)

    assert evidence.questions["one"].exit is Exit.MEMORY_LIMIT
    if Path("/proc/self/ns/pid").stat().st_ino == watching._FIRST_NAMESPACE:
        assert said(evidence.questions["two"])["sum"] == 1000.0
    else:  # a container, in which NVML's process numbers say nothing: the whole run is ended
        assert evidence.questions["two"].exit is Exit.MEMORY_LIMIT


def test_the_next_run_sees_nothing(sandbox: LeasedSandbox, pool: GpuPool) -> None:
    """What one run wrote into most of the memory, the next one doesn't find in memory that it hasn't written."""
    write = """
import os, torch
def one(student, given, record):
    free, _ = torch.cuda.mem_get_info()
    torch.full((int(free * 0.8) // 4,), 0x5EC2E7, dtype=torch.int32, device="cuda")
    torch.cuda.synchronize()
    os._exit(3)
"""
    look = """
import json, torch
def one(student, given, record):
    free, _ = torch.cuda.mem_get_info()
    found = torch.empty(int(free * 0.8) // 4, dtype=torch.int32, device="cuda")
    counted = sum(int((part == 0x5EC2E7).sum()) for part in found.split(1 << 28))
    record.text("seen", json.dumps({"found": counted, "looked": found.numel()}))
"""
    assert ask(sandbox, write).questions["one"].exit is Exit.CRASHED
    seen = said(ask(sandbox, look).questions["one"])

    assert seen["found"] == 0, f"{seen['found']} of {seen['looked']}"


def test_nobody_is_left_on_the_device(sandbox: LeasedSandbox, pool: GpuPool) -> None:
    """After a run whose process sleeps in an endless kernel, the list of processes is empty again."""
    probe = "def one(student, given, record):\n    student.spin()\n"
    program = "import torch\ndef spin():\n    while True:\n        torch.cuda._sleep(1 << 40)\n"

    evidence = ask(sandbox, probe, program, seconds=10.0)
    assert evidence.questions["one"].exit is Exit.WALL_LIMIT
    lease = pool.lease(LIMITS)
    state = pool.nvml.read_state(lease.devices[0])
    lease.give_back()

    assert state.processes == ()
    assert all(status.fault is None for _, status, _ in pool.list_devices())


def test_a_students_own_fault_on_the_device(sandbox: LeasedSandbox, pool: GpuPool) -> None:
    """A kernel that fails is the student's: the device stays in service, and the next run computes."""
    probe = "import torch\ndef one(student, given, record):\n    record.array('out', student.break_it())\n"
    program = """
import torch
def break_it():
    table = torch.nn.Embedding(10, 4).to("cuda")
    return table(torch.tensor([10 ** 9], device="cuda")).cpu()
"""
    evidence = ask(sandbox, probe, program)

    assert not evidence.questions["one"].finished
    assert all(status.fault is None for _, status, _ in pool.list_devices())
    assert said(ask(sandbox, PRODUCT).questions["one"])["count"] == 1


# ── hw1 ──


class Bench:
    """hw1 with stand-in weights and one draw, on a processor and on a graphics processor."""

    def __init__(self, home: Path, sandbox: LeasedSandbox) -> None:
        self.draw = draw_number(1)
        self.data = load_data(ASSIGNMENT, self.draw)
        self.workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"tests"
        )
        for weights in ASSIGNMENT.weights:
            make_standin(weights, vault=self.workshop.vault, sandbox=sandbox, interpreter=find_interpreter("torch"))
        solution = TRIALS[0].folder
        self.references = {gpus: self.run(solution, (), gpus=gpus) for gpus in (0, 1)}

    def run(self, folder: Path, only: tuple[str, ...], *, gpus: int) -> Evidence:
        """A submission's evidence."""
        asked = tuple(question for question in ASSIGNMENT.questions if not only or question.id in only)
        limits = replace(ASSIGNMENT.limits, gpus=gpus, memory_bytes=16 * GIB)
        assignment = replace(ASSIGNMENT, questions=asked, limits=limits)
        submission = read_submission(folder, files=ASSIGNMENT.files)
        collected = collect_evidence(assignment, submission, draw=self.draw, data=self.data, workshop=self.workshop)
        assert collected.evidence.device == ("cuda" if gpus else "cpu")
        return collected.evidence

    def list_failed(self, evidence: Evidence, reference: Evidence, questions: tuple[str, ...]) -> set[str]:
        """The checks that fail; a question that doesn't finish by its id alone."""
        kept = keep_data(ASSIGNMENT, data=self.data, vault=self.workshop.vault)
        asked = tuple(question for question in ASSIGNMENT.questions if not questions or question.id in questions)
        marks = mark_evidence(replace(ASSIGNMENT, questions=asked), evidence, reference, kept=kept, authors={})
        return set(list_failed(marks, evidence))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, sandbox: LeasedSandbox) -> Iterator[Bench]:
    """hw1."""
    yield Bench(tmp_path_factory.mktemp("home"), sandbox)


@pytest.mark.parametrize("trial", TRIALS, ids=name_trial)
def test_hw1_has_the_same_verdicts(bench: Bench, trial: Any) -> None:
    """What is right passes every check there too, a mutant fails what it says; whichever reference it is held to."""
    questions = () if trial.kind is not TrialKind.MUTANT else list_questions(trial, TRIALS[0].folder / "hw1.py", CALLED)
    evidence = bench.run(trial.folder, questions, gpus=1)

    for reference in bench.references.values():
        assert bench.list_failed(evidence, reference, questions) == set(trial.fails)
