"""hw4's quick training is the plain one, made cheap: from a sandbox comes what a plain loop of whole models gives."""

import runpy
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from grader.calibrate.quick import QuickRuns, split_ways
from grader.check_assignment import list_trials
from grader.collect import Workshop
from grader.draws import load_data, name_draw
from grader.errors import ProvisionError
from grader.evidence.model import Array
from grader.guest.given import Given, make_given
from grader.sandbox import BubblewrapSandbox, ProcessSandbox, WarmSandbox, find_interpreter
from grader.sandbox.choice import find_bubblewrap_trouble
from grader.weights.vault import Vault
from tests.assignments.course import ROOT, load_course

pytestmark = pytest.mark.slow

ASSIGNMENT = load_course("hw4")
QUESTION = next(question for question in ASSIGNMENT.questions if question.id == "cats_and_dogs")
QUICK = SimpleNamespace(**runpy.run_path(str(ROOT / "reference/hw4/quick.py")))
PROBE = SimpleNamespace(**runpy.run_path(str(ROOT / "assignments/hw4/probe.py")))
WEIGHTS = "micro_backbone.safetensors"
SEEDS = (0, 3)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuickRuns]:
    """hw4's quick training, in a sandbox; the weights come with the assignment."""
    try:
        find_interpreter("torch")
    except ProvisionError as error:
        pytest.skip(error.message)
    home = tmp_path_factory.mktemp("home")
    with WarmSandbox(ProcessSandbox() if find_bubblewrap_trouble() else BubblewrapSandbox()) as sandbox:
        workshop = Workshop(
            sandbox=sandbox, find_interpreter=find_interpreter, vault=Vault(home), home=home, secret=b"s" * 32
        )
        yield QuickRuns(assignment=ASSIGNMENT, question=QUESTION, workshop=workshop, mutants=list_trials(ASSIGNMENT))


def test_it_ends_where_the_plain_way_ends(quick: QuickRuns) -> None:
    """The same logits of the hidden drawings, but for rounding, with either of two optimisers."""
    draw = name_draw(ASSIGNMENT, 0, secret=quick.workshop.secret)
    data = load_data(ASSIGNMENT, draw)
    result, _ = quick.obtain(draw, data, SEEDS)
    ways = {way: arrays["epochs.hidden"] for way, arrays in split_ways(quick.read(result).arrays).items()}
    files = {f"data/{WEIGHTS}": (ASSIGNMENT.folder / "data" / WEIGHTS).read_bytes()}
    header = {"framework": "torch", "draw": draw.key, "data": {WEIGHTS: ASSIGNMENT.data_digests[WEIGHTS]}}
    given = make_given(header, data.given, "cats_and_dogs", files=files)
    hidden = torch.from_numpy(data.kept["hidden_animals"])

    assert ways.keys() == QUICK.WAYS.keys()
    for way in ("adam-50", "sgd-200-momentum"):
        for row, seed in enumerate(SEEDS):
            expected = train_plainly(given, way, QUICK.make_order(given, seed), hidden)
            np.testing.assert_allclose(ways[way][row, 1], expected, atol=1e-3 * float(abs(expected).max()))
        assert not ways[way][:, 0].any()  # zeros to begin with
        assert (ways[way][:, 1].argmax(2) == data.kept["hidden_animal_labels"]).mean() > 0.9


def train_plainly(given: Given, way: str, order: torch.Tensor, hidden: torch.Tensor) -> Array:
    """The logits of the hidden drawings after a training of the probe's model as a student would write it."""
    model = PROBE.clear_head(PROBE.make_pretrained(given, 2))
    model.features.requires_grad_(False)
    images, labels = given["animals"]
    optimizer = QUICK.WAYS[way](list(model.fc.parameters()))
    for epoch in order:
        for batch in epoch.split(16):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
    with torch.no_grad():
        return np.asarray(model(hidden))
