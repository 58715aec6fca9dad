"""Which framework's way with tensors and models a job goes: PyTorch's, Keras', or numpy's alone.

`choose_framework` imports the one that the job names, which the zygote has imported before: TensorFlow and PyTorch
never meet in one process.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from .arrays import Array, Exact, read_numbers
from .models import Framework, ModelTensor, UnreadableError

__all__ = ["NoFramework", "choose_framework"]


class NoFramework:
    """numpy alone: no models, no checkpoints."""

    name = "none"

    def make_tensor(self, array: Array) -> Any:
        """An array of its own."""
        return array.copy()

    def read_array(self, value: Any) -> Array | None:
        """Numbers as an array, or None."""
        return read_numbers(value)

    def is_model(self, value: Any) -> bool:
        """Nothing is."""
        return False

    def list_tensors(self, model: Any) -> list[ModelTensor]:
        """None."""
        raise UnreadableError("model", model, "no framework, no models")

    def list_modules(self, model: Any) -> list[tuple[str, str]]:
        """None."""
        return []

    def read_exact(self, handle: Any) -> Exact:
        """None."""
        raise UnreadableError("model", handle, "no framework, no models")

    def assign(self, handle: Any, array: Array) -> None:
        """Into a numpy array."""
        handle[...] = array

    def evaluate(self, model: Any, inputs: Sequence[Any]) -> Any:
        """Just a call."""
        return model(*inputs)

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Nothing ever is."""
        return nullcontext()

    def load_checkpoint(self, file: Any) -> Mapping[str, Any]:
        """None."""
        raise UnreadableError("model", file, "no framework, no checkpoints")


def choose_framework(name: str) -> Framework:
    """The framework that a job names. Imported here and not above: a process has one of them, and late.

    Raises:
        ValueError: there is no such framework.
    """
    if name == "torch":
        from .torch_models import TorchFramework

        return TorchFramework()
    if name == "tensorflow":
        from .keras_models import KerasFramework

        return KerasFramework()
    if name == "none":
        return NoFramework()
    raise ValueError(f"unknown framework {name!r}; 'none', 'torch' and 'tensorflow' are known")
