"""What enters a question: hidden inputs, the assignment's data, the checkpoint's tensors, and values for new layers.

Every value is keyed by (draw, question, name) and never by the order of calls, so the student's run and the reference's
see the same, whatever either does in between. All come from numpy's Philox, so no framework's generator is touched.
"""

import copy
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from .arrays import Array
from .framework_choice import choose_framework
from .models import Framework, Role, UnreadableError
from .wrong_use import WrongUseError

__all__ = ["Given", "make_given", "make_values"]

SAFETENSORS = ".safetensors"


def make_given(
    job: Mapping[str, Any], arrays: Mapping[str, Array], question: str, *, files: Mapping[str, bytes] | None = None
) -> "Given":
    """What one question of a job is given; `arrays` are those of the GIVEN frame, `files` all that the job brought."""
    files = files or {}
    return Given(
        framework=choose_framework(str(job["framework"])),
        draw=str(job["draw"]),
        question=question,
        arrays=arrays,
        values=job.get("values", {}),
        variant=job.get("variant", {}),
        weights=job.get("weights", {}),
        data={name: files[f"data/{name}"] for name in job.get("data", {}) if f"data/{name}" in files},
        device=str(job.get("device", "cpu")),
    )


class Given:
    """What a probe's function gets as `given`. Tensors are the framework's own; with Keras, numpy arrays.

    All of it comes in main memory. `device` is where a run may compute: "cuda" with a graphics processor, else "cpu".
    """

    def __init__(
        self,
        *,
        framework: Framework,
        draw: str,
        question: str,
        arrays: Mapping[str, Array],
        values: Mapping[str, Any],
        variant: Mapping[str, Any],
        weights: Mapping[str, str],
        data: Mapping[str, bytes] | None = None,
        device: str = "cpu",
    ) -> None:
        self.variant = SimpleNamespace(**variant)
        self.device = device
        self._framework = framework
        self._key = (draw, question)
        self._arrays = arrays
        self._values = values
        self._paths = weights
        self._files = {name: content for name, content in (data or {}).items() if name.endswith(SAFETENSORS)}
        self._checkpoints: dict[str, Mapping[str, Any]] = {}
        self._digests: dict[str, frozenset[str]] = {}

    def images(self, name: str, *shape: int, case: int = 0) -> Any:
        """Hidden images: every number uniform in [0, 1), float32, of that shape."""
        return self._framework.make_tensor(self._generator("images", name, case).random(shape, dtype=np.float32))

    def integer(self, name: str, low: int, high: int, *, case: int = 0) -> int:
        """A hidden integer from `low` to `high`, both included. `case` tells the cases of one name apart."""
        return int(self._generator("integer", name, case).integers(low, high, endpoint=True))

    def rate(self, name: str, low: float, high: float, *, case: int = 0) -> float:
        """A hidden learning rate between two positive bounds, every order of magnitude as likely as the next."""
        if not 0 < low <= high:
            raise WrongUseError(
                f"given.rate({name!r}, {low!r}, {high!r}): the bounds are positive, the lower one first"
            )
        return float(np.exp(self._generator("rate", name, case).uniform(math.log(low), math.log(high))))

    def __getitem__(self, name: str) -> Any:
        """A value that `data.py` gave: an array as a tensor, a tuple of arrays as a tuple, anything else as it was."""
        if name in self._arrays:
            return self._framework.make_tensor(self._arrays[name])
        if f"{name}.0" in self._arrays:
            keys = (f"{name}.{number}" for number in range(len(self._arrays)))
            return tuple(self._framework.make_tensor(self._arrays[key]) for key in keys if key in self._arrays)
        if name in self._values:
            return copy.deepcopy(self._values[name])
        raise WrongUseError(
            f"given[{name!r}]: the assignment's data gives {describe_names([*self._arrays, *self._values])}"
        )

    def tensors(self, name: str) -> dict[str, Any]:
        """The tensors that the data gives under a name, `name.part.tensor` as "part.tensor"."""
        found = {key[len(name) + 1 :]: array for key, array in self._arrays.items() if key.startswith(f"{name}.")}
        if not found:
            raise WrongUseError(f"given.tensors({name!r}): the assignment's data gives {describe_names(self._arrays)}")
        return {key: self._framework.make_tensor(array) for key, array in found.items()}

    def loader(self, name: str, batch_size: int, *, shuffle: bool = True, device: str = "cpu") -> Any:
        """A `DataLoader` over `given[name]`, a tuple like (images, labels); its order comes from the draw.

        With `device`, `given.device` say, its batches lie there; their order is the same.
        """
        if self._framework.name != "torch":
            raise WrongUseError("given.loader makes PyTorch's DataLoader; with another framework, use given[name]")
        from .torch_training import make_loader  # PyTorch only, and only where it is used

        parts = self[name]
        moved = [part.to(device) for part in (parts if isinstance(parts, tuple) else (parts,))]
        seed = int(self._generator("loader", name, 0).integers(2**62))
        return make_loader(moved, batch_size, seed=seed, shuffle=shuffle)

    def weights(self, name: str) -> dict[str, Any]:
        """The tensors of a checkpoint of this assignment, by name: of the vault, or a file `….safetensors` in data/.

        `name` may be a part of its name. A file is read as the assignment has it, whatever became of the copy that the
        student's code can write to.
        """
        return dict(self._load(self._find_checkpoint(name)))

    def fill(self, model: Any, but: str | None = None) -> None:
        """Give every weight that isn't byte for byte one of the checkpoint `but` a hidden value.

        The value depends on the draw, on what the tensor does (multiply, add, scale), on its shape, and on how many
        such tensors came before it: not on its name or place. So all right models compute the same afterwards,
        whether the new layer stands alone, in a `Sequential` or in a class of its own. Parameters are filled, and the
        running statistics of normalising layers; counters and other buffers stay.

        A deep network that is filled whole may ignore its inputs (MobileNetV2 does): name a checkpoint in `but` there.
        Something that is no model is left alone: recording it says what it is.
        """
        if not self._framework.is_model(model):
            return
        kept = self._digest(self._find_checkpoint(but)) if but is not None else frozenset()
        counts: dict[tuple[Role, tuple[int, ...]], int] = {}
        try:
            for tensor in self._framework.list_tensors(model):
                if tensor.role is Role.OTHER or tensor.same_as is not None:
                    continue
                if self._framework.read_exact(tensor.handle).digest in kept:
                    continue
                shape = drop_ones(tensor.shape)
                number = counts.get((tensor.role, shape), 0)
                counts[tensor.role, shape] = number + 1
                generator = self._generator("fill", tensor.role.value, *shape, number)
                values = make_values(generator, tensor.role, shape, tensor.fan_in)
                self._framework.assign(tensor.handle, values.reshape(tensor.shape))
        except UnreadableError:
            return

    def _generator(self, *name: object) -> np.random.Generator:
        """The generator of one value."""
        digest = hashlib.sha256(json.dumps([*self._key, *map(str, name)]).encode()).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))

    def _find_checkpoint(self, name: str) -> str:
        """The whole name of a checkpoint: the vault's, or its file's in data/."""
        known = [*self._paths, *self._files]
        found = [whole for whole in known if whole == name] or [whole for whole in known if name in whole]
        if len(found) != 1:
            raise WrongUseError(
                f"{name!r} names {len(found)} of the assignment's weights; there are {describe_names(known)}"
            )
        return found[0]

    def _load(self, name: str) -> Mapping[str, Any]:
        """A checkpoint's tensors, read once."""
        if name not in self._checkpoints:
            self._checkpoints[name] = self._read_checkpoint(name)
        return self._checkpoints[name]

    def _read_checkpoint(self, name: str) -> Mapping[str, Any]:
        """A checkpoint's tensors, from the vault's file or the assignment's own."""
        if name in self._paths:
            return self._framework.load_checkpoint(self._paths[name])
        from safetensors.numpy import load  # here: most runs have no such file

        return {key: self._framework.make_tensor(array) for key, array in load(self._files[name]).items()}

    def _digest(self, name: str) -> frozenset[str]:
        """The digests of a checkpoint's tensors, made once."""
        if name not in self._digests:
            tensors = self._load(name).values()
            self._digests[name] = frozenset(self._framework.read_exact(tensor).digest for tensor in tensors)
        return self._digests[name]


def drop_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a matrix where a kernel of 1 by 1 is one: a head may be written either way."""
    window = shape[2:] if len(shape) == 4 else ()
    if window == (1, 1):
        return shape[:2]
    return shape[2:] if len(shape) == 4 and shape[:2] == (1, 1) else shape


def make_values(generator: np.random.Generator, role: Role, shape: tuple[int, ...], fan_in: int) -> Array:
    """Values that keep a signal's size as it goes through layer after layer, float32."""
    if role is Role.VARIANCE:
        return generator.uniform(0.8, 1.2, shape).astype(np.float32)
    spread = 0.1
    if role is Role.WEIGHT:
        # Kernels as He et al. (2015) derive for ReLU; a plain matrix as large as a fresh `nn.Linear`, so that a head
        # filled here learns as fast as a student's own.
        spread = math.sqrt((2 if len(shape) > 2 else 1 / 3) / max(1, fan_in))
    values = generator.standard_normal(shape) * spread + (1.0 if role is Role.SCALE else 0.0)
    return np.asarray(values, np.float32)


def describe_names(names: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(map(repr, names)) or "nothing"
