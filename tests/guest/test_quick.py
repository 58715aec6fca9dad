"""The quick run: what the author's training left leaves by way and seed, and nothing else does."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load

from grader.guest.given import make_given
from grader.guest.protocol import Kind
from grader.guest.quick import run_quick
from grader.guest.wrong_use import WrongUseError
from tests.guest.driver import make_header, run_guest

SEEDS = [0, 3, 4]


def train(returned: Any) -> dict[str, Any]:
    """What leaves where quick.py's function returns this."""
    header = make_header("", None, questions=["train"], role="quick", values={"quick": {"seeds": SEEDS}})
    given = make_given(header, {"images": np.ones((2, 2), np.float32)}, "train")
    left: dict[str, Any] = {}

    def emit(kind: Kind, payload: bytes) -> None:
        assert kind is Kind.ARRAYS
        left.update(load(payload))

    run_quick(lambda given, seeds: returned, given, "train", header, emit)
    return left


def test_arrays_leave_by_way_and_name() -> None:
    """One value for each seed, in the order of the seeds."""
    left = train({"adam-5": {"epochs.hidden": np.zeros((3, 2, 4)), "losses": [1.0, 2.0, 3.0]}, "sgd": {"a": SEEDS}})

    assert {name: array.shape for name, array in left.items()} == {
        "adam-5.epochs.hidden": (3, 2, 4),
        "adam-5.losses": (3,),
        "sgd.a": (3,),
    }


@pytest.mark.parametrize(
    "returned",
    [None, [1.0], {"a.b": {"x": SEEDS}}, {1: {"x": SEEDS}}, {"a": SEEDS}, {"a": {"x": "text"}}, {"a": {"x": [1.0]}}],
)
def test_anything_else_is_refused(returned: Any) -> None:
    """And it is said what would be right."""
    with pytest.raises(WrongUseError, match=r"quick\.py"):
        train(returned)


def test_a_whole_guest() -> None:
    """It runs in a guest as a predict run does: no submission, the seeds from the job, a fault told as a problem."""
    source = "def train(given, seeds):\n    return {'way': {'out': [seed * given['factor'] for seed in seeds]}}\n"
    values: Mapping[str, Any] = {"quick": {"seeds": SEEDS}, "factor": 2}
    header = make_header(source, None, questions=["train"], role="quick", values=values)
    result = run_guest(header)
    failed = run_guest(
        make_header("def train(given, seeds): ...", None, questions=["train"], role="quick", values=values)
    )

    assert result.questions[0].ended["exit"] == "finished"
    assert load(result.questions[0].arrays[0])["way.out"].tolist() == [0, 6, 8]
    assert failed.questions[0].problem is not None
    assert "quick.py" in failed.questions[0].problem["message"]
