"""The stages of a training: which tensors of a model differ from the start, after each epoch and at the end.

Bytes of a tensor leave only where it changed, and only while there is room: what is left out is listed. Room for the
last stage is kept free, because whether a training worked shows there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .arrays import Array, export_array, sample_evenly, shape_bytes
from .models import Framework, ModelTensor, UnreadableError

__all__ = ["Leaving", "Stages"]

MOST_STAGES = 200
SAMPLE = 16

Send = Callable[[Mapping[str, Array]], None]


class Leaving(Enum):
    """What of a changed tensor leaves."""

    WHOLE = "whole"  # all of it
    SAMPLE = "sample"  # a few elements of each tensor, changed or not
    NONE = "none"  # that it changed


@dataclass
class Stages:
    """The stages of one model under one name."""

    name: str
    model: Any
    framework: Framework
    send: Send
    room: Callable[[], int]
    leaving: Leaving = Leaving.WHOLE
    json_bytes: int = 256 << 10
    start: dict[str, str] = field(default_factory=dict)
    tensors: list[ModelTensor] = field(default_factory=list)
    trainable: list[str] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)

    def begin(self) -> None:
        """Note the start.

        Raises:
            UnreadableError: the model can't be gone through.
        """
        self.tensors = self.framework.list_tensors(self.model)
        self.start = {tensor.name: self.framework.read_exact(tensor.handle).digest for tensor in self.tensors}
        self.trainable = [tensor.name for tensor in self.tensors if tensor.trainable]
        self.note("start", None)

    def note_epoch(self, epoch: Any = None, model: Any = None) -> None:
        """Note the end of an epoch: the `on_epoch` that a student calls."""
        self.follow(model)
        if len(self.stages) < MOST_STAGES and self.can_list_more():
            self.note("epoch", epoch if type(epoch) is int and 0 <= epoch < 2**53 else None)

    def can_list_more(self) -> bool:
        """Whether the record has room for one more list of names, and for the last one: not where a student reports an
        epoch after every batch. What is left out is missed in the count of epochs.
        """
        names = sum(len(name) + 3 for name in self.start)
        listed = sum(len(name) + 3 for stage in self.stages for key in ("changed", "omitted") for name in stage[key])
        digests = 68 * len(self.start) + 3 * names
        return digests + listed + 2 * names + 100 * len(self.stages) < 0.9 * self.json_bytes

    def finish(self) -> None:
        """Note the end."""
        self.follow(self.model)
        self.note("end", None)

    def follow(self, model: Any) -> None:
        """Look at this model from now on, and at its layers of today, if its tensors are those of the start."""
        for candidate in (model, self.model):
            if not self.framework.is_model(candidate):
                continue
            try:
                tensors = self.framework.list_tensors(candidate)
            except UnreadableError:
                continue
            if [(t.name, t.shape) for t in tensors] == [(t.name, t.shape) for t in self.tensors]:
                self.model, self.tensors = candidate, tensors
                return

    def note(self, label: str, epoch: int | None) -> None:
        """Note one stage."""
        index = len(self.stages)
        exact = {tensor.name: self.framework.read_exact(tensor.handle) for tensor in self.tensors}
        moved = [tensor for tensor in self.tensors if exact[tensor.name].digest != self.start[tensor.name]]
        sent = self.send_stage(index, moved, last=label == "end")
        self.stages.append(
            {
                "label": label,
                "epoch": epoch,
                "changed": [tensor.name for tensor in moved if tensor.name in sent],
                "omitted": [tensor.name for tensor in moved if tensor.name not in sent],
            }
        )

    def send_stage(self, index: int, moved: list[ModelTensor], *, last: bool) -> set[str]:
        """Send what leaves of one stage; the names of the moved tensors for which that was done."""
        if self.leaving is Leaving.NONE:
            return {tensor.name for tensor in moved}
        if self.leaving is Leaving.SAMPLE:
            samples = {tensor.name: sample_evenly(self.read(tensor), SAMPLE) for tensor in self.tensors}
            self.send({f"{self.name}.{index}.{name}": array for name, array in samples.items()})
            return set(samples)
        arrays = {tensor.name: self.read(tensor) for tensor in moved}
        room = self.room() - (0 if last else self.reserve())
        fits = sum(map(shape_bytes, arrays.values())) <= room
        if fits and arrays:
            self.send({f"{self.name}.{index}.{name}": array for name, array in arrays.items()})
        return set(arrays) if fits else set()

    def reserve(self) -> int:
        """What the last stage may need: the whole model, or nothing where that is too large anyway."""
        whole = sum(shape_bytes(self.read(tensor)) for tensor in self.tensors)
        return whole if whole <= self.room() else 0

    def read(self, tensor: ModelTensor) -> Array:
        """A tensor's values in a type that may leave.

        Raises:
            UnreadableError: there is no such type.
        """
        array = self.framework.read_array(tensor.handle)
        exported = export_array(array) if array is not None else None
        if exported is None:
            raise UnreadableError("values", tensor.handle, f"the tensor {tensor.name!r} can't leave as it is")
        return exported

    def describe(self) -> dict[str, Any]:
        """The record, `name` and `kind` left out."""
        return {
            "start": self.start,
            "trainable": self.trainable,
            "buffers": [tensor.name for tensor in self.tensors if tensor.trainable is None],
            "values": self.leaving.value,
            "stages": self.stages,
        }
