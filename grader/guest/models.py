"""What the recorder and `given` need to know about a framework: one protocol, and what it speaks of. Nothing here
imports a framework."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from .arrays import Array, Exact

__all__ = ["Framework", "ModelTensor", "Role", "UnreadableError", "escape_names"]

MOST_TENSORS = 4_096
NAME_LENGTH = 80


class Role(Enum):
    """What a tensor does in its model, as far as one can tell: it decides what values suit it."""

    WEIGHT = "weight"  # multiplies inputs: a kernel
    SHIFT = "shift"  # is added: a bias
    SCALE = "scale"  # multiplies what was normalised
    MEAN = "mean"  # a running mean
    VARIANCE = "variance"  # a running variance: stays positive
    OTHER = "other"  # a counter, a mask, anything else


@dataclass(frozen=True, kw_only=True)
class ModelTensor:
    """One tensor of a model. `trainable` is None for what no gradient moves. `handle` is the framework's own object.

    `fan_in` is how many inputs one output of a WEIGHT adds up. `same_as` names the tensor whose memory this one shares.
    """

    name: str
    handle: Any
    shape: tuple[int, ...]
    role: Role
    trainable: bool | None
    fan_in: int = 1
    same_as: str | None = None


class UnreadableError(Exception):
    """A student's value isn't what was asked for. `wanted` says what was, `kind` is the name of its type."""

    def __init__(self, wanted: str, value: Any, message: str) -> None:
        super().__init__(message)
        self.wanted = wanted
        self.kind = type(value).__name__
        self.message = message


class Framework(Protocol):
    """One framework's way with tensors and models."""

    name: str

    def make_tensor(self, array: Array) -> Any:
        """An array as the framework's tensor, with memory of its own."""
        ...

    def read_array(self, value: Any) -> Array | None:
        """Anything array-like as numpy, or None."""
        ...

    def is_model(self, value: Any) -> bool:
        """Whether it is one of the framework's models."""
        ...

    def list_tensors(self, model: Any) -> list[ModelTensor]:
        """Every tensor of a model, in the model's order; one that is shared, again under each name.

        Raises:
            UnreadableError: the model can't be gone through.
        """
        ...

    def list_modules(self, model: Any) -> list[tuple[str, str]]:
        """Name and type of each part of a model, the model itself first, under the name ""."""
        ...

    def read_exact(self, handle: Any) -> Exact:
        """A tensor's bytes.

        Raises:
            UnreadableError: it has none: not initialised yet, or on no device.
        """
        ...

    def assign(self, handle: Any, array: Array) -> None:
        """Write values into a tensor of the same shape, whatever its type of number."""
        ...

    def evaluate(self, model: Any, inputs: Sequence[Any]) -> Any:
        """What a model makes of its inputs, in evaluation mode, without gradients; its modes are put back."""
        ...

    def without_gradients(self) -> AbstractContextManager[Any]:
        """Inside it, nothing is kept for gradients."""
        ...

    def load_checkpoint(self, file: Any) -> Mapping[str, Any]:
        """The tensors of a checkpoint, a path or an open file in the framework's own format, by name."""
        ...


def escape_names(names: Iterable[str]) -> list[str]:
    """Names that may cross the boundary, all different: other characters become "_" (a slash ".")."""
    taken: set[str] = set()
    escaped = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", name.replace("/", "."))[:NAME_LENGTH] or "_"
        unique, number = plain, 1
        while unique in taken:
            number += 1
            unique = f"{plain[: NAME_LENGTH - 6]}~{number}".replace("~", "-")
        taken.add(unique)
        escaped.append(unique)
    return escaped
