"""torchvision's two operators that its import needs, where its own compiled part can't be loaded.

`import torchvision` registers fake versions of `nms` and `qnms` and fails where nobody defined them, which happens
where its compiled library doesn't fit the installed torch. Classifiers, all that an assignment uses, need neither.
"""

import importlib.util
from pathlib import Path

import torch

__all__ = ["define_operators"]

SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
library: list[torch.library.Library] = []  # definitions last as long as their library


def define_operators() -> None:
    """Define what `import torchvision` will look for, unless its own library defines it. Harmless when called again."""
    if library or load_extension():
        return
    fragment = torch.library.Library("torchvision", "FRAGMENT")
    for name, schema in SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):
            fragment.define(name + schema)
    library.append(fragment)


def load_extension() -> bool:
    """Load torchvision's own library, as its import would do next; whether that worked."""
    spec = importlib.util.find_spec("torchvision")
    folders = spec.submodule_search_locations if spec is not None else None
    for folder in folders or ():
        for path in sorted(Path(folder).glob("_C.*")):
            try:
                torch.ops.load_library(path)
            except (ImportError, OSError):
                continue
            return True
    return False
