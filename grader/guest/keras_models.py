"""Keras' variables and models, with TensorFlow below. Imported by a loader, after the fork; computes nothing then."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import h5py
import keras
import numpy as np

from .arrays import Array, Exact, make_exact, read_numbers
from .models import MOST_TENSORS, ModelTensor, Role, UnreadableError, escape_names

__all__ = ["KerasFramework", "read_values"]

ROLES = {
    "gamma": Role.SCALE,
    "moving_mean": Role.MEAN,
    "moving_variance": Role.VARIANCE,
    "seed_generator_state": Role.OTHER,
}
BUFFERS = (Role.MEAN, Role.VARIANCE, Role.OTHER)


class KerasFramework:
    """Keras. Its models take numpy arrays, so given values are numpy arrays."""

    name = "tensorflow"

    def make_tensor(self, array: Array) -> Any:
        """An array of its own."""
        return np.array(array, order="C")

    def read_array(self, value: Any) -> Array | None:
        """A variable's or tensor's values as numpy (bfloat16 as float32), numbers as an array; or None."""
        if not keras.ops.is_tensor(value) and not isinstance(value, keras.Variable):
            return read_numbers(value)
        array = read_values(value)
        return array if array is not None and array.dtype.kind in "biuf" else None

    def is_model(self, value: Any) -> bool:
        """Whether it is a layer; a model is one."""
        return isinstance(value, keras.layers.Layer)

    def list_tensors(self, model: Any) -> list[ModelTensor]:
        """Every variable of the model but its optimiser's and metrics', in the order of `weights`."""
        variables = list(model.weights)
        if not getattr(model, "built", True) or (not variables and isinstance(model, keras.Sequential)):
            raise UnreadableError("values", model, "the model isn't built yet: it has no Input and has seen no data")
        if len(variables) > MOST_TENSORS:
            raise UnreadableError("size", model, f"the model has more than {MOST_TENSORS:,} tensors")
        trained = {id(variable) for variable in model.trainable_variables}
        names = escape_names(variable.path for variable in variables)
        pairs = zip(names, variables, strict=True)
        return [describe_variable(name, variable, trained=id(variable) in trained) for name, variable in pairs]

    def list_modules(self, model: Any) -> list[tuple[str, str]]:
        """Name and class name of each layer, the layers of nested models too."""
        walked = list(walk_layers(model))
        names = ["", *escape_names(name for name, _ in walked[1:])]
        return [(name, type(layer).__name__[:100]) for name, (_, layer) in zip(names, walked, strict=True)]

    def read_exact(self, handle: Any) -> Exact:
        """A variable's bytes, or an array's."""
        array = handle if isinstance(handle, np.ndarray) else np.asarray(handle.numpy())
        if array.dtype.name == "bfloat16":
            return make_exact(array.view(np.uint16), dtype="BF16")
        try:
            return make_exact(array)
        except TypeError as error:
            raise UnreadableError("values", handle, f"a variable of {array.dtype} can't be recorded") from error

    def assign(self, handle: Any, array: Array) -> None:
        """Write values into a variable."""
        handle.assign(array)

    def evaluate(self, model: Any, inputs: Sequence[Any]) -> Any:
        """The model's outputs, with `training=False`."""
        return model(*inputs, training=False)

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Nothing is kept outside a tape."""
        return nullcontext()

    def load_checkpoint(self, file: Any) -> Mapping[str, Any]:
        """The arrays of an HDF5 file by their paths in it."""
        found: dict[str, Any] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = np.asarray(item)

        with h5py.File(file, "r") as file:
            file.visititems(visit)
        return found


def read_values(value: Any) -> Array | None:
    """An eager tensor's values; None for a symbolic one."""
    try:
        array = np.asarray(keras.ops.convert_to_numpy(value))
    except (NotImplementedError, TypeError, ValueError):
        return None
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def describe_variable(name: str, variable: Any, *, trained: bool) -> ModelTensor:
    """One variable as a value. A kernel's last axis is its outputs, but for a depthwise one: it adds up no channels."""
    shape = tuple(int(size) for size in variable.shape)
    leaf = variable.path.rpartition("/")[2]
    plain = Role.WEIGHT if len(shape) > 1 else Role.SHIFT
    role = (
        ROLES.get(leaf, plain) if np.dtype(keras.backend.standardize_dtype(variable.dtype)).kind == "f" else Role.OTHER
    )
    inputs = shape[:2] if leaf == "depthwise_kernel" or "depthwise" in variable.path else shape[:-1]
    return ModelTensor(
        name=name,
        handle=variable,
        shape=shape,
        role=role,
        trainable=None if role in BUFFERS else trained,
        fan_in=int(np.prod(inputs)) if len(shape) > 1 else 1,
    )


def walk_layers(layer: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """A model's layers, parents first."""
    yield name, layer
    if depth < 16:
        for child in getattr(layer, "layers", ()):
            yield from walk_layers(child, f"{name}.{child.name}" if name else child.name, depth + 1)
