"""What leaves about a training: one step, stages, gradients."""

import copy
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grader.guest.arrays import Array
from grader.guest.given import make_given
from grader.guest.wrong_use import WrongUseError
from tests.guest.recording import Recording

Optimise = Callable[[Any], torch.optim.Optimizer]
LAYERS = ("body.weight", "body.bias", "fc.weight", "fc.bias")


class Net(nn.Module):
    """A body with statistics, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.fc = nn.Linear(8, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.fc(torch.relu(self.norm(self.body(inputs))))
        return outputs


OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "momentum": lambda groups: torch.optim.SGD(groups, momentum=0.9, nesterov=True),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
    "RMSprop": torch.optim.RMSprop,
    "Adagrad": torch.optim.Adagrad,
    "NAdam": torch.optim.NAdam,
    "RAdam": torch.optim.RAdam,
    "Adamax": torch.optim.Adamax,
    "Adadelta": torch.optim.Adadelta,
    "ASGD": torch.optim.ASGD,
    "Rprop": torch.optim.Rprop,
    "Adafactor": torch.optim.Adafactor,
}


def group(model: Net, base: float, head: float) -> list[dict[str, Any]]:
    rest = [parameter for name, parameter in model.named_parameters() if not name.startswith("fc.")]
    return [{"params": rest, "lr": base}, {"params": list(model.fc.parameters()), "lr": head}]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_step_shows_the_ratio_of_two_learning_rates(name: str) -> None:
    """From weights 0 and gradients 1, each optimiser moves the head by the ratio of the rates more than the body."""
    model = Net()
    made = Recording()
    made.record.step("steps", model, OPTIMISERS[name](group(model, 0.001, 0.02)))

    changes = made.arrays
    assert all((changes[f"steps.0.{layer}"] != 0).all() for layer in LAYERS)
    assert changes["steps.0.fc.weight"].mean() / changes["steps.0.body.weight"].mean() == pytest.approx(20, rel=1e-3)
    assert changes["steps.0.fc.weight"].shape == (8,)


def test_steps_are_counted_as_cases() -> None:
    """Records of one name are told apart by their case; frozen tensors don't move."""
    made = Recording()
    for frozen in (False, True):
        model = Net()
        model.body.requires_grad_(not frozen)
        made.record.step("steps", model, torch.optim.SGD(model.parameters(), lr=0.5))

    first, second = made.records
    assert [(record["name"], record["case"]) for record in (first, second)] == [("steps", 0), ("steps", 1)]
    assert first["tensors"] == ["body.weight", "body.bias", "norm.weight", "norm.bias", "fc.weight", "fc.bias"]
    assert made.arrays["steps.0.body.bias"].tolist() == [-0.5] * 8
    assert made.arrays["steps.1.body.bias"].tolist() == [0.0] * 8
    assert made.arrays["steps.1.fc.bias"].tolist() == [-0.5] * 3


def test_a_step_tells_how_often_each_parameter_is_in_the_groups() -> None:
    """A parameter that stands nowhere, or twice, shows."""
    model = Net()
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = torch.optim.SGD([{"params": [model.fc.weight, model.fc.weight]}], lr=0.1)
    made = Recording()
    made.record.step("steps", model, optimizer)

    assert made.only["groups"]["fc.weight"] == 2
    assert made.only["groups"]["fc.bias"] == 0


def test_an_optimiser_that_wants_a_closure_gets_one() -> None:
    """LBFGS takes its step."""
    model = Net()
    made = Recording()
    made.record.step("steps", model, torch.optim.LBFGS(model.parameters()))

    assert made.only["kind"] == "step"
    assert (made.arrays["steps.0.fc.bias"] != 0).all()


@pytest.mark.parametrize("value", [None, torch.optim.SGD, [0.1]])
def test_what_is_no_optimiser_leaves_as_unusable(value: Any) -> None:
    """A forgotten return shows as one, and the next case goes on."""
    made = Recording()
    made.record.step("steps", Net(), value)
    model = Net()
    made.record.step("steps", model, torch.optim.SGD(model.parameters(), lr=0.1))

    assert [record["kind"] for record in made.records] == ["unusable", "step"]
    assert made.records[0]["wanted"] == "optimizer"
    assert made.records[1]["case"] == 1


def make_data() -> Any:
    generator = np.random.default_rng(5)
    arrays: dict[str, Array] = {
        "train.0": generator.random((32, 4), dtype=np.float32),
        "train.1": generator.integers(0, 3, 32),
    }
    return make_given({"framework": "torch", "draw": "00"}, arrays, "fine_tune").loader("train", batch_size=8)


def make_head_trainable() -> Net:
    model = Net().requires_grad_(False)
    model.fc.requires_grad_(True)
    return model


def fit(model: Any, loader: Any, on_epoch: Callable[..., None], *, epochs: int = 2, lr: float = 0.1) -> None:
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=lr)
    for epoch in range(1, epochs + 1):
        for inputs, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
        on_epoch(epoch, model)


def test_stages_let_leave_what_changed() -> None:
    """The start by digests; after each epoch and at the end, whole tensors that differ from it and no others."""
    model = make_head_trainable().eval()
    made = Recording()
    fit(model, make_data(), made.record.each("epochs", model))
    assert not made.records
    made.record.finish()

    record = made.only
    assert [(stage["label"], stage["epoch"]) for stage in record["stages"]] == [
        ("start", None), ("epoch", 1), ("epoch", 2), ("end", None),
    ]  # fmt: skip
    assert [stage["changed"] for stage in record["stages"]] == [[]] + [["fc.weight", "fc.bias"]] * 3
    assert not any(stage["omitted"] for stage in record["stages"])
    assert record["trainable"] == ["fc.weight", "fc.bias"]
    assert record["buffers"] == ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]
    assert record["values"] == "whole"
    assert set(made.arrays) == {f"epochs.{index}.fc.{leaf}" for index in (1, 2, 3) for leaf in ("weight", "bias")}
    assert np.array_equal(made.arrays["epochs.3.fc.weight"], model.fc.weight.detach().numpy())


def test_statistics_that_moved_leave_as_well() -> None:
    """Training in training mode moves a frozen backbone's statistics: the second run needs them."""
    model = make_head_trainable()
    made = Recording()
    fit(model, make_data(), made.record.each("epochs", model), epochs=1)
    made.record.finish()

    assert "norm.running_mean" in made.only["stages"][1]["changed"]
    assert made.arrays["epochs.1.norm.num_batches_tracked"] == 4


def test_nothing_trained_leaves_nothing() -> None:
    """A student's loop that does nothing, and never says that an epoch ended, has a start and an end."""
    made = Recording()
    made.record.each("epochs", Net())
    made.record.finish()

    assert [stage["label"] for stage in made.only["stages"]] == ["start", "end"]
    assert not made.arrays


def test_a_copy_that_is_trained_is_followed() -> None:
    """A student may train a copy, and pass that: the end is the copy's end."""
    model = make_head_trainable().eval()
    made = Recording()
    on_epoch = made.record.each("epochs", model)
    own = copy.deepcopy(model)
    fit(own, make_data(), on_epoch, epochs=1)
    made.record.finish()

    assert made.only["stages"][-1]["changed"] == ["fc.weight", "fc.bias"]
    assert np.array_equal(made.arrays["epochs.2.fc.weight"], own.fc.weight.detach().numpy())


@pytest.mark.parametrize("passed", [None, 3, nn.Linear(2, 2), nn.Sequential(Net())])
def test_another_model_is_not_followed(passed: Any) -> None:
    """What isn't the given model, or is wrapped, is left alone: the given one is looked at."""
    model = make_head_trainable().eval()
    made = Recording()
    on_epoch = made.record.each("epochs", model)
    fit(model, make_data(), lambda epoch, _: on_epoch(epoch, passed), epochs=1)
    made.record.finish()

    assert made.only["stages"][1]["changed"] == ["fc.weight", "fc.bias"]


def test_a_layer_that_is_replaced_during_training_is_seen() -> None:
    """Today's layers count, not those of the start."""
    model = make_head_trainable().eval()
    made = Recording()
    on_epoch = made.record.each("epochs", model)
    model.fc = nn.Linear(8, 3)
    on_epoch(1, model)
    made.record.finish()

    assert np.array_equal(made.arrays["epochs.1.fc.weight"], model.fc.weight.detach().numpy())


@pytest.mark.parametrize("epoch", ["1", 1.0, None, -1, True])
def test_an_epoch_that_is_no_number_is_null(epoch: Any) -> None:
    """How a student counts is the student's; the stage counts."""
    made = Recording()
    on_epoch = made.record.each("epochs", Net())
    on_epoch(epoch)
    made.record.finish()

    assert [(stage["label"], stage["epoch"]) for stage in made.only["stages"]][1] == ("epoch", None)


def test_when_everything_changes_room_is_kept_for_the_end() -> None:
    """Stages that would leave no room for the last one are left out, and listed."""
    model = nn.Sequential(nn.Linear(300, 300), nn.Linear(300, 300))
    made = Recording(evidence_bytes=1_600_000)
    on_epoch = made.record.each("epochs", model)
    for epoch in (1, 2):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(1)
        on_epoch(epoch, model)
    made.record.finish()

    names = ["0.weight", "0.bias", "1.weight", "1.bias"]
    stages = made.only["stages"]
    assert [stage["omitted"] for stage in stages] == [[], names, names, []]
    assert stages[-1]["changed"] == names
    assert sum(len(payload) for _, payload in made.frames) < 1_600_000


def test_an_epoch_reported_after_every_batch_does_not_lose_the_end() -> None:
    """Where the list of stages would grow too long, stages are missing, and the end is there."""
    model = nn.Sequential(*(nn.Linear(1, 1) for _ in range(100)))
    made = Recording()
    on_epoch = made.record.each("epochs", model)
    for epoch in range(1, 301):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(1)
        on_epoch(epoch, model)
    made.record.finish()

    stages = made.only["stages"]
    assert 20 < len(stages) < 300
    assert stages[-1]["label"] == "end"
    assert len(stages[-1]["changed"]) == 200


def test_stages_of_no_model_are_unusable_and_training_goes_on() -> None:
    """The callback works whatever was given."""
    made = Recording()
    on_epoch = made.record.each("epochs", None)
    on_epoch(1, None)
    made.record.finish()

    assert made.only["kind"] == "unusable"


@pytest.mark.parametrize(("values", "word"), [(False, "none"), (True, "sample")])
def test_moves_tells_what_changed_inside(values: bool, word: str) -> None:
    """`moves` notes a start and an end; with values, a few elements of every tensor leave."""
    model = make_head_trainable().eval()
    made = Recording()
    with made.record.moves("fit", model, values=values):
        fit(model, make_data(), lambda epoch, model: None)
    made.record.finish()

    assert made.only["values"] == word
    assert [stage["changed"] for stage in made.only["stages"]] == [[], ["fc.weight", "fc.bias"]]
    assert len(made.arrays) == (2 * len(made.only["start"]) if values else 0)
    assert all(array.dtype == np.float32 and array.size <= 16 for array in made.arrays.values())


def fresh_share(made: Recording) -> float:
    """The share of fresh gradients as the check computes it."""
    noted, stepped = made.arrays["batches"].astype(float), np.array(made.records[-1]["stepped"])
    old, new = noted[stepped, 0], noted[stepped, 1]
    stale = np.linalg.norm(old, axis=1) > 1e-3 * np.linalg.norm(new - old, axis=1)
    return float((~stale).mean())


def watch(train: Callable[[Net, Any, torch.optim.Optimizer], None], optimise: Optimise | None = None) -> Recording:
    """Watch the gradients of a training of the head."""
    torch.manual_seed(3)
    model, loader, made = make_head_trainable(), make_data(), Recording()
    made.record.gradients("batches", loader, model.fc)
    train(model, loader, (optimise or torch.optim.SGD)(model.fc.parameters()))
    made.record.finish()
    return made


def loss_of(model: Net, batch: Any) -> torch.Tensor:
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


def zero_first(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for batch in itertools.chain(loader, loader, loader):
        optimizer.zero_grad()
        loss_of(model, batch).backward()
        optimizer.step()


def zero_last(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for _, batch in enumerate(itertools.chain(loader, loader)):
        loss_of(model, batch).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)


def accumulate(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for number, batch in enumerate(itertools.chain(loader, loader, loader), 1):
        (loss_of(model, batch) / 4).backward()
        if number % 4 == 0:
            optimizer.step()
            optimizer.zero_grad()


def two_losses(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for batch in loader:
        model.zero_grad()
        loss_of(model, batch).backward()
        (model.fc.weight**2).sum().backward()
        optimizer.step()


def by_hand(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for batch in loader:
        gradients = torch.autograd.grad(loss_of(model, batch), list(model.fc.parameters()))
        for parameter, gradient in zip(model.fc.parameters(), gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()


def clipped(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for parameter in model.fc.parameters():
        parameter.register_hook(lambda gradient: gradient.clamp(-0.01, 0.01))
    zero_first(model, loader, optimizer)


def never_zero(model: Net, loader: Any, optimizer: torch.optim.Optimizer) -> None:
    for batch in itertools.chain(loader, loader, loader):
        loss_of(model, batch).backward()
        optimizer.step()


@pytest.mark.parametrize("name", OPTIMISERS)
def test_gradients_of_every_optimiser_are_fresh(name: str) -> None:
    """Whatever an optimiser does to the weights, the gradient before a pass is nothing old."""
    made = watch(zero_first, OPTIMISERS[name])

    assert made.only["batches"] == 12
    assert made.arrays["batches"].shape == (12, 2, 24)
    assert fresh_share(made) == 1.0


@pytest.mark.parametrize("train", [zero_last, accumulate, two_losses, clipped])
def test_other_honest_loops_have_fresh_gradients(train: Any) -> None:
    """Zeroing at the end, accumulation over four batches, two losses, hooks of the student's: none is stale."""
    assert fresh_share(watch(train)) == 1.0


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_missing_zero_grad_shows(name: str) -> None:
    """Without `zero_grad`, each step but the first uses gradients that a step has used before."""
    assert fresh_share(watch(never_zero, OPTIMISERS[name])) == 0.0


def test_gradients_that_are_set_by_hand_are_no_passes() -> None:
    """`torch.autograd.grad` adds to nothing, so nothing can be stale."""
    made = watch(by_hand)

    assert made.only == {"kind": "gradients", "name": "batches", "batches": 4, "stepped": []}
    assert len(made.arrays["batches"]) == 0


def test_a_watched_model_can_be_copied_and_saved(tmp_path: Any) -> None:
    """Copying and saving a model that is watched work and give no warning."""
    model, made = make_head_trainable(), Recording()
    made.record.gradients("batches", make_data(), model.fc)
    copied = copy.deepcopy(model)
    torch.save(model.state_dict(), tmp_path / "model.pth")

    assert torch.equal(copied.fc.weight, model.fc.weight)


def test_watching_a_training_with_another_framework_is_the_authors_fault() -> None:
    """`step` and `gradients` know PyTorch only, and say so."""
    made = Recording("none")
    with pytest.raises(WrongUseError, match="watches PyTorch"):
        made.record.step("steps", None, None)
    with pytest.raises(WrongUseError, match="watches PyTorch"):
        made.record.gradients("batches", None, None)
