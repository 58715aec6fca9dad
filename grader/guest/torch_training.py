"""Watching a training in PyTorch: batches handed out, gradients that arrive, one step of an optimiser."""

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .arrays import Array, sample_evenly
from .models import ModelTensor, UnreadableError
from .torch_models import find_plain

__all__ = ["GradientNotes", "check_optimizer", "count_groups", "make_loader", "note_gradients", "take_step"]

STEP_SAMPLE = 8
GRADIENT_SAMPLE = 256
MOST_PASSES = 4_096


class CountingLoader(DataLoader[Any]):
    """A `DataLoader` that counts the batches it hands out."""

    batches_handed_out = 0

    def __iter__(self) -> Any:
        return self.count(super().__iter__())

    def count(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches."""
        for batch in batches:
            self.batches_handed_out += 1
            yield batch


def make_loader(parts: Sequence[torch.Tensor], batch_size: int, *, seed: int, shuffle: bool) -> DataLoader[Any]:
    """A loader over tensors that belong together, whose order is its own generator's and nobody else's."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return CountingLoader(TensorDataset(*parts), batch_size=batch_size, shuffle=shuffle, generator=generator)


@dataclass
class GradientNotes:
    """What was seen of a weight's gradient, a row for each backward pass: see `note_gradients`."""

    loader: Any
    rows: list[tuple[Array, Array]] = field(default_factory=list)
    stepped: list[bool] = field(default_factory=list)

    @property
    def batches(self) -> int:
        """How many batches the loader has handed out."""
        return int(getattr(self.loader, "batches_handed_out", 0))

    @property
    def array(self) -> Array:
        """The rows as float32 [passes, 2, sample]: a sample of the gradient before and after each backward pass."""
        return np.asarray(self.rows, np.float32) if self.rows else np.zeros((0, 2, 1), np.float32)


def note_gradients(loader: Any, module: nn.Module) -> GradientNotes:
    """Note, at each backward pass through the module's largest trainable weight, its gradient before and after.

    Where the weight moved since the pass before, what was there before is stale: a step has used it already. That is
    exact, where comparing the gradients of successive batches would be a guess, and it holds for an accumulation over
    several batches too, whose gradients are older than a batch but not than a step.
    """
    notes = GradientNotes(loader)
    weights = [weight for weight in nn.Module.parameters(module) if weight.requires_grad]
    if weights:
        watch_weight(max(weights, key=lambda weight: weight.numel()), notes)
    return notes


def watch_weight(weight: nn.Parameter, notes: GradientNotes) -> None:
    """Hang two hooks on a weight: one where its gradient is about to be added to, one where it has been."""
    reference = weakref.ref(weight)
    before: list[Array] = []
    last: list[Array] = []

    def arrive(gradient: torch.Tensor) -> None:
        # This one runs for `torch.autograd.grad` as well, which adds to nothing: only `added` makes a row.
        here = reference()
        if here is not None:
            before[:] = [sample_gradient(here)]

    def added(here: torch.Tensor) -> None:
        now = sample_tensor(here)
        if len(notes.rows) < MOST_PASSES and before:
            notes.rows.append((before[0], sample_gradient(here)))
            notes.stepped.append(bool(last) and not np.array_equal(last[0], now))
        last[:] = [now]
        before.clear()

    weight.register_hook(arrive)
    weight.register_post_accumulate_grad_hook(added)


def sample_gradient(weight: torch.Tensor) -> Array:
    """A sample of a weight's gradient: zeros where there is none."""
    gradient = weight.grad
    if gradient is None:
        return np.zeros(min(weight.numel(), GRADIENT_SAMPLE), np.float32)
    return sample_tensor(gradient)


def sample_tensor(tensor: torch.Tensor) -> Array:
    """A sample of a tensor's values, float32 [k]."""
    plain = find_plain(tensor)
    flat = (plain.to_dense() if plain.layout is not torch.strided else plain).reshape(-1)
    chosen = np.unique(np.linspace(0, max(0, len(flat) - 1), num=min(GRADIENT_SAMPLE, len(flat))).round())
    values: Array = flat[torch.from_numpy(chosen.astype(np.int64))].float().cpu().numpy()
    return values


def take_step(tensors: Sequence[ModelTensor], optimizer: torch.optim.Optimizer) -> dict[str, Array]:
    """Set parameters to 0 and the gradients of the trainable ones to 1, let the optimiser take one step.

    From there each optimiser moves a parameter by its learning rate times a constant of its own. Returns a sample of
    each parameter's change, float32 [k], k at most 8. The model is spent afterwards.
    """
    with torch.no_grad():
        for tensor in tensors:
            find_plain(tensor.handle).zero_()
            tensor.handle.grad = torch.ones_like(tensor.handle) if tensor.trainable else None
    step_once(optimizer)
    return {
        tensor.name: sample_evenly(find_plain(tensor.handle).float().cpu().numpy(), STEP_SAMPLE) for tensor in tensors
    }


def step_once(optimizer: torch.optim.Optimizer) -> None:
    """One step, with a closure for optimisers that ask for one."""
    try:
        optimizer.step()
    except TypeError as error:
        if "closure" not in str(error):
            raise
        optimizer.step(lambda: torch.zeros(()))  # type: ignore[arg-type, return-value]


def count_groups(tensors: Sequence[ModelTensor], optimizer: torch.optim.Optimizer) -> dict[str, int]:
    """How often each parameter stands in the optimiser's groups."""
    standing = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    return {tensor.name: standing.count(id(tensor.handle)) for tensor in tensors}


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimiser.

    Raises:
        UnreadableError: it isn't one.
    """
    if not isinstance(optimizer, torch.optim.Optimizer):
        kind = type(optimizer).__name__
        raise UnreadableError(
            "optimizer", optimizer, f"an optimiser of torch.optim is wanted, not a value of type {kind}"
        )
