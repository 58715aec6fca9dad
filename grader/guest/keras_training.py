"""Watching a training in Keras: one step of an optimiser."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .arrays import Array, sample_evenly
from .keras_models import read_values
from .models import ModelTensor, UnreadableError

__all__ = ["check_optimizer", "count_groups", "take_step"]

STEP_SAMPLE = 8


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimiser.

    Raises:
        UnreadableError: it isn't one.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        kind = type(optimizer).__name__
        raise UnreadableError(
            "optimizer", optimizer, f"an optimiser of keras.optimizers is wanted, not a value of type {kind}"
        )


def count_groups(tensors: Sequence[ModelTensor], optimizer: Any) -> dict[str, int]:
    """Whether the optimiser would move each parameter, 1 or 0: Keras has no groups, and no parameter stands twice.

    One that isn't built takes what it is given first, which is what is trainable.
    """
    known = list_known(optimizer)
    return {
        tensor.name: int(bool(tensor.trainable) if known is None else id(tensor.handle) in known) for tensor in tensors
    }


def list_known(optimizer: Any) -> set[int] | None:
    """The variables that an optimiser was built with, by identity; None where it wasn't built yet."""
    return {id(variable) for variable in optimizer._trainable_variables} if optimizer.built else None


def take_step(tensors: Sequence[ModelTensor], optimizer: Any) -> dict[str, Array]:
    """Set parameters to 0 and the gradients of the trainable ones to 1, let the optimiser take one step.

    Returns a sample of each parameter's change, float32 [k], k at most 8. The model is spent afterwards.
    """
    standing = count_groups(tensors, optimizer)
    stepped = [tensor.handle for tensor in tensors if tensor.trainable and standing[tensor.name]]
    for tensor in tensors:
        tensor.handle.assign(keras.ops.zeros_like(tensor.handle))
    if stepped:
        optimizer.apply([keras.ops.ones_like(variable) for variable in stepped], stepped)
    return {tensor.name: sample_change(tensor.handle) for tensor in tensors}


def sample_change(variable: Any) -> Array:
    """A sample of a variable's values, which began at 0."""
    values = read_values(variable)
    return sample_evenly(np.zeros(0) if values is None else values, STEP_SAMPLE)
