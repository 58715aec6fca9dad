"""What leaves a question: arrays, answers, what a model is made of, how a training went.

Whatever a student's code gave, `record` doesn't raise for it: what isn't what the probe asked for leaves as a record of
the kind "unusable", which says so, and the probe goes on to what it asks next. `WrongUseError` is for a probe that
is wrong itself. Everything here is a claim of a process that belongs to the student; what is a fact is decided outside.
"""

import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .answers import encode_answer
from .arrays import Array, export_array, pack_arrays, shape_bytes
from .cell_tests import run_cell_test
from .framework_choice import choose_framework
from .models import Framework, UnreadableError
from .protocol import Kind
from .stages import Leaving, Stages
from .student import Student, open_namespace
from .wrong_use import WrongUseError

__all__ = ["Emit", "Recorder", "make_recorder"]

Emit = Callable[[Kind, bytes], None]

NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
QUESTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what has no arrays may have any question's name
JSON_BYTES = 256 << 10
FRAME_BYTES = 60 << 20
EVIDENCE_BYTES = 64 << 20
MOST_CHARACTERS = 64 << 10
MOST_MESSAGE = 2_000


def make_recorder(framework: str, emit: Emit, limits: Mapping[str, int]) -> "Recorder":
    """What a probe gets as `record`. `limits`: "evidence_bytes" of the question, "json_bytes" of one record."""
    return Recorder(
        framework=choose_framework(framework),
        emit=emit,
        evidence_bytes=int(limits.get("evidence_bytes", EVIDENCE_BYTES)),
        json_bytes=int(limits.get("json_bytes", JSON_BYTES)),
    )


class Recorder:
    """Records, each under a name: the second one of a name gets "name_1", and so on."""

    def __init__(self, *, framework: Framework, emit: Emit, evidence_bytes: int, json_bytes: int) -> None:
        self._framework = framework
        self._emit = emit
        self._room = evidence_bytes - 2 * json_bytes
        self._json_bytes = json_bytes
        self._names: set[str] = set()
        self._cases: dict[str, int] = {}
        self._closing: list[Callable[[], None]] = []

    def array(self, name: str, value: Any) -> None:
        """An array or tensor of real numbers, or lists of numbers."""
        name = self._claim(name)
        with self._whatever_comes(name):
            self._send_array(name, value, wanted="array")

    def answers(self, name: str, value: Any) -> None:
        """An answer, or a list of answers, by exact type."""
        encoded = encode_answer(value, self._framework.read_array)
        self._send({"kind": "answers", "name": self._claim(name, QUESTION_NAME), "value": encoded})

    def text(self, name: str, value: Any) -> None:
        """A text."""
        name = self._claim(name)
        with self._whatever_comes(name):
            if type(value) is not str:
                raise UnreadableError("text", value, f"a text is wanted, not {describe_value(value)}")
            whole = value.encode("utf-8", "backslashreplace")[:MOST_CHARACTERS]
            self._send({"kind": "text", "name": name, "value": whole.decode("utf-8", "ignore")})

    def model(self, name: str, model: Any) -> None:
        """What a model is made of: each tensor's name, shape, type, digest, whether it is trained; each part's type."""
        name = self._claim(name)
        with self._whatever_comes(name):
            self._check_model(model)
            tensors = [
                {
                    "name": tensor.name,
                    "shape": list(exact.shape),
                    "dtype": exact.dtype,
                    "trainable": tensor.trainable,
                    "digest": exact.digest,
                    "same_as": tensor.same_as,
                }
                for tensor in self._framework.list_tensors(model)
                for exact in (self._framework.read_exact(tensor.handle),)
            ]
            modules = [list(pair) for pair in self._framework.list_modules(model)]
            self._send({"kind": "model", "name": name, "tensors": tensors, "modules": modules})

    def outputs(self, name: str, model: Any, *inputs: Any) -> None:
        """What a model makes of its inputs, in evaluation mode and without gradients; its modes are put back."""
        name = self._claim(name)
        with self._whatever_comes(name):
            self._check_model(model)
            self._send_array(name, self._framework.evaluate(model, inputs), wanted="outputs")

    def raises(self, name: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Which exception a call ends with; none is a record too."""
        kind, message = None, ""
        try:
            function(*args, **kwargs)
        except Exception as error:
            kind, message = type(error).__name__[:100], describe_error(error)
        self._send({"kind": "raises", "name": self._claim(name), "type": kind, "message": message})

    def test(self, name: str, student: Student, source: str, *, every: bool = False, printed: bool = False) -> None:
        """What comes of a test that was written for a notebook, run among the student's names: an answer, a table with
        the keys of `run_cell_test`. It is a claim."""
        self.answers(name, run_cell_test(source, open_namespace(student), every=every, printed=printed))

    def step(self, name: str, model: Any, optimizer: Any) -> None:
        """What one step of an optimiser does to each parameter, from weights 0 and gradients 1.

        The model is spent afterwards. A second call under the same name is the next case.
        """
        training = self._import_training("step")
        case = self._cases.get(name, 0)
        self._cases[name] = case + 1
        unique = self._claim(name)
        with self._whatever_comes(unique):
            self._check_model(model)
            training.check_optimizer(optimizer)
            tensors = [
                tensor
                for tensor in self._framework.list_tensors(model)
                if tensor.trainable is not None and tensor.same_as is None
            ]
            groups = training.count_groups(tensors, optimizer)
            changes = training.take_step(tensors, optimizer)
            self._send_arrays({f"{name}.{case}.{tensor}": change for tensor, change in changes.items()})
            names = [tensor.name for tensor in tensors]
            self._send({"kind": "step", "name": name, "case": case, "tensors": names, "groups": groups})

    def each(self, name: str, model: Any) -> Callable[..., None]:
        """A callback `on_epoch(epoch, model)` that notes which tensors changed, and lets those leave.

        The start is noted now, the end when the question ends.
        """
        stages = self._open_stages(name, model, Leaving.WHOLE)
        return stages.note_epoch if stages is not None else ignore_epoch

    @contextmanager
    def moves(self, name: str, model: Any, *, values: bool = False) -> Iterator[None]:
        """Note which tensors of a model changed inside the `with`; with `values` also a few elements of each tensor."""
        stages = self._open_stages(name, model, Leaving.SAMPLE if values else Leaving.NONE, ends_later=False)
        yield
        if stages is not None:
            self._close_stages(stages)

    def gradients(self, name: str, loader: Any, module: Any) -> None:
        """Note what becomes of a module's gradients while a training takes batches from `loader`. PyTorch only."""
        self._want_torch("gradients")
        from .torch_training import note_gradients  # PyTorch only

        name = self._claim(name)
        with self._whatever_comes(name):
            self._check_model(module)
            notes = note_gradients(loader, module)

            def close() -> None:
                self._send_arrays({name: notes.array})
                about = {"batches": notes.batches, "stepped": notes.stepped}
                self._send({"kind": "gradients", "name": name, **about})

            self._closing.append(close)

    def finish(self) -> None:
        """Send what could only be told at the end. The guest calls it once, when the probe's function has returned."""
        closing, self._closing = self._closing, []
        for close in closing:
            close()

    def _open_stages(self, name: str, model: Any, leaving: Leaving, *, ends_later: bool = True) -> Stages | None:
        """Begin to note stages; None where that isn't possible, which is then on record."""
        name = self._claim(name)
        with self._whatever_comes(name):
            self._check_model(model)
            stages = Stages(
                name,
                model,
                self._framework,
                self._send_arrays,
                lambda: self._room,
                leaving=leaving,
                json_bytes=self._json_bytes,
            )
            stages.begin()
            if ends_later:
                self._closing.append(lambda: self._close_stages(stages))
            return stages
        return None

    def _close_stages(self, stages: Stages) -> None:
        """Note the end and send the record."""
        with self._whatever_comes(stages.name):
            stages.finish()
            self._send({"kind": "stages", "name": stages.name, **stages.describe()})

    def _claim(self, name: str, pattern: re.Pattern[str] = NAME) -> str:
        """The name under which the next record of that name goes."""
        if type(name) is not str or pattern.fullmatch(name) is None:
            raise WrongUseError(f"record: the name {name!r} isn't 1 to 32 of A-Z a-z 0-9 _ -")
        unique, number = name, 0
        while unique in self._names:
            number += 1
            unique = f"{name}_{number}"
        self._names.add(unique)
        return unique

    def _import_training(self, what: str) -> ModuleType:
        """What knows the framework's optimisers. Imported late: it needs the framework."""
        name = {"torch": ".torch_training", "tensorflow": ".keras_training"}.get(self._framework.name)
        if name is None:
            raise WrongUseError(f"record.{what} watches PyTorch or Keras; here is no framework")
        return importlib.import_module(name, __package__)

    def _want_torch(self, what: str) -> None:
        """Refuse what only PyTorch has."""
        if self._framework.name != "torch":
            raise WrongUseError(f"record.{what} watches PyTorch; the framework here is {self._framework.name!r}")

    def _check_model(self, model: Any) -> None:
        """Refuse what is no model."""
        if not self._framework.is_model(model):
            raise UnreadableError("model", model, f"a model is wanted, not {describe_value(model)}")

    @contextmanager
    def _whatever_comes(self, name: str) -> Iterator[None]:
        """Turn a value that can't be recorded into a record that says so."""
        try:
            yield
        except UnreadableError as error:
            fields = {"wanted": error.wanted, "type": error.kind[:100], "message": error.message[:MOST_MESSAGE]}
            self._send({"kind": "unusable", "name": name, **fields})

    def _send_array(self, name: str, value: Any, *, wanted: str) -> None:
        """An array and its record."""
        array = self._framework.read_array(value)
        exported = export_array(array) if array is not None else None
        if exported is None:
            raise UnreadableError(wanted, value, f"an array of numbers is wanted, not {describe_value(value)}")
        if shape_bytes(exported) > min(self._room, FRAME_BYTES):
            raise UnreadableError("size", value, f"an array of {exported.nbytes:,} bytes is too large to record")
        self._send_arrays({name: exported})
        self._send({"kind": "array", "name": name})

    def _send_arrays(self, arrays: Mapping[str, Array]) -> None:
        """Arrays, in as many frames as they need."""
        batch: dict[str, Array] = {}
        size = 0
        for name, array in arrays.items():
            if batch and size + shape_bytes(array) > FRAME_BYTES:
                self._send_frame(batch)
                batch, size = {}, 0
            batch[name] = array
            size += shape_bytes(array)
        if batch:
            self._send_frame(batch)

    def _send_frame(self, arrays: Mapping[str, Array]) -> None:
        """One frame of arrays."""
        packed = pack_arrays(arrays)
        self._room -= len(packed)
        self._emit(Kind.ARRAYS, packed)

    def _send(self, record: Mapping[str, Any]) -> None:
        """One record.

        Raises:
            UnreadableError: it is too large for one.
        """
        written = json.dumps(record, allow_nan=False, separators=(",", ":")).encode()
        if len(written) > self._json_bytes:
            message = f"a record of {len(written):,} bytes is too large to leave"
            raise UnreadableError("size", record, message)
        self._room -= len(written)
        self._emit(Kind.RECORD, written)


def ignore_epoch(*args: Any, **kwargs: Any) -> None:
    """Stands in for `on_epoch` where the model couldn't be gone through."""


def describe_value(value: Any) -> str:
    """A value in a message to its author."""
    if value is None:
        return "None (is a return missing?)"
    name = type(value).__name__[:100]
    return (
        f"the class {value.__name__[:100]}"
        if isinstance(value, type)
        else f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
    )


def describe_error(error: Exception) -> str:
    """An exception's message, whatever its class makes of it."""
    try:
        message = str(error)
    except Exception:
        return ""
    return message[:MOST_MESSAGE].encode("utf-8", "replace").decode()
