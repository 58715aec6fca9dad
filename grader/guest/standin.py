"""What stand-ins for checkpoints are made of: numbers and pictures that are the same everywhere. numpy only.

A stand-in has a checkpoint's names and shapes and deterministic values. It has learnt nothing, but its layers keep a
signal alive and its running statistics fit pictures, so a new head on it can learn: enough to try an assignment out
where the real weights can't be had.

Only Philox's raw bits are used, which numpy promises never to change, and arithmetic that every machine rounds alike.
"""

import hashlib
import json
import math

import numpy as np

from .arrays import Array

__all__ = ["SIDE", "make_pictures", "make_uniform", "round_binary"]

SIDE = 64
PICTURES = 32
# Each picture adds up grids of so many cells a side, in these parts: its colour, large shapes, small ones, grain.
GRIDS = {1: 0.35, 4: 0.35, 16: 0.2, 64: 0.1}
CONTRAST = 1.6
KEPT_BITS = 10


def make_uniform(key: tuple[str, ...], shape: tuple[int, ...]) -> Array:
    """Numbers in [-1, 1), multiples of 2**-23, float64: the key's own, whatever else is made."""
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    raw = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(math.prod(shape))
    return ((raw >> np.uint64(40)).astype(np.float64) / 2**23 - 1).reshape(shape)


def make_pictures() -> Array:
    """Pictures [PICTURES, 3, SIDE, SIDE], float64 in [0, 1], with colours and shapes of many sizes."""
    total = np.full((PICTURES, 3, SIDE, SIDE), 0.5)
    for cells, part in GRIDS.items():
        grid = make_uniform(("pictures", str(cells)), (PICTURES, 3, cells, cells)) / 2
        total += CONTRAST * part * grid.repeat(SIDE // cells, axis=2).repeat(SIDE // cells, axis=3)
    return total.clip(0, 1)


def round_binary(values: Array) -> Array:
    """Numbers rounded to ten binary digits: computed ones come out the same on any machine, all but always."""
    parts, exponents = np.frexp(values)
    return np.asarray(np.ldexp(np.round(parts * 2**KEPT_BITS) / 2**KEPT_BITS, exponents))
