"""The guest with a framework: nothing hangs after a student's code has computed, whatever way a question starts."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.guest.driver import make_header, run_guest

TORCH_PROBE = """
import torch

def one(student, given, record):
    record.answers("threads", torch.get_num_threads())
    record.answers("numbers", torch.rand(2).tolist())
    record.array("product", student.multiply(torch.ones(300, 300)))

def two(student, given, record):
    record.answers("numbers", torch.rand(2).tolist())
    record.array("given", given["weights"])
"""

TORCH_PROGRAM = """
import torch
torch.set_num_threads(2)
layer = torch.nn.Conv2d(3, 32, 3)
layer(torch.rand(4, 3, 64, 64)).sum().backward()
product = torch.rand(600, 600) @ torch.rand(600, 600)

def multiply(matrix):
    return (matrix @ matrix).exp().clamp(max=1)
"""

TENSORFLOW = Path(sys.prefix).with_name(".venv-tensorflow") / "bin" / "python"
needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch isn't installed")
needs_tensorflow = pytest.mark.skipif(not TENSORFLOW.exists(), reason=".venv-tensorflow isn't there")


@needs_torch
@pytest.mark.parametrize("changes", [{}, {"load": "once"}, {"fork": False}])
def test_torch(changes: dict[str, Any]) -> None:
    """A submission that computes on two threads at the top is graded, each question from the same random state."""
    import numpy
    from safetensors.numpy import load, save

    weights = numpy.arange(6, dtype=numpy.float32).reshape(2, 3)
    header = make_header(TORCH_PROBE, TORCH_PROGRAM, questions=["one", "two"], framework="torch", **changes)
    run = run_guest(header, given=save({"weights": weights}))

    assert [result.exit for result in run.questions] == ["finished"] * 2, run
    assert run.questions[0].answer("threads") == 1
    assert run.questions[0].answer("numbers") == run.questions[1].answer("numbers")
    assert (load(run.questions[1].arrays[0])["given"] == weights).all()
    assert {"torch", "numpy"} <= set(run.ready["packages"])


@needs_torch
def test_workers_of_a_data_loader() -> None:
    """A question may start processes of its own; none of them outlives it."""
    probe = "def one(student, given, record):\n    record.answers('sum', student.count())\n"
    program = """
import torch
from torch.utils.data import DataLoader, Dataset

class Numbers(Dataset):
    def __len__(self):
        return 8
    def __getitem__(self, index):
        return torch.tensor(index)

def count():
    return int(sum(batch.sum() for batch in DataLoader(Numbers(), batch_size=2, num_workers=2)))
"""
    run = run_guest(make_header(probe, program, questions=["one"], framework="torch"))

    assert run.questions[0].answer("sum") == 28


@needs_torch
def test_a_file_beside_the_homework_is_not_torch() -> None:
    """torch.py beside the homework shadows neither the guest's torch nor the student's."""
    probe = "def one(student, given, record):\n    record.answers('answer', student.ask())\n"
    program = "import torch, torchvision\ndef ask():\n    return float(torch.ones(3).sum())\n"
    trap = b"raise RuntimeError('shadowed')\n"
    files = {"hw1.py": program.encode(), "torch.py": trap, "torchvision.py": trap, "numpy.py": trap}
    run = run_guest(make_header(probe, program, questions=["one"], framework="torch"), files=files)

    assert run.questions[0].answer("answer") == 3.0


TENSORFLOW_PROBE = """
import tensorflow as tf

def one(student, given, record):
    record.answers("numbers", tf.random.uniform([2]).numpy().tolist())
    record.array("product", student.multiply(tf.ones((300, 300))))

def two(student, given, record):
    record.answers("numbers", tf.random.uniform([2]).numpy().tolist())
    record.answers("loss", student.train())
"""

TENSORFLOW_PROGRAM = """
import keras, tensorflow as tf
product = tf.random.uniform((600, 600)) @ tf.random.uniform((600, 600))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])

def multiply(matrix):
    return matrix @ matrix

def train():
    model.compile(optimizer="sgd", loss="mse")
    return len(model.fit(tf.ones((8, 4)), tf.ones((8, 3)), epochs=2, verbose=0).history["loss"])
"""


@needs_tensorflow
def test_tensorflow() -> None:
    """A submission that runs operations at the top is graded in forks: the guest itself has run none."""
    header = make_header(TENSORFLOW_PROBE, TENSORFLOW_PROGRAM, questions=["one", "two"], framework="tensorflow")
    run = run_guest(header, python=TENSORFLOW)

    assert [result.exit for result in run.questions] == ["finished"] * 2, run
    assert run.questions[0].answer("numbers") == run.questions[1].answer("numbers")
    assert run.questions[1].answer("loss") == 2
    assert {"tensorflow", "keras"} <= set(run.ready["packages"])
