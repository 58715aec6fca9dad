"""The calls that grading hw1 makes, by hand in one Python process: the limit that a cold submission is held against.

    python benchmarks/by_hand.py FOLDER

FOLDER holds what `cold_submission.py` wrote: the job's header, its given arrays, the kept images, probe.py, predict.py
and the solution. Nothing is recorded, digested, isolated or sent: a model is called, and that is all.
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors.numpy import load_file

from grader.guest.given import make_given
from grader.guest.torchvision_operators import define_operators


class Calls:
    """Takes the recorder's place: calls what it would call and keeps only what the predict run needs."""

    def __init__(self) -> None:
        self.stages: list[dict[str, torch.Tensor]] = []

    def outputs(self, name: str, model: torch.nn.Module, *inputs: Any) -> None:
        """One forward, in eval mode, without gradients."""
        with torch.no_grad():
            model.eval()(*inputs)

    def step(self, name: str, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Weights 0, gradients 1, one step."""
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()
                parameter.grad = torch.ones_like(parameter)
        optimizer.step()

    def each(self, name: str, model: torch.nn.Module) -> Any:
        """Keep a copy of what changed, as anyone would who wants to evaluate each epoch later."""
        start = {key: value.clone() for key, value in model.state_dict().items()}

        def on_epoch(epoch: int, trained: torch.nn.Module) -> None:
            state = trained.state_dict()
            self.stages.append({k: v.clone() for k, v in state.items() if not torch.equal(v, start[k])})

        return on_epoch

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: None


def load_module(path: Path) -> ModuleType:
    """A file as a module."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def main() -> None:
    """Every question once, then the predictions."""
    folder = Path(sys.argv[1])
    define_operators()
    header = json.loads((folder / "header.json").read_text())
    arrays = load_file(folder / "given.safetensors")
    student, probe, predict = (load_module(folder / f"{name}.py") for name in ("hw1", "probe", "predict"))
    calls = Calls()
    for question in header["questions"]:
        torch.manual_seed(header["seed"])
        given = make_given(header, arrays, question["id"])
        getattr(probe, question["function"])(student, given, calls)
    kept = load_file(folder / "kept.safetensors")
    given = make_given(header, {**arrays, **kept}, "fine_tune")
    with torch.no_grad():
        for stage in ({}, *calls.stages):
            predict.fine_tune(given, stage)


if __name__ == "__main__":
    main()
