"""What the frameworks do with threads, workers and notebooks, in a fork of a warm guest as in a fresh process."""

from pathlib import Path
from typing import Any

import pytest

from grader.errors import ProvisionError
from grader.evidence import read_evidence
from grader.evidence.model import Evidence
from grader.limits import GIB, Limits
from grader.sandbox import BubblewrapSandbox, Launch, RunRequest, Sandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from tests.contract.rig import VARIANTS, Rig
from tests.evidence.same import list_differences

LIMITS = Limits(memory_bytes=4 * GIB, wall_seconds=240.0, load_seconds=240.0)
RIG = Rig(next(iter(VARIANTS.values())), Path())  # only makes jobs here

KERAS = """
import numpy as np
import tensorflow as tf

print(float(tf.reduce_sum(tf.matmul(tf.ones((256, 256)), tf.ones((256, 256))))))

def train():
    layers = [tf.keras.layers.Input((6,)), tf.keras.layers.Dense(5, "relu"), tf.keras.layers.Dense(2)]
    model = tf.keras.Sequential(layers)
    model.compile("adam", loss="mse")
    inputs = np.linspace(-1, 1, 96, dtype="float32").reshape(16, 6)
    model.fit(inputs, inputs[:, :2], epochs=2, batch_size=4, verbose=0)
    return model
"""
KERAS_PROBE = """
def train(student, given, record):
    record.model("trained", student.train())
"""
TORCH = """
import torch
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(2)
print(float((torch.rand(400, 400) @ torch.rand(400, 400)).sum()))

def train():
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 2))
    optimizer = torch.optim.Adam(model.parameters())
    data = TensorDataset(torch.rand(24, 3, 8, 8), torch.randint(0, 2, (24,)))
    for images, labels in DataLoader(data, batch_size=6, shuffle=True, num_workers=2):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return model
"""
TORCH_PROBE = KERAS_PROBE
NOTEBOOK = {
    "path": "hw1.ipynb",
    "kind": "notebook",
    "of": 4,
    "cells": [
        {"number": 1, "source": "%matplotlib inline\nimport matplotlib.pyplot as plt\nimport torch"},
        {"number": 2, "source": "!echo from the shell"},
        {"number": 3, "source": "plt.plot([1, 2, 3]); plt.show()"},
        {"number": 4, "source": "def train():\n    return torch.nn.Linear(3, 2)"},
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "source", "changes"),
    [
        ("tensorflow", KERAS, {}),
        ("torch", TORCH, {}),
        ("torch", "", {"program": NOTEBOOK}),
        ("torch", TORCH, {"load": "once"}),
    ],
    ids=["keras", "torch", "notebook", "torch loaded once"],
)
def test_a_framework_computes_the_same(framework: str, source: str, changes: dict[str, Any]) -> None:
    """Operations while loading, training, workers of a data loader, magics: finished, and the same to the bit."""
    if (trouble := find_bubblewrap_trouble()) is not None:
        pytest.skip(trouble.text)
    try:
        launch = Launch(interpreter=find_interpreter(framework), limits=LIMITS)
    except ProvisionError as error:
        pytest.skip(error.message)
    probe = KERAS_PROBE if framework == "tensorflow" else TORCH_PROBE
    job = RIG.make_job(source, probe, {"train": 240.0}, LIMITS, framework=framework, **changes)
    with WarmSandbox(BubblewrapSandbox()) as warm:
        cold, first, second = (
            run(sandbox, RunRequest(launch=launch, job=job)) for sandbox in (BubblewrapSandbox(), warm, warm)
        )

    assert cold.questions["train"].finished, cold.questions["train"]
    assert list_differences(cold, first) == []
    assert list_differences(first, second) == []


def run(sandbox: Sandbox, request: RunRequest) -> Evidence:
    """The evidence of a run."""
    result = sandbox.run(request)
    return read_evidence(result.frames, questions=["train"], exit=result.exit, fault=result.frames_fault)
