"""What enters a question."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from torch import nn

from grader.guest.given import Given, make_given
from grader.guest.wrong_use import WrongUseError
from tests.guest.standins import CHECKPOINT, make_resnet18, resnet18


def give(*, framework: str = "torch", question: str = "head", arrays: Any = None, **job: Any) -> Given:
    header = {"framework": framework, "draw": "0f" * 16, "values": {}, "variant": {}, "weights": {}, **job}
    return make_given(header, arrays or {}, question)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "resnet18-f37072fd.pth"
    path.write_bytes(make_resnet18())
    return path


def test_a_value_depends_on_its_name_and_not_on_what_was_asked_before() -> None:
    """A student's run and the reference's see the same, in whatever order they ask."""
    one, other = give(), give()
    other.integer("before", 0, 9)
    other.images("before", 2)

    assert torch.equal(one.images("batch", 2, 3, 4, 4), other.images("batch", 2, 3, 4, 4))
    assert one.rate("base", 1e-4, 1e-3) == other.rate("base", 1e-4, 1e-3)


@pytest.mark.parametrize("change", [{"draw": "aa"}, {"question": "load"}])
def test_a_value_depends_on_draw_and_question(change: dict[str, str]) -> None:
    """Another draw, or another question, sees others."""
    assert not torch.equal(give().images("batch", 8), give(**change).images("batch", 8))


def test_images_are_float32_from_0_to_1() -> None:
    """`images` gives uniform tensors of the shape asked for."""
    images = give().images("batch", 16, 3, 8, 8)

    assert images.shape == (16, 3, 8, 8)
    assert images.dtype is torch.float32
    assert 0 <= images.min() < 0.01 < 0.99 < images.max() < 1


def test_no_framework_gives_numpy() -> None:
    """Without a framework, images are numpy arrays with the same values."""
    assert np.array_equal(give(framework="none").images("x", 3), give().images("x", 3).numpy())


def test_cases_of_one_name_differ() -> None:
    """`case` tells several values of one name apart; both bounds of an integer occur."""
    given = give()

    assert {given.integer("wide", 3, 5, case=case) for case in range(50)} == {3, 4, 5}
    assert len({given.rate("base", 1e-4, 1e-3, case=case) for case in range(50)}) == 50


def test_rates_are_even_by_order_of_magnitude() -> None:
    """Half of the rates lie below the geometric middle, and all within the bounds."""
    given = give()
    rates = np.array([given.rate("base", 1e-4, 1e-2, case=case) for case in range(400)])

    assert ((rates >= 1e-4) & (rates <= 1e-2)).all()
    assert 0.4 < (rates < 1e-3).mean() < 0.6


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (1e-2, 1e-3)])
def test_bounds_of_a_rate_that_cannot_be_are_the_authors_fault(bounds: tuple[float, float]) -> None:
    """A rate's bounds are positive and in order."""
    with pytest.raises(WrongUseError, match="the bounds are positive"):
        give().rate("base", *bounds)


def test_data_comes_as_tensors_tuples_and_values() -> None:
    """An array by its name, a tuple by the part before the dot, anything else as it was, each time anew."""
    arrays = {"one": np.zeros(3), "train.0": np.ones((4, 2), np.float32), "train.1": np.arange(4)}
    given = give(arrays=arrays, values={"histories": [{"loss": [1.0]}]}, variant={"size": 32})
    given["histories"].clear()
    given["one"].add_(1)

    images, labels = given["train"]
    assert torch.equal(given["one"], torch.zeros(3, dtype=torch.float64))
    assert (images.shape, labels.tolist()) == ((4, 2), [0, 1, 2, 3])
    assert given["histories"] == [{"loss": [1.0]}]
    assert given.variant.size == 32


def test_what_the_data_does_not_give_is_named() -> None:
    """The author hears which names there are."""
    given = give(arrays={"train.0": np.zeros(1)})

    with pytest.raises(WrongUseError, match=r"'trian'.*'train\.0'"):
        given["trian"]
    with pytest.raises(WrongUseError, match="start"):
        given.tensors("start")


def test_tensors_are_given_by_the_rest_of_their_names() -> None:
    """`tensors` makes a state dict of what stands under a name."""
    state = give(arrays={"start.fc.weight": np.ones((2, 2)), "start.fc.bias": np.ones(2)}).tensors("start")

    assert list(state) == ["fc.weight", "fc.bias"]
    assert torch.equal(state["fc.bias"], torch.ones(2, dtype=torch.float64))


def test_a_loader_shuffles_by_the_draw_alone() -> None:
    """The order is the same however torch's own generator stands, and another one in the next epoch."""
    arrays = {"train.0": np.arange(20, dtype=np.float32), "train.1": np.arange(20)}
    orders = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        loader = give(arrays=arrays).loader("train", batch_size=8)
        orders.append([[label for _, labels in loader for label in labels.tolist()] for _ in range(2)])

    assert isinstance(loader, torch.utils.data.DataLoader)
    assert len(loader) == 3
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[0][1]
    assert sorted(orders[0][0]) == list(range(20))


def test_weights_are_found_by_a_part_of_their_name(checkpoint: Path) -> None:
    """A checkpoint of the assignment comes by name; what names none, or several, is the author's fault."""
    given = give(weights={CHECKPOINT: str(checkpoint)})

    assert given.weights("resnet18")["fc.weight"].shape == (1000, 512)
    with pytest.raises(WrongUseError, match="'resnet50' names 0 of"):
        given.weights("resnet50")


def test_weights_may_come_with_the_assignment() -> None:
    """A safetensors file in data/ is a checkpoint too, for `weights` and for `fill`: as the job brought it."""
    layer = nn.Linear(2, 3)
    packed = save({name: tensor.detach().numpy() for name, tensor in layer.state_dict().items()})
    files = {"data/small.safetensors": packed, "data/notes.txt": b"", "hw9.py": b""}
    header = {"framework": "torch", "draw": "00", "data": dict.fromkeys(["small.safetensors", "notes.txt"], "sha256:…")}
    given = make_given(header, {}, "head", files=files)
    new = nn.Linear(3, 2)
    before = layer.weight.clone(), new.weight.clone()
    given.fill(nn.Sequential(layer, new), but="small")

    assert torch.equal(given.weights("small")["weight"], layer.weight)
    assert torch.equal(layer.weight, before[0])
    assert not torch.equal(new.weight, before[1])
    with pytest.raises(WrongUseError, match=r"there are 'small\.safetensors'"):
        given.weights("notes")


def linear(backbone: nn.Module) -> nn.Module:
    backbone.fc = nn.Linear(512, 10)
    return backbone


def dropout(backbone: nn.Module) -> nn.Module:
    backbone.fc = nn.Sequential(nn.Dropout(), nn.Linear(512, 10))
    return backbone


def children(backbone: nn.Module) -> nn.Module:
    return nn.Sequential(*list(backbone.children())[:-1], nn.Flatten(), nn.Linear(512, 10))


def convolution(backbone: nn.Module) -> nn.Module:
    return nn.Sequential(*list(backbone.children())[:-1], nn.Conv2d(512, 10, 1), nn.Flatten())


class Wrapper(nn.Module):
    """The head before the backbone, under other names."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.rand(10))
        self.kernel = nn.Parameter(torch.rand(10, 512))
        self.body = backbone
        self.body.fc = nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(self.body(images), self.kernel, self.bias)


def outputs_of(build: Callable[[nn.Module], nn.Module], checkpoint: Path) -> torch.Tensor:
    given = give(weights={CHECKPOINT: str(checkpoint)})
    backbone = resnet18()
    backbone.load_state_dict(given.weights("resnet18"))
    model = build(backbone)
    given.fill(model, but="resnet18")
    with torch.no_grad():
        outputs: torch.Tensor = model.eval()(given.images("batch", 2, 3, 64, 64))
    return outputs


@pytest.mark.parametrize("build", [dropout, children, Wrapper])
def test_after_fill_all_right_models_compute_the_same(
    build: Callable[[nn.Module], nn.Module], checkpoint: Path
) -> None:
    """However the new layer is put in, the logits differ by exactly 0."""
    expected = outputs_of(linear, checkpoint)

    assert expected.std() > 0.05
    assert torch.equal(outputs_of(build, checkpoint), expected)


def test_after_fill_a_convolution_of_one_pixel_computes_the_same(checkpoint: Path) -> None:
    """A head that is written as a convolution has the same values; it only adds up in another order."""
    assert torch.allclose(outputs_of(convolution, checkpoint), outputs_of(linear, checkpoint), rtol=1e-4, atol=1e-5)


def test_after_fill_a_random_backbone_or_no_bias_shows(checkpoint: Path) -> None:
    """What isn't the checkpoint's, or is missing, changes the logits."""

    def without_bias(backbone: nn.Module) -> nn.Module:
        backbone.fc = nn.Linear(512, 10, bias=False)
        return backbone

    expected = outputs_of(linear, checkpoint)

    assert (outputs_of(without_bias, checkpoint) - expected).abs().max() > 0.02
    assert (outputs_of(lambda _: linear(resnet18()), checkpoint) - expected).abs().max() > 0.02


def test_fill_keeps_the_checkpoints_tensors(checkpoint: Path) -> None:
    """Only what is new gets a value; counters stay."""
    given = give(weights={CHECKPOINT: str(checkpoint)})
    model = resnet18()
    model.load_state_dict(given.weights("resnet18"))
    model.fc = nn.Linear(512, 7)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    given.fill(model, but="resnet18")

    changed = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])]
    assert changed == ["fc.weight", "fc.bias"]


def test_fill_makes_statistics_equal_and_keeps_a_signal_alive() -> None:
    """Two fresh models agree after fill, even where one has seen data; deep ones neither vanish nor explode."""
    one, other = resnet18(), resnet18()
    other(torch.rand(4, 3, 32, 32))
    for model in (one, other):
        give().fill(model)
    images = torch.rand(2, 3, 64, 64)

    with torch.no_grad():
        first, second = one.eval()(images), other.eval()(images)
    assert torch.equal(first, second)
    assert 0.01 < first.std() < 1000


def test_fill_gives_a_shared_tensor_one_value() -> None:
    """A tensor under two names counts once, so the next of its shape is the second."""
    first, second, third = (nn.Linear(4, 4, bias=False) for _ in range(3))
    second.weight = first.weight
    one, other = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    give().fill(nn.Sequential(first, second, third))
    give().fill(nn.Sequential(one, other))

    assert torch.equal(second.weight, first.weight)
    assert torch.equal(third.weight, other.weight)
    assert not torch.equal(first.weight, third.weight)


@pytest.mark.parametrize("value", [None, 3, nn.Linear, nn.LazyLinear(3)])
def test_fill_leaves_alone_what_has_no_weights(value: Any) -> None:
    """Recording it says what is wrong; filling it doesn't stop the question."""
    give().fill(value)


def test_weights_stay_trainable_or_frozen() -> None:
    """Filling writes values and nothing else."""
    model = nn.Sequential(nn.Linear(3, 3).requires_grad_(False), nn.Linear(3, 3))
    give().fill(model)

    assert [parameter.requires_grad for parameter in model.parameters()] == [False, False, True, True]
    assert all(parameter.grad_fn is None for parameter in model.parameters())
