"""What the real recorder leaves is what the reader takes and the checks understand: all the way, but no sandbox."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from grader.checks import CheckResult, Kept, run_checks
from grader.evidence import Evidence, Exit, read_evidence
from grader.spec.model import CheckSpec, Question, Standing
from tests.guest.driver import make_header, run_guest

QUESTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "build": (("parameters", "model"), ("close", "logits"), ("same_shape", "logits"), ("pretrained", "model")),
    "count": (("cases", "counts"),),
    "optimizer": (("proportional", "steps"),),
    "train": (("moved", "epochs"), ("fresh_gradients", "batches"), ("curve", "losses")),
    "say": (("printed", "said"),),
}
PROBE = """
import torch
from torch import nn

def build(student, given, record):
    model = student.build()
    record.model("model", model)
    given.fill(model)
    record.outputs("logits", model, given.images("x", 4, 6))

def count(student, given, record):
    record.answers("counts", [student.count(nn.Linear(size, 2)) for size in (3, 5, 7)])

def optimizer(student, given, record):
    for number in (1, 2):
        model = Model()
        model.base.requires_grad_(number == 1)
        rates = given.rate(f"a{number}", 1e-4, 1e-3), given.rate(f"b{number}", 1e-2, 1e-1)
        record.step("steps", model, student.optimizer(model, *rates))

def train(student, given, record):
    torch.manual_seed(0)
    model = Model()
    model.base.requires_grad_(False)
    images, labels = torch.randn(64, 6), torch.arange(64) % 3
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=8)
    record.gradients("batches", loader, model.fc)
    record.answers("losses", student.train(model, loader, 2, record.each("epochs", model)))

def say(student, given, record):
    record.text("said", student.say())

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.base, self.norm, self.fc = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
    def forward(self, x):
        return self.fc(self.norm(self.base(x)))
"""
RIGHT = """
import numpy as np
import torch
from torch import nn

def build():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    model[0].requires_grad_(False)
    return model

def count(model):
    return sum(p.numel() for p in model.parameters() if p.requires_grad)

def optimizer(model, base, head):
    groups = [{"params": [p for n, p in model.named_parameters() if not n.startswith("fc.")], "lr": base},
              {"params": model.fc.parameters(), "lr": head}]
    return torch.optim.SGD(groups, lr=base)

def train(model, loader, epochs, on_epoch):
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.1)
    losses = []
    for epoch in range(epochs):
        total = 0.0
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        losses.append(total / len(loader))
        on_epoch(epoch, model)
    return losses

def say():
    return "hello"
"""


def changed(*pairs: tuple[str, str]) -> str:
    source = RIGHT
    for old, new in pairs:
        assert old in source
        source = source.replace(old, new)
    return source


COUNT = "return sum(p.numel() for p in model.parameters() if p.requires_grad)"
MODEL = "nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))"
WRITTEN_OTHERWISE = changed(
    (COUNT, "return np.int64(sum(p.numel() for p in model.parameters() if p.requires_grad))"),
    (MODEL, "nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))"),
    ("torch.optim.SGD(groups, lr=base)", "torch.optim.AdamW(groups)"),
    ("torch.optim.SGD(model.fc.parameters(), lr=0.1)", "torch.optim.Adam(model.fc.parameters())"),
)
MISTAKEN = changed(
    (COUNT, "return float(sum(p.numel() for p in model.parameters()))"),
    ("    model[0].requires_grad_(False)\n", ""),
    ("nn.ReLU()", "nn.Tanh()"),
    ('"lr": head', '"lr": base'),
    ("            optimizer.zero_grad()\n", ""),
    ("total / len(loader)", "torch.tensor([total])"),
    ('return "hello"', "return None"),
)


def run(program: str) -> Evidence:
    header = make_header(
        PROBE, program, questions=list(QUESTIONS), framework="torch", load_seconds=60.0, evidence_bytes=1 << 24
    )
    result = run_guest(header)
    assert result.fault is None
    return read_evidence(result.frames, questions=list(QUESTIONS), exit=Exit.FINISHED)


def mark(evidence: Evidence, reference: Evidence, kept: Kept) -> dict[str, CheckResult]:
    results = {}
    for name, checks in QUESTIONS.items():
        specs = tuple(CheckSpec(id=use, use=use, of=of, standing=Standing.CLAIM) for use, of in checks)
        question = Question(id=name, title=name, points=Decimal(1), checks=specs)
        results.update(run_checks(question, evidence.questions[name], reference.questions[name], kept))
    return results


@pytest.fixture(scope="module")
def reference() -> Evidence:
    return run(RIGHT)


@pytest.fixture(scope="module")
def kept(reference: Evidence) -> Kept:
    tensors = reference.questions["build"].records["model"]["tensors"]
    return Kept(checkpoints={"own": {tensor["digest"]: 1 for tensor in tensors[:2]}})


def test_a_real_run_is_read_whole(reference: Evidence) -> None:
    """Every record and array of the recorder keeps the reader's rules."""
    assert reference.complete
    assert {name: question.problem for name, question in reference.questions.items()} == dict.fromkeys(QUESTIONS)
    train = reference.questions["train"]
    assert [stage["label"] for stage in train.records["epochs"]["stages"]] == ["start", "epoch", "epoch", "end"]
    assert train.arrays["epochs.3.fc.bias"].shape == (3,)
    assert np.asarray(train.records["batches"]["stepped"]).sum() == 15


def test_right_solutions_pass(reference: Evidence, kept: Kept) -> None:
    """The reference against itself, and a right solution written otherwise, pass every check."""
    for evidence in (reference, run(WRITTEN_OTHERWISE)):
        assert {name: result.code for name, result in mark(evidence, reference, kept).items()} == dict.fromkeys(
            [use for checks in QUESTIONS.values() for use, _ in checks], "ok"
        )


def test_mistakes_are_named(reference: Evidence, kept: Kept) -> None:
    """Each mistake fails its own check, by its own code, with facts that name it."""
    results = mark(run(MISTAKEN), reference, kept)
    facts: dict[str, Any] = {name: result.facts for name, result in results.items()}

    assert {name: result.code for name, result in results.items()} == {
        "parameters": "parameters_differ",
        "close": "values_differ",
        "same_shape": "ok",
        "pretrained": "ok",
        "cases": "cases_differ",
        "proportional": "ratio_differs",
        "moved": "ok",
        "fresh_gradients": "stale_gradients",
        "curve": "not_a_number",
        "printed": "unusable",
    }
    assert facts["parameters"]["everything"] is True
    assert facts["parameters"]["names"] == ["0.weight", "0.bias"]
    assert facts["cases"]["reason"] == "integral_float"
    assert facts["proportional"]["part"] == "fc"
    assert facts["proportional"]["actual"] == pytest.approx(1)
    assert facts["fresh_gradients"]["fresh"] == 0
    assert results["moved"].notes == ()  # the reference trains in train mode, too
