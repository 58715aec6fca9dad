"""The predict run: the author's function on the tensors that a training left. No student code, no labels."""

from collections.abc import Callable, Mapping
from typing import Any

from .arrays import Array, export_array, pack_arrays
from .framework_choice import choose_framework
from .given import Given
from .protocol import Kind
from .wrong_use import WrongUseError

__all__ = ["run_predict"]


def run_predict(
    function: Callable[[Given, dict[str, Any]], Any],
    given: Given,
    question: str,
    job: Mapping[str, Any],
    emit: Callable[[Kind, bytes], None],
) -> None:
    """Call `function(given, tensors)` once for each stage; its outputs leave as arrays `stage` or `stage.key`.

    Raises:
        WrongUseError: it returned something else than a tensor or a dictionary of tensors.
    """
    framework = choose_framework(str(job["framework"]))
    planned = job["values"]["stages"][question]
    for index, names in enumerate(planned["stages"]):
        tensors = {name: given[f"{planned['record']}.{index}.{name}"] for name in names}
        with framework.without_gradients():
            outputs = function(given, tensors)
        keyed = outputs if isinstance(outputs, dict) else {"": outputs}
        arrays: dict[str, Array] = {}
        for key, value in keyed.items():
            array = framework.read_array(value)
            exported = export_array(array) if array is not None else None
            if exported is None:
                kind = type(value).__name__
                raise WrongUseError(
                    f"predict.py: {question} returned a {kind}; a tensor or a dictionary of tensors is right"
                )
            arrays[f"{index}.{key}" if key else str(index)] = exported
        emit(Kind.ARRAYS, pack_arrays(arrays))
