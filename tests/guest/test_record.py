"""What leaves a question: arrays, texts, models, outputs."""

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from grader.guest.protocol import tensor_digest
from grader.guest.wrong_use import WrongUseError
from tests.guest.recording import Recording


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([[1.0, 2.0]]),
        torch.tensor([[1.0, 2.0]], requires_grad=True),
        torch.tensor([[1.0], [2.0]]).T,
        torch.tensor([[1.0, 2.0]], dtype=torch.bfloat16),
        np.array([[1.0, 2.0]], np.float32),
        np.array([[1.0, 2.0]], ">f4"),
        [[1.0, 2.0]],
    ],
)
def test_an_array_leaves_whatever_holds_it(value: Any) -> None:
    """Tensors, arrays and lists of numbers leave with their values, contiguous, little-endian."""
    made = Recording()
    made.record.array("prediction", value)

    assert made.only == {"kind": "array", "name": "prediction"}
    assert made.arrays["prediction"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("given", "left"),
    [("int8", "int32"), ("uint16", "int32"), ("uint32", "int64"), ("uint64", "int64"), ("bool", "bool")],
)
def test_an_integer_type_that_may_not_leave_is_widened(given: str, left: str) -> None:
    """Only seven types cross; others become the next larger one."""
    made = Recording("none")
    made.record.array("labels", np.array([0, 1], given))

    assert made.arrays["labels"].dtype == left
    assert made.arrays["labels"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        {"logits": torch.ones(2)},
        (torch.ones(2), torch.ones(3)),
        torch.ones(2, dtype=torch.complex64),
        torch.ones(2, device="meta"),
        torch.ones(2, 2).to_sparse(),
        np.array([object()]),
        np.zeros((1,) * 9),
    ],
)
def test_what_is_no_array_leaves_as_unusable(value: Any) -> None:
    """The record says so; the probe goes on."""
    made = Recording()
    made.record.array("prediction", value)

    assert made.only["kind"] == "unusable"
    assert made.only["wanted"] == "array"
    assert made.only["type"] == type(value).__name__
    assert not made.arrays


def test_an_array_beyond_the_evidence_leaves_as_unusable() -> None:
    """An array that there is no room for is told, not sent."""
    made = Recording("none", evidence_bytes=2 << 20)
    made.record.array("large", np.zeros(1 << 20))

    assert made.only["wanted"] == "size"


def test_a_name_that_comes_again_gets_a_number() -> None:
    """The second record of a name is "name_1", the third "name_2"."""
    made = Recording("none")
    for number in range(3):
        made.record.array("logits", np.array([number]))

    assert {name: array.tolist() for name, array in made.arrays.items()} == {
        "logits": [0],
        "logits_1": [1],
        "logits_2": [2],
    }


@pytest.mark.parametrize("name", ["", "a.b", "a b", "ü", "x" * 33, 7])
def test_a_name_that_cannot_leave_is_the_authors_fault(name: Any) -> None:
    """Names of records are short and plain, so that names of arrays made from them fit."""
    with pytest.raises(WrongUseError, match="isn't 1 to 32"):
        Recording("none").record.array(name, 1)


def test_a_text_leaves_cut() -> None:
    """A text is cut at 64 KiB of UTF-8, between characters; a lone surrogate is written out."""
    made = Recording("none")
    made.record.text("log", "ü" * 40_000)
    made.record.text("odd", "a\ud800")
    made.record.text("none", None)

    assert made.records[0]["value"] == "ü" * 32_768
    assert made.records[1]["value"] == "a\\ud800"
    assert made.records[2]["kind"] == "unusable"


def test_a_model_leaves_tensor_by_tensor() -> None:
    """Names, shapes, types, digests of little-endian bytes, what is trained, the type of each part."""
    linear = nn.Linear(2, 3).requires_grad_(False)
    model = nn.Sequential(linear, nn.BatchNorm1d(3))
    made = Recording()
    made.record.model("classifier", model)

    tensors = {tensor["name"]: tensor for tensor in made.only["tensors"]}
    assert list(tensors) == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
    ]  # fmt: skip
    assert tensors["0.weight"]["trainable"] is False
    assert tensors["1.weight"]["trainable"] is True
    assert tensors["1.num_batches_tracked"]["trainable"] is None
    assert tensors["1.num_batches_tracked"]["shape"] == []
    content = linear.weight.detach().numpy().astype("<f4").tobytes()
    assert tensors["0.weight"]["digest"] == tensor_digest("F32", (3, 2), content)
    assert made.only["modules"] == [["", "Sequential"], ["0", "Linear"], ["1", "BatchNorm1d"]]


def test_a_digest_is_of_the_values_and_not_of_the_memory() -> None:
    """A transposed view and a bfloat16 tensor have digests of their contiguous bytes."""
    model = nn.Module()
    model.turned = nn.Parameter(torch.arange(6.0).reshape(2, 3).T)
    model.brief = nn.Parameter(torch.ones(2, dtype=torch.bfloat16))
    made = Recording()
    made.record.model("model", model)

    turned, brief = made.only["tensors"]
    assert turned["digest"] == tensor_digest("F32", (3, 2), np.array([[0, 3], [1, 4], [2, 5]], "<f4").tobytes())
    assert (brief["dtype"], brief["digest"]) == ("BF16", tensor_digest("BF16", (2,), b"\x80\x3f\x80\x3f"))


def test_a_shared_tensor_names_the_first() -> None:
    """One memory under two names, or in two modules, is told to be one."""
    model = nn.Module()
    model.one = nn.Linear(2, 2)
    model.other = model.one
    model.tied = nn.Linear(2, 2, bias=False)
    model.tied.weight = model.one.weight
    made = Recording()
    made.record.model("model", model)

    assert {tensor["name"]: tensor["same_as"] for tensor in made.only["tensors"]} == {
        "one.weight": None,
        "one.bias": None,
        "other.weight": "one.weight",
        "other.bias": "one.bias",
        "tied.weight": "one.weight",
    }


class Liar(nn.Linear):
    """Says of itself that it has no parameters."""

    def parameters(self, recurse: bool = True) -> Any:
        return iter(())

    def named_parameters(self, *args: Any, **kwargs: Any) -> Any:
        return iter(())

    def named_modules(self, *args: Any, **kwargs: Any) -> Any:
        return iter(())

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        return {}


class Small(nn.Parameter):
    """Says of itself that it is small."""

    @property
    def shape(self) -> Any:  # type: ignore[override]
        return torch.Size([1])

    @property
    def requires_grad(self) -> Any:  # type: ignore[override]
        return False

    def numel(self) -> int:
        return 1


class Hiding(dict[str, Any]):
    """Shows nothing of what it holds."""

    def keys(self) -> Any:
        return [].__iter__()

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_overridden_methods_change_nothing() -> None:
    """A model is gone through by what nn.Module keeps, a tensor seen through its base class."""
    liar = Liar(3, 4)
    liar.weight = Small(torch.ones(4, 3))
    vars(liar)["_parameters"] = Hiding(vars(liar)["_parameters"])
    made = Recording()
    made.record.model("model", liar)

    assert [tensor["shape"] for tensor in made.only["tensors"]] == [[4, 3], [4]]
    assert [tensor["trainable"] for tensor in made.only["tensors"]] == [True, True]


def test_a_model_inside_itself_ends() -> None:
    """A module that is its own child is gone through once."""
    model = nn.Sequential(nn.Linear(2, 2))
    model.add_module("again", model)
    made = Recording()
    made.record.model("model", model)

    assert len(made.only["tensors"]) == 2


def test_names_of_parts_may_be_odd() -> None:
    """What can't cross in a name is replaced, and names stay different."""
    model = nn.ModuleDict({"ä b": nn.Linear(1, 1, bias=False), "ö b": nn.Linear(1, 1, bias=False)})
    model.add_module("x" * 200, nn.Linear(1, 1, bias=False))
    made = Recording()
    made.record.model("model", model)

    names = [tensor["name"] for tensor in made.only["tensors"]]
    assert names == ["__b.weight", "__b.weight-2", "x" * 80]


@pytest.mark.parametrize("value", [None, 3, nn.Linear, lambda images: images])
def test_what_is_no_model_leaves_as_unusable(value: Any) -> None:
    """A forgotten return, a class instead of an instance: the record says so, for `model` and for `outputs`."""
    made = Recording()
    made.record.model("backbone", value)
    made.record.outputs("logits", value, torch.ones(1))

    assert [(record["kind"], record["wanted"]) for record in made.records] == [("unusable", "model")] * 2


def test_nothing_returned_is_told_to_the_student() -> None:
    """The message of a forgotten return asks for it."""
    made = Recording()
    made.record.model("backbone", None)

    assert made.only["message"] == "a model is wanted, not None (is a return missing?)"


def test_a_model_without_values_leaves_as_unusable() -> None:
    """A lazy layer that has seen no data has no shape yet."""
    made = Recording()
    made.record.model("model", nn.Sequential(nn.LazyLinear(2)))

    assert (made.only["kind"], made.only["wanted"]) == ("unusable", "values")


def test_a_model_of_too_many_tensors_leaves_as_unusable() -> None:
    """A record never grows beyond what the host takes."""
    made = Recording()
    made.record.model("many", nn.ParameterList([torch.ones(1) for _ in range(4_097)]))
    made.record.model("long", nn.ParameterList([torch.ones(1) for _ in range(2_000)]))

    assert [record["wanted"] for record in made.records] == ["size", "size"]


class Modal(nn.Module):
    """Gives its input, and whether it is in training mode; never changes its mode by `train`."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Dropout()
        self.scale = nn.Parameter(torch.ones(1))

    def train(self, mode: bool = True) -> "Modal":
        return self

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        assert not torch.is_grad_enabled()
        outputs: torch.Tensor = self.inner(images) * self.scale + float(self.training)
        return outputs


def test_outputs_are_made_in_evaluation_mode_and_modes_put_back() -> None:
    """No dropout, no gradients; afterwards each module is in the mode in which it was."""
    modal, normal = Modal(), nn.BatchNorm1d(2)
    normal.training = False
    model = nn.Sequential(modal, normal)
    before = copy.deepcopy(model.state_dict())
    made = Recording()
    made.record.outputs("logits", model, torch.ones(4, 2))

    assert made.only == {"kind": "array", "name": "logits"}
    assert made.arrays["logits"] == pytest.approx(np.ones((4, 2)), abs=1e-4)
    assert [module.training for module in (model, modal, modal.inner, normal)] == [True, True, True, False]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


class Pair(nn.Module):
    """Gives two things."""

    def forward(self, images: torch.Tensor) -> Any:
        return images, {"aux": images}


def test_a_model_that_gives_no_tensor_leaves_as_unusable() -> None:
    """Outputs that are a tuple, a dictionary or nothing are told by their type."""
    made = Recording()
    made.record.outputs("logits", Pair(), torch.ones(1))

    assert (made.only["wanted"], made.only["type"]) == ("outputs", "tuple")


class Broken(nn.Module):
    """Fails in its forward."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        raise ValueError("no such luck")


def test_a_forward_that_raises_is_the_students_and_modes_are_put_back() -> None:
    """The exception goes on to where the question's problems are told."""
    model = Broken()
    with pytest.raises(ValueError, match="no such luck"):
        Recording().record.outputs("logits", model, torch.ones(1))

    assert model.training


def fail_with(error: Exception) -> None:
    raise error


class MuteError(Exception):
    """Has no message that can be had."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "type_", "message"),
    [(ValueError("too small"), "ValueError", "too small"), (MuteError(), "MuteError", "")],
)
def test_an_exception_leaves_by_type_and_message(error: Exception, type_: str, message: str) -> None:
    """`raises` records what a call ends with."""
    made = Recording("none")
    made.record.raises("refused", fail_with, error)

    assert made.only == {"kind": "raises", "name": "refused", "type": type_, "message": message}


def test_no_exception_leaves_too() -> None:
    """A call that ends well is a record without a type."""
    made = Recording("none")
    made.record.raises("refused", len, "abc")

    assert made.only["type"] is None


def test_recording_gives_no_warnings() -> None:
    """Nothing that a student's program would show because of us."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = Recording()
        made.record.model("model", nn.Linear(2, 2))
        made.record.outputs("logits", nn.Linear(2, 2), torch.ones(1, 2))

    assert len(made.records) == 2
