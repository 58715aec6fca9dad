"""hw1's predict run on what a student can make up: it ends in time, for a run that doesn't would count as our fault."""

import runpy
from typing import Any

import pytest
import torch

from grader.guest.framework_choice import choose_framework
from grader.guest.given import Given
from tests.assignments.course import HW1, run_data
from tests.guest.standins import resnet18


@pytest.mark.parametrize("number", [10**12, 2**62, -1, 0])
def test_a_batch_that_can_t_have_been_handed_out_is_not_looked_for(number: int) -> None:
    """A student can set the loader's count of batches to anything: that batch counts as not met."""
    predict = runpy.run_path(str(HW1 / "predict.py"))
    images, labels = run_data(1)[0]["train"]
    given = Given(
        framework=choose_framework("torch"),
        draw="ab" * 32,
        question="fine_tune",
        arrays={"train.0": images, "train.1": labels},
        values={},
        variant={},
        weights={},
    )
    tensors: dict[str, Any] = {"step_batch": torch.tensor([number]), "step_weight": torch.ones(1, 10, 512)}
    tensors["step_bias"] = torch.ones(1, 10)
    model = resnet18(num_classes=10).eval()

    with torch.no_grad():
        met = predict["meet_batches"](given, tensors, model, {}, False)
    assert met.shape == (len(images), 10)
    assert not met.any()
