"""A question on a graphics processor: CUDA starts in its own process and nowhere before. Tried without one."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from grader.guest.devices import limit_torch, name_device, set_up_devices
from tests.guest.driver import make_header, run_guest

TENSORFLOW = Path(sys.prefix).with_name(".venv-tensorflow") / "bin" / "python"

# Every call into torch.cuda that starts CUDA or asks for devices, while the zygote imports what it imports.
TRACE = """
import json, sys
seen = []
asking = {"_lazy_init", "init", "is_available", "device_count", "current_device", "get_device_properties",
          "get_device_name", "get_device_capability", "mem_get_info", "synchronize"}
def watch(frame, event, argument):
    if event == "call" and frame.f_code.co_name in asking and "/torch/cuda/" in frame.f_code.co_filename:
        seen.append(frame.f_code.co_name)
    elif event == "c_call" and getattr(argument, "__name__", "").startswith("_cuda_"):
        seen.append(argument.__name__)
sys.setprofile(watch)
from grader.guest.frameworks import import_for_forks, import_framework
import_framework("torch")
import_for_forks("torch")
%s
sys.setprofile(None)
import torch
print(json.dumps({"seen": seen, "started": torch.cuda.is_initialized()}))
"""

PROBE = """
import torch

def one(student, given, record):
    record.answers("device", given.device)
    record.answers("started", torch.cuda.is_initialized())
    record.answers("exact", [torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark,
                             torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()])
    record.answers("loaded", student.process)

two = one
"""
PROGRAM = "import os\nprocess = os.getpid()\n"


def trace(further: str = "") -> Any:
    """What the zygote's imports, and further lines, asked of CUDA."""
    done = subprocess.run([sys.executable, "-c", TRACE % further], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_zygote_does_not_start_cuda() -> None:
    """All that is imported before a fork asks for no device and starts nothing; the trace sees what does."""
    assert trace() == {"seen": [], "started": False}
    assert "is_available" in trace("import torch; torch.cuda.is_available()")["seen"]


@pytest.mark.parametrize("visible", [("GPU-1,GPU-2", "cuda"), ("MIG-1", "cuda"), ("-1", "cpu"), ("", "cpu")])
def test_what_is_told_of_the_device(visible: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """READY names it from what the sandbox gave."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible[0])

    assert name_device() == visible[1]


def test_without_a_device_nothing_changes() -> None:
    """A question on a processor has its framework's own settings."""
    before = sys.modules.get("torch")

    set_up_devices({"device": "cpu", "gpu_memory_bytes": 1})
    set_up_devices({})

    assert sys.modules.get("torch") is before


def test_a_question_is_set_up() -> None:
    """Exact settings before the student's code, nothing started, and each question loads the code afresh."""
    header = make_header(
        PROBE, PROGRAM, questions=["one", "two"], framework="torch", device="cuda", load="once", parallel=1
    )
    run = run_guest({**header, "gpu_memory_bytes": 1 << 30})

    assert [result.exit for result in run.questions] == ["finished"] * 2, run
    for result in run.questions:
        assert result.answer("device") == "cuda"
        assert result.answer("started") is False
        assert result.answer("exact") == [True, False, False, "highest"]
    first, second = (result.answer("loaded") for result in run.questions)
    assert first != second


def test_the_memory_limit_waits_for_cuda() -> None:
    """It is put where seeds wait, until the question starts CUDA; a question without a limit puts nothing there."""
    program = "import torch\nwaiting = [call for call, _ in torch.cuda._queued_calls if 'set_up_torch' in repr(call)]\n"
    probe = "def one(student, given, record):\n    record.answers('waiting', len(student.waiting))\n"
    header = make_header(probe, program, questions=["one"], framework="torch", device="cuda")

    limited, free = run_guest({**header, "gpu_memory_bytes": 1 << 30}), run_guest(header)

    assert limited.questions[0].answer("waiting") == 1
    assert free.questions[0].answer("waiting") == 0


def test_the_memory_limit_is_a_part_of_each_device() -> None:
    """So many bytes of each, in torch's way of saying it; one that is smaller may be used whole."""
    said: dict[int, float] = {}
    sizes = [80 << 30, 4 << 30]
    cuda = SimpleNamespace(
        device_count=lambda: len(sizes),
        get_device_properties=lambda index: SimpleNamespace(total_memory=sizes[index]),
        set_per_process_memory_fraction=lambda fraction, index: said.update({index: fraction}),
    )

    limit_torch(SimpleNamespace(cuda=cuda), 8 << 30)

    assert said == {0: 0.1, 1: 1.0}


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.skipif(not TENSORFLOW.exists(), reason=".venv-tensorflow isn't there")
@pytest.mark.parametrize("memory_bytes", [None, 1 << 30])
def test_tensorflow_is_set_up(memory_bytes: int | None) -> None:
    """Where there is no device after all, setting it up is no error, and 32-bit numbers stay such."""
    probe = """
import tensorflow as tf

def one(student, given, record):
    record.answers("short", tf.config.experimental.tensor_float_32_execution_enabled())
    record.answers("sum", float(tf.reduce_sum(tf.ones((3, 3)))))
"""
    header = make_header(probe, "", questions=["one"], framework="tensorflow", device="cuda")
    run = run_guest({**header, "gpu_memory_bytes": memory_bytes}, python=TENSORFLOW)

    assert run.questions[0].exit == "finished", run
    assert run.questions[0].answer("short") is False
    assert run.questions[0].answer("sum") == 9.0
