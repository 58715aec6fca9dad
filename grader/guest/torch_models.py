"""PyTorch's tensors and models. Imported by a loader whose zygote has imported torch already.

A student's module may override `parameters()`, `named_modules()`, `train()` and whatever else. So models are gone
through by what `nn.Module` itself keeps (`_parameters`, `_buffers`, `_modules`), and tensors are seen through their
base class.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.parameter import is_lazy

from .arrays import Array, Exact, make_exact, read_numbers
from .models import MOST_TENSORS, ModelTensor, Role, UnreadableError, escape_names

__all__ = ["TorchFramework", "find_members", "walk_modules"]

NORMALISING = (_NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)
STATISTICS = {"running_mean": Role.MEAN, "running_var": Role.VARIANCE}
MOST_MODULES = 10_000


class TorchFramework:
    """PyTorch."""

    name = "torch"

    def make_tensor(self, array: Array) -> Any:
        """A tensor with memory of its own."""
        return torch.from_numpy(np.array(array, order="C"))

    def read_array(self, value: Any) -> Array | None:
        """A dense tensor of real numbers as numpy (bfloat16 as float32), numbers as an array; or None."""
        if not isinstance(value, torch.Tensor):
            return read_numbers(value)
        tensor = find_plain(value)
        if tensor.layout is not torch.strided or tensor.is_complex() or tensor.is_quantized or tensor.is_meta:
            return None
        if tensor.is_floating_point() and tensor.dtype not in (torch.float16, torch.float32, torch.float64):
            tensor = tensor.float()
        array: Array = tensor.cpu().resolve_neg().numpy()
        return array

    def is_model(self, value: Any) -> bool:
        """Whether it is an `nn.Module`."""
        return isinstance(value, nn.Module)

    def list_tensors(self, model: Any) -> list[ModelTensor]:
        """Parameters and buffers of every module, in the order of `named_modules`."""
        found = list(walk_tensors(model))
        if len(found) > MOST_TENSORS:
            raise UnreadableError("size", model, f"the model has more than {MOST_TENSORS:,} tensors")
        tensors: list[ModelTensor] = []
        seen: dict[Any, str] = {}
        for name, (module, key, tensor) in zip(
            escape_names(name for name, *_ in found), [f[1:] for f in found], strict=True
        ):
            first = seen.setdefault(identify(tensor), name)
            tensors.append(describe_tensor(name, module, key, tensor, same_as=None if first == name else first))
        return tensors

    def list_modules(self, model: Any) -> list[tuple[str, str]]:
        """Name and bare class name of each module."""
        walked = list(walk_modules(model))
        names = ["", *escape_names(name for name, _ in walked[1:])]
        types = [type(module).__name__[:100].encode("utf-8", "replace").decode() for _, module in walked]
        return list(zip(names, types, strict=True))

    def read_exact(self, handle: Any) -> Exact:
        """A parameter's or buffer's bytes."""
        tensor = find_plain(handle)
        if is_lazy(handle) or tensor.is_meta or tensor.layout is not torch.strided or tensor.is_quantized:
            raise UnreadableError("values", handle, "a tensor of the model has no values yet")
        tensor = tensor.cpu().resolve_conj().resolve_neg()
        if tensor.dtype is torch.bfloat16:
            return make_exact(tensor.contiguous().view(torch.uint16).numpy(), dtype="BF16")
        try:
            return make_exact(tensor.numpy())
        except TypeError as error:
            raise UnreadableError("values", handle, f"a tensor of {tensor.dtype} can't be recorded") from error

    def assign(self, handle: Any, array: Array) -> None:
        """Write values into a parameter or buffer, as no operation that anyone differentiates."""
        if not is_lazy(handle):
            with torch.no_grad():
                find_plain(handle).copy_(torch.from_numpy(np.array(array, order="C")))

    def evaluate(self, model: Any, inputs: Sequence[Any]) -> Any:
        """The model's outputs; every module's own mode is put back afterwards, whatever `train()` was made to do."""
        modes = [(vars(module), module.training) for _, module in walk_modules(model)]
        device = next((tensor.handle.device for tensor in self.list_tensors(model)), None)
        moved = [value.to(device) if isinstance(value, torch.Tensor) else value for value in inputs]
        try:
            for members, _ in modes:
                members["training"] = False
            with torch.no_grad():
                return model(*moved)
        finally:
            for members, training in modes:
                members["training"] = training

    def without_gradients(self) -> AbstractContextManager[Any]:
        """`torch.no_grad`."""
        return torch.no_grad()

    def load_checkpoint(self, file: Any) -> Mapping[str, Any]:
        """A state dict."""
        state = torch.load(file, map_location="cpu", weights_only=True)
        return {name: tensor for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}


def find_plain(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor itself, detached, as a `torch.Tensor`: what a subclass says of its shape doesn't count."""
    with torch._C.DisableTorchFunctionSubclass():
        plain = torch.Tensor.detach(tensor)
        return plain if type(plain) is torch.Tensor else plain.as_subclass(torch.Tensor)


def find_members(module: nn.Module, kind: str) -> dict[str, Any]:
    """What the module keeps as `_parameters`, `_buffers` or `_modules`: the dictionary, not what an override says."""
    members = object.__getattribute__(module, "__dict__").get(kind)
    return dict(dict.items(members)) if isinstance(members, dict) else {}  # of a subclass, what it holds


def walk_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Every module by name, parents first; one that stands in several places at each, but never inside itself."""
    count = 0
    waiting: list[tuple[str, nn.Module, frozenset[int]]] = [("", model, frozenset())]
    while waiting:
        name, module, above = waiting.pop()
        count += 1
        if count > MOST_MODULES:
            raise UnreadableError("size", model, f"the model has more than {MOST_MODULES:,} modules")
        yield name, module
        inside = above | {id(module)}
        children = [
            (f"{name}.{key}" if name else key, child, inside)
            for key, child in find_members(module, "_modules").items()
            if isinstance(child, nn.Module) and id(child) not in inside
        ]
        waiting.extend(reversed(children))


def walk_tensors(model: nn.Module) -> Iterator[tuple[str, nn.Module, str, torch.Tensor]]:
    """Every parameter and buffer: full name, the module that has it, its name there, itself."""
    for name, module in walk_modules(model):
        for kind in ("_parameters", "_buffers"):
            for key, tensor in find_members(module, kind).items():
                if isinstance(tensor, torch.Tensor):
                    yield (f"{name}.{key}" if name else key), module, key, tensor


def identify(tensor: torch.Tensor) -> Any:
    """Equal for two names of the same memory."""
    if is_lazy(tensor) or tensor.is_meta or tensor.layout is not torch.strided:
        return id(tensor)
    plain = find_plain(tensor)
    return (plain.data_ptr(), tuple(plain.shape), plain.stride(), plain.dtype) if plain.numel() else id(tensor)


def describe_tensor(
    name: str, module: nn.Module, key: str, tensor: torch.Tensor, *, same_as: str | None
) -> ModelTensor:
    """One tensor as a value."""
    is_parameter = key in find_members(module, "_parameters")
    shape = () if is_lazy(tensor) else tuple(find_plain(tensor).shape)
    return ModelTensor(
        name=name,
        handle=tensor,
        shape=shape,
        role=name_role(module, key, shape, is_parameter=is_parameter),
        trainable=is_trained(tensor) if is_parameter else None,
        fan_in=int(np.prod(shape[1:])) if len(shape) > 1 else 1,
        same_as=same_as,
    )


def is_trained(parameter: torch.Tensor) -> bool:
    """Whether gradients are wanted for it: asked of the tensor, not of a subclass's property."""
    with torch._C.DisableTorchFunctionSubclass():
        return bool(vars(torch.Tensor.__mro__[1])["requires_grad"].__get__(parameter))


def name_role(module: nn.Module, key: str, shape: tuple[int, ...], *, is_parameter: bool) -> Role:
    """What a tensor does, by the module that has it."""
    if not is_parameter:
        return STATISTICS.get(key, Role.OTHER) if isinstance(module, _NormBase) else Role.OTHER
    if isinstance(module, NORMALISING) and key == "weight":
        return Role.SCALE
    return Role.WEIGHT if len(shape) > 1 else Role.SHIFT
