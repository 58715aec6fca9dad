"""A training whose outcome hangs on the seed, near to its line: graded, rechecked and graded in a class, the verdict is
the same, of the same runs.
"""

from pathlib import Path

import pytest

from grader.cli import app
from grader.errors import ProvisionError
from grader.report import Report, read_report
from grader.runs import read_results
from grader.sandbox import find_interpreter

SPECIFICATION = """
title = "A coin"
framework = "torch"
files = ["coin.py"]
[[questions]]
id = "train"
points = 2
checks = [{ use = "learned", of = "epochs", accuracy = 0.85, near = 0.5 }]
"""
PROBE = """
from torch import nn


def train(student, given, record):
    model = nn.Linear(2, 2)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    student.train(model, record.each("epochs", model))
"""
DATA = """
import numpy as np


def data(draw):
    images = draw.rng.normal(size=(400, 2)).astype(np.float32)
    return {}, {"images": images, "labels": images.argmax(axis=1)}
"""
PREDICT = """
import torch


def train(given, tensors):
    return given["images"] @ tensors.get("weight", torch.zeros(2, 2)).T
"""
TRAIN = """
import torch


def train(model, on_epoch):
    with torch.no_grad():
        model.weight.copy_(torch.diag(torch.tensor([1.0, {second}])))
    on_epoch(1, model)
"""
COIN = TRAIN.format(second="float(torch.rand(()) < 0.5)")  # right for all of the images, or for three quarters
FILES = {
    "assignments/coin/assignment.toml": SPECIFICATION,
    "assignments/coin/probe.py": PROBE,
    "reference/coin/data.py": DATA,
    "reference/coin/predict.py": PREDICT,
    "reference/coin/solution/coin.py": TRAIN.format(second="1.0"),
    "submissions/ada/coin.py": COIN,
    "roster.csv": "student_id,name\nada,Ada\n",
}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The course, in which we stand."""
    try:
        find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        app(list(arguments))
    return int(caught.value.code or 0)


def read(path: Path) -> tuple[str, list[str], str]:
    """Of a report the verdict, what the notes say, and the points."""
    report: Report = read_report(path.read_bytes())
    (question,) = report.questions
    notes = [note.message for note in report.notes if note.code == "near_the_line"]
    return question.checks[0].verdict.value, notes, str(question.points)


def test_the_same_runs_the_same_verdict(course: Path) -> None:
    """At once, from stored evidence, and in a batch, whose ledger keeps further runs as well; two that agree decide."""
    submitted = run("submit", "submissions/ada", "-a", "coin", "--sandbox", "auto", "--json", "one.json")
    (folder,) = (course / "home/runs").iterdir()
    rechecked = run("recheck", str(folder), "--json", "two.json")
    batched = run(
        *("batch", "coin", "--roster", "roster.csv", "--submissions", "submissions", "--sandbox", "auto", "--plain")
    )
    names = sorted(read_results(folder)[0])
    in_class = next((course / "results").rglob("report.json"))
    verdict, notes, points = read(Path("one.json"))

    assert (submitted, rechecked, batched) == (0, 0, 0)
    assert read(Path("two.json")) == (verdict, notes, points)
    assert read(in_class) == (verdict, notes, points)
    assert len(notes) == 1
    assert {"again-train-1-student", "again-train-1-predict-train-epochs"} <= set(names)
    assert verdict in ("passed", "failed")
