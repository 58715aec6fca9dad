"""The quick run: the author's own training, many times over on what is computed once. No student code, no labels of
hidden data.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import Array, export_array, pack_arrays
from .framework_choice import choose_framework
from .given import Given
from .protocol import Kind
from .wrong_use import WrongUseError

__all__ = ["run_quick"]

WAY = re.compile(r"[A-Za-z0-9_-]{1,60}")
WANTED = "{way: {name of an array of the evidence: values, one for each seed}}"


def run_quick(
    function: Callable[[Given, list[int]], Any],
    given: Given,
    question: str,
    job: Mapping[str, Any],
    emit: Callable[[Kind, bytes], None],
) -> None:
    """Call `function(given, seeds)` once; of each way to train, what it left leaves as arrays `way.name`.

    Raises:
        WrongUseError: it returned something else than tensors by way and name, one value for each seed.
    """
    framework = choose_framework(str(job["framework"]))
    seeds: list[int] = list(job["values"]["quick"]["seeds"])
    returned = function(given, seeds)
    if not isinstance(returned, Mapping):
        raise WrongUseError(f"quick.py: {question} returned a {type(returned).__name__}; {WANTED} is right")
    for way, left in returned.items():
        if not isinstance(way, str) or not WAY.fullmatch(way) or not isinstance(left, Mapping):
            raise WrongUseError(f"quick.py: {question} returned {way!r}: …; {WANTED} is right, a way without dots")
        arrays = {f"{way}.{name}": read(framework.read_array(value), name, seeds) for name, value in left.items()}
        emit(Kind.ARRAYS, pack_arrays(arrays))


def read(array: Array | None, name: object, seeds: Sequence[int]) -> Array:
    """One of the values, as it may leave.

    Raises:
        WrongUseError: it is no array, or hasn't one value for each seed.
    """
    exported = None if array is None else export_array(np.asarray(array))
    if exported is None or exported.ndim < 1 or len(exported) != len(seeds):
        raise WrongUseError(f"quick.py: {name!r} must be a tensor with one value for each of {len(seeds)} seeds")
    return exported
