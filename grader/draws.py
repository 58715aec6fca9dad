"""Hidden inputs: which draw a submission gets, and the data of a draw.

Where an assignment has variants, a student meets the inputs of a draw and a variant: both together name them.

A draw is named by HMACs of the grader's secret, so that nobody can work out beforehand which inputs a submission
meets, while a regrade meets the same ones. The key that names it enters the sandbox, where a student can read it; the
data come from another one, which doesn't: else who has seen `data.py` could work out the labels. `data.py` is the
author's own code: it runs here, outside, with numpy only.
"""

import hashlib
import hmac
import json
import runpy
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from safetensors.numpy import save

from grader.errors import Fault, SpecError, UsageError
from grader.evidence.model import Array
from grader.spec.fields import Variant, find_combination, number_combination
from grader.spec.model import Assignment

__all__ = ["Data", "Draw", "Pick", "load_data", "name_draw", "name_pick", "pick_draw", "pick_variant"]


@dataclass(frozen=True)
class Draw:
    """One of an assignment's sets of hidden inputs. `key` (64 hex digits) names it inside; `seed` is public there.

    `data_key` never enters a sandbox. `chosen` is the variant of whoever meets it: a value for each name.
    `variation` gives the same inputs another seed: 0 is what students are graded with first; others are for a run near
    to a check's line, and for an author who asks what hangs on chance.
    """

    number: int
    key: str
    data_key: str = field(kw_only=True, repr=False)
    variation: int = field(default=0, kw_only=True)
    chosen: Mapping[str, Any] = field(default_factory=dict, kw_only=True, hash=False)

    @property
    def variant(self) -> SimpleNamespace:
        """The variant for `data.py`, as the probe has it: `draw.variant.name`."""
        return SimpleNamespace(**self.chosen)

    @property
    def seed(self) -> int:
        """What every generator inside is seeded from: 31 bits."""
        word = self.key
        if self.variation:
            word = hashlib.sha256(f"seed:{self.key}:{self.variation}".encode()).hexdigest()
        return int(word[:8], 16) & 0x7FFFFFFF

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator for `data.py`: a stream of its own, that nothing inside the sandbox can compute."""
        digest = hashlib.sha256(f"data:{self.data_key}".encode()).hexdigest()
        return np.random.Generator(np.random.Philox(key=int(digest[:32], 16)))


@dataclass(frozen=True)
class Pick:
    """Which inputs somebody meets: the number of the draw, and that of the combination of variants."""

    draw: int
    combination: int = 0


@dataclass(frozen=True, kw_only=True)
class Data:
    """One draw's data. `given` are arrays by name, `values` JSON values: both enter. `kept` never does.

    `packed` are the arrays as safetensors, where they come as that: nobody here looks into them.
    """

    given: Mapping[str, Array] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    packed: bytes | None = field(default=None, repr=False)

    def pack_given(self, more: Mapping[str, Array] | None = None) -> bytes:
        """The arrays that enter, and `more`, as safetensors; empty where there are none."""
        if self.packed is not None and not more:
            return self.packed
        arrays = {**self.given, **(more or {})}
        return save({name: np.asarray(array, order="C") for name, array in arrays.items()}) if arrays else b""


def pick_draw(assignment: Assignment, *, secret: bytes, submission_digest: str, attempt: int) -> int:
    """The number of the draw that an attempt is graded on: the same each time it is graded."""
    word = f"{assignment.slug}\n{submission_digest}\n{attempt}".encode()
    return int.from_bytes(hmac.digest(secret, word, "sha256")[:8]) % assignment.draws


def pick_variant(assignment: Assignment, *, secret: bytes, student: str | None) -> dict[str, Any]:
    """A student's variant: the same in every attempt and every time it is graded. A team's is drawn by its name.

    Raises:
        UsageError: nobody is named, and each student has another one.
    """
    if not assignment.variants:
        return {}
    if student is None or not student.strip():
        raise UsageError(
            f"whose is it? {assignment.slug!r} differs from student to student, in {', '.join(assignment.variants)}",
            details=("--student takes the id that the roster has, or the name of a team. GRADER_STUDENT does too.",),
            command="grade submit … --student ID",
        )
    whose = unicodedata.normalize("NFC", student.strip())
    chosen = {}
    for name, values in assignment.variants.items():
        word = json.dumps(["variant", assignment.slug, name, whose]).encode()
        chosen[name] = values[int.from_bytes(hmac.digest(secret, word, "sha256")[:8]) % len(values)]
    return chosen


def name_draw(
    assignment: Assignment, number: int, *, secret: bytes, variant: Variant | None = None, purpose: str = ""
) -> Draw:
    """The draw with that number, for a variant (left out: the first combination). Other variants have other inputs.

    `purpose` tells draws apart that never meet: those for practice from those that count.

    Raises:
        UsageError: the assignment has no such variant, or no longer.
    """
    chosen = find_combination(assignment.variants, 0) if variant is None else dict(variant)
    if number_combination(assignment.variants, chosen) is None:
        raise UsageError(f"{assignment.slug!r} has no variant {json.dumps(chosen)}: its [variants] have changed since")
    own = f"\n{json.dumps(chosen, sort_keys=True)}" if chosen else ""
    key, data_key = (
        hmac.digest(secret, f"{purpose}{word}\n{assignment.slug}\n{number}{own}".encode(), "sha256").hex()
        for word in ("draw", "data")
    )
    return Draw(number, key, data_key=data_key, chosen=chosen)


def name_pick(assignment: Assignment, pick: Pick, *, secret: bytes) -> Draw:
    """The draw that a pick names."""
    variant = find_combination(assignment.variants, pick.combination)
    return name_draw(assignment, pick.draw, secret=secret, variant=variant)


def load_data(assignment: Assignment, draw: Draw) -> Data:
    """What `reference/<slug>/data.py` makes for a draw; nothing where there is no such file.

    Raises:
        SpecError: the file can't be run, or doesn't return (given, kept).
    """
    path = None if assignment.reference is None else assignment.reference / "data.py"
    if path is None or not path.is_file():
        return Data()
    given, kept = run_data(path, replace(draw))  # a generator of its own: one that was used makes other data
    arrays: dict[str, Array] = {}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, tuple) and value and all(isinstance(part, np.ndarray) for part in value):
            arrays.update({f"{name}.{number}": part for number, part in enumerate(value)})
        else:
            values[name] = expect_json(path, name, value)
    return Data(given=arrays, values=values, kept=kept)


def expect_json(path: Path, name: str, value: Any) -> Any:
    """A value that JSON can hold.

    Raises:
        SpecError: it can't.
    """
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        fault = Fault(str(path), f"given[{name!r}] can't enter a run: {error}", "an array, or plain JSON values")
        raise SpecError(f"the data of {path.parent.name!r} can't be made", faults=(fault,)) from error
    return value


def run_data(path: Path, draw: Draw) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Call the author's `data(draw)`."""
    try:
        given, kept = runpy.run_path(str(path))["data"](draw)
        return dict(given), dict(kept)
    except Exception as error:  # the author's code can raise anything
        fault = Fault(
            str(path), f"data(draw) failed: {type(error).__name__}: {error}", "it returns (given, kept), two dicts"
        )
        raise SpecError(f"the data of {path.parent.name!r} can't be made", faults=(fault,)) from error
