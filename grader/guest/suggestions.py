"""Names that come near a misspelt one."""

import builtins
import difflib
import sys
from collections.abc import Sequence
from types import FrameType

__all__ = ["near_names", "suggest_help"]

MOST_CANDIDATES = 4_000
USUAL_IMPORTS = {
    "np": "import numpy as np",
    "torch": "import torch",
    "nn": "from torch import nn",
    "F": "import torch.nn.functional as F",
    "optim": "from torch import optim",
    "plt": "import matplotlib.pyplot as plt",
    "pd": "import pandas as pd",
    "tf": "import tensorflow as tf",
    "keras": "from tensorflow import keras",
    "torchvision": "import torchvision",
    "transforms": "from torchvision import transforms",
    "models": "from torchvision import models",
    "Path": "from pathlib import Path",
    "DataLoader": "from torch.utils.data import DataLoader",
}


def near_names(name: str, candidates: Sequence[str], *, most: int = 3) -> list[str]:
    """The candidates that look like `name`, nearest first; capitals and underscores count little."""
    plain: dict[str, str] = {}
    for candidate in candidates:
        plain.setdefault(flatten(candidate), candidate)
    near = difflib.get_close_matches(flatten(name), list(plain), n=most, cutoff=0.7)
    return [plain[key] for key in near if plain[key] != name]


def flatten(name: str) -> str:
    """A name without its capitals and underscores."""
    return name.lower().replace("_", "")


def suggest_help(error: BaseException, frame: FrameType | None) -> str | None:
    """ "Did you mean: 'images'?" for a name or an attribute that isn't there."""
    name = getattr(error, "name", None)
    if not isinstance(name, str) or not isinstance(error, NameError | AttributeError | ImportError):
        return None
    if isinstance(error, NameError):
        return suggest_name(name, frame)
    if isinstance(error, ImportError):
        return None
    return suggest_attribute(name, getattr(error, "obj", None))


def suggest_name(name: str, frame: FrameType | None) -> str | None:
    """A variable that comes near, or the import that is missing."""
    if name in USUAL_IMPORTS:
        return f"Did you forget `{USUAL_IMPORTS[name]}`?"
    if name in sys.stdlib_module_names:
        return f"Did you forget `import {name}`?"
    candidates: list[str] = []
    if frame is not None:
        candidates = [*frame.f_locals, *frame.f_globals]
    near = nearest(name, [*candidates, *dir(builtins)])
    return None if near is None else f"Did you mean: {near!r}?"


def suggest_attribute(name: str, owner: object) -> str | None:
    """An attribute that comes near."""
    near = None if owner is None else nearest(name, dir(owner))
    return None if near is None else f"Did you mean: {near!r}?"


def nearest(name: str, candidates: Sequence[object]) -> str | None:
    """The nearest of some names, if it's near enough."""
    names = [candidate for candidate in candidates[:MOST_CANDIDATES] if type(candidate) is str and candidate != name]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return near[0] if near else None
