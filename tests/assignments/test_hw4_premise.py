"""hw4's premise is true of its weights: starting from them takes fewer epochs, with room on both sides of each target.

Computed here, without sandboxes, as the probe and `predict.py` do, over several draws and optimisers. The table in
docs/decisions/0124 has more of both.
"""

import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_tensors
from torch import nn

from grader.guest.given import Given, make_given
from tests.assignments.course import ROOT, draw_number, load_course

pytestmark = pytest.mark.slow

HW4 = load_course("hw4")
WEIGHTS = "micro_backbone.safetensors"
PROBE = runpy.run_path(str(ROOT / "assignments/hw4/probe.py"))
DRAWS = (11, 12, 13)
OPTIMISERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9),
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=1e-3),
    "slow adam": lambda parameters: torch.optim.Adam(parameters, lr=3e-4),
}
Pictures = tuple[torch.Tensor, torch.Tensor]
SCRATCH_MOST = 0.45  # after as many epochs as the pre-trained weights need


@dataclass(frozen=True)
class Inputs:
    """A draw: what enters, and what stays outside."""

    given: Given
    kept: dict[str, Any]

    def hidden(self, images: str, labels: str) -> Pictures:
        """Hidden images and their labels."""
        return torch.from_numpy(self.kept[images]), torch.from_numpy(self.kept[labels])


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Computed as in a sandbox."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def draw_inputs(number: int, question: str) -> Inputs:
    """What a question is given in a draw of the tests' own."""
    draw = draw_number(number)
    given, kept = runpy.run_path(str(ROOT / "reference/hw4/data.py"))["data"](draw)
    arrays = {f"{name}.{part}": array for name, parts in given.items() for part, array in enumerate(parts)}
    files = {f"data/{WEIGHTS}": (ROOT / "assignments/hw4/data" / WEIGHTS).read_bytes()}
    header = {"framework": "torch", "draw": draw.key, "data": {WEIGHTS: HW4.data_digests[WEIGHTS]}}
    return Inputs(make_given(header, arrays, question, files=files), kept)


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loader: Any,
    hidden: Pictures,
    epochs: int,
) -> list[float]:
    """The accuracy on hidden images after each epoch."""
    accuracies = []
    for _ in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        with torch.no_grad():
            accuracies.append(float((model(hidden[0]).argmax(1) == hidden[1]).float().mean()))
    return accuracies


def find_target(question: str, use: str) -> float:
    """The accuracy that a check of the specification asks for."""
    checks = next(part.checks for part in HW4.questions if part.id == question)
    return float(next(check.parameters["accuracy"] for check in checks if check.use == use))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("draw", DRAWS)
def test_pretrained_weights_need_fewer_epochs(draw: int, optimiser: str) -> None:
    """Within two epochs they are 0.25 past the target; a network without them is 0.15 short of it by then."""
    inputs = draw_inputs(draw, "compare")
    target = find_target("compare", "sooner")
    pretrained, scratch = PROBE["make_pretrained"](inputs.given, 10), PROBE["MicroNet"](10)
    inputs.given.fill(scratch)
    fast, slow = (
        train(
            model,
            OPTIMISERS[optimiser](model.parameters()),
            inputs.given.loader("compare", 16),
            inputs.hidden("images", "labels"),
            2,
        )
        for model in (pretrained, scratch)
    )

    assert max(fast) >= target + 0.25
    assert max(slow) <= SCRATCH_MOST


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(
    ("question", "name", "classes", "hidden"),
    [
        ("trace", "trace", 10, ("hidden_trace", "hidden_trace_labels")),
        ("cats_and_dogs", "animals", 2, ("hidden_animals", "hidden_animal_labels")),
    ],
)
def test_a_new_last_layer_passes_its_target_with_room(
    draw: int, question: str, name: str, classes: int, hidden: tuple[str, str]
) -> None:
    """Trained on the frozen backbone; on labels that are all wrong it stays far below."""
    inputs = draw_inputs(draw, question)
    target = find_target(question, "learned")
    images, labels = inputs.given[name]
    reached = []
    for answers in (labels, (labels + 1) % classes):
        model = PROBE["clear_head"](PROBE["make_pretrained"](inputs.given, classes))
        data = torch.utils.data.TensorDataset(images, answers)
        loader = torch.utils.data.DataLoader(data, batch_size=16)
        optimizer = torch.optim.Adam(model.fc.parameters(), lr=3e-3)
        reached.append(train(model.eval(), optimizer, loader, inputs.hidden(*hidden), 5)[-1])

    assert reached[0] >= target + 0.1
    assert reached[1] <= target - 0.3


def test_weights_are_those_of_the_network() -> None:
    """The pinned file is small, and has just the tensors of the network with its 48 outputs, all finite."""
    content = (ROOT / "assignments/hw4/data" / WEIGHTS).read_bytes()
    tensors = load_tensors(content)
    network = PROBE["MicroNet"](48).state_dict()

    assert len(content) < 500_000
    assert {name: array.shape for name, array in tensors.items()} == {
        name: tuple(tensor.shape) for name, tensor in network.items()
    }
    assert all(np.isfinite(array).all() for array in tensors.values())
    assert WEIGHTS in HW4.data_digests
    toml = (ROOT / "assignments/hw4/assignment.toml").read_text("utf-8")
    assert f"{WEIGHTS}@{HW4.data_digests[WEIGHTS]}" in toml


def test_the_network_is_the_same_everywhere() -> None:
    """What students import, what the probe builds and what the predict run builds have the same layers."""
    places = (
        "assignments/hw4/data/micro.py",
        "assignments/hw4/probe.py",
        "reference/hw4/predict.py",
        "reference/hw4/quick.py",
    )
    spelt = {str(runpy.run_path(str(ROOT / place))["MicroNet"](10)) for place in places}

    assert len(spelt) == 1


def test_the_script_makes_weights_deterministically() -> None:
    """A short training twice: to the last bit the same."""
    made = runpy.run_path(str(ROOT / "scripts/make_micro_backbone.py"))["train"]
    try:
        one, other = (made(epochs=1, images=128).state_dict() for _ in range(2))
    finally:
        torch.use_deterministic_algorithms(False)

    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_script_draws_its_kinds_in_equal_numbers() -> None:
    """Pictures of the homework's size, of 48 kinds."""
    script = runpy.run_path(str(ROOT / "scripts/make_micro_backbone.py"))
    pictures, kinds = script["make_pictures"](np.random.default_rng(0), 96)

    assert (pictures.shape, pictures.dtype) == ((96, 3, 32, 32), torch.float32)
    assert np.bincount(kinds.numpy()).tolist() == [2] * 48
