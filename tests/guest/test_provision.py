"""Provisioning and the predict run: what they leave."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load
from torch import nn

from grader.guest.framework_choice import choose_framework
from grader.guest.given import Given, make_given
from grader.guest.predict import run_predict
from grader.guest.protocol import Kind, tensor_digest
from grader.guest.provision import run_provision
from grader.guest.standin import make_pictures, make_uniform, round_binary
from grader.guest.wrong_use import WrongUseError
from tests.guest.standins import CHECKPOINT, make_resnet18, resnet18


def provision(**asked: Any) -> list[tuple[Kind, bytes]]:
    frames: list[tuple[Kind, bytes]] = []
    job = {"framework": "torch", "values": {"provision": {"path": None, "name": CHECKPOINT, **asked}}}
    run_provision(job, lambda kind, payload: frames.append((kind, payload)))
    return frames


def test_a_stand_in_is_a_state_dict_that_torchvision_takes() -> None:
    """It has the names and shapes of the real one, in torch's own format, and gives finite logits that differ."""
    model = resnet18()
    model.load_state_dict(torch.load(io.BytesIO(make_resnet18()), weights_only=True))
    pictures = torch.from_numpy(make_pictures()[:4]).float()

    with torch.no_grad():
        logits = model.eval()(pictures)
    assert torch.isfinite(logits).all()
    assert (logits[0] - logits[1]).abs().max() > 0.05


def test_evaluation_and_training_mode_of_a_stand_in_nearly_agree() -> None:
    """Its statistics fit pictures, so a new head learns in either mode."""
    model = resnet18()
    model.load_state_dict(torch.load(io.BytesIO(make_resnet18()), weights_only=True))
    model.fc = nn.Identity()
    pictures = torch.from_numpy(make_pictures()).float()

    with torch.no_grad():
        still, moving = model.eval()(pictures), model.train()(pictures)
    assert (still - moving).abs().mean() < 0.1 * still.abs().mean()


def test_a_stand_in_leaves_as_a_file_with_its_digests() -> None:
    """Twice the same bytes; every tensor on record under the digest of its content."""
    frames = provision(task="standin")
    arrays, array, model = (payload for _, payload in frames)
    file = load(arrays)["file"]
    state = torch.load(io.BytesIO(file.tobytes()), weights_only=True)

    assert [kind for kind, _ in frames] == [Kind.ARRAYS, Kind.RECORD, Kind.RECORD]
    assert file.tobytes() == make_resnet18()
    assert json.loads(array) == {"kind": "array", "name": "file"}
    tensors = {tensor["name"]: tensor for tensor in json.loads(model)["tensors"]}
    assert list(tensors) == list(state)
    assert tensors["fc.bias"]["digest"] == tensor_digest("F32", (1000,), state["fc.bias"].numpy().tobytes())


def test_a_checkpoint_is_digested(tmp_path: Path) -> None:
    """A file's tensors leave by digest alone."""
    path = tmp_path / "checkpoint.pth"
    torch.save({"weight": torch.ones(2), "epoch": 3}, path)
    ((kind, payload),) = provision(task="digest", path=str(path))

    assert kind is Kind.RECORD
    assert [tensor["name"] for tensor in json.loads(payload)["tensors"]] == ["weight"]


@pytest.mark.parametrize("asked", [{"task": "standin", "name": "torchvision/os/system"}, {"task": "other"}])
def test_what_cannot_be_provisioned_is_said(asked: dict[str, str]) -> None:
    """An unknown model or task is an error, and nothing leaves."""
    with pytest.raises(ValueError, match=r"can't be made|unknown provisioning task"):
        provision(**asked)


def test_numbers_of_stand_ins_never_change() -> None:
    """The first numbers of a key, written down: another version of anything must give the same."""
    assert make_uniform(("a", "b"), (3,)).tolist() == EXPECTED
    assert round_binary(np.array([1 / 3, -1000.123, 0.0])).tolist() == [0.33349609375, -1000.0, 0.0]


EXPECTED = [0.9832360744476318, 0.41930174827575684, 0.040112853050231934]


JOB = {
    "framework": "torch",
    "draw": "00",
    "values": {"stages": {"fine_tune": {"record": "epochs", "stages": [[], ["bias"]]}}},
}


def predict(function: Any) -> dict[str, Any]:
    arrays = {"images": np.ones((2, 3), np.float32), "epochs.1.bias": np.full(3, 2.0)}
    left: dict[str, Any] = {}
    run_predict(
        function,
        make_given(JOB, arrays, "fine_tune"),
        "fine_tune",
        JOB,
        lambda kind, payload: left.update(load(payload)),
    )
    return left


def add_bias(given: Given, tensors: dict[str, torch.Tensor]) -> torch.Tensor:
    outputs: torch.Tensor = given["images"] + tensors.get("bias", torch.zeros(3)).requires_grad_(True)
    assert not outputs.requires_grad
    return outputs


def test_each_stage_is_predicted_from_its_tensors() -> None:
    """The author's function sees the tensors of one stage at a time; its outputs leave under the stage's number."""
    left = predict(add_bias)

    assert {name: array.tolist() for name, array in left.items()} == {"0": [[1.0] * 3] * 2, "1": [[3.0] * 3] * 2}


def test_several_outputs_of_a_stage_leave_by_key() -> None:
    """A dictionary of tensors leaves as `stage.key`."""
    assert set(predict(lambda given, tensors: {"hidden": given["images"]})) == {"0.hidden", "1.hidden"}


def test_outputs_that_are_none_are_the_authors_fault() -> None:
    """predict.py must return something."""
    with pytest.raises(WrongUseError, match="fine_tune returned a NoneType"):
        predict(lambda given, tensors: None)


def test_a_framework_that_nobody_knows_is_refused() -> None:
    """Three words are known."""
    with pytest.raises(ValueError, match="unknown framework 'jax'"):
        choose_framework("jax")
