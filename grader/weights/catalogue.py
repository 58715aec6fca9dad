"""The checkpoints that an assignment can name, and where each is had. Facts only; nothing is opened or fetched here.

The file names are those that torchvision and Keras look for in their caches, so a student's `resnet18(weights=…)` finds
the file where it always is. Sources: the `url` and `_file_size` of torchvision's weights enums; the names built in
`keras/src/applications`. torch.hub puts the first digits of a file's SHA-256 into its name; Keras doesn't.
"""

import difflib
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from grader.errors import UsageError
from grader.limits import MIB

__all__ = ["CATALOGUE", "Checkpoint", "Library", "find_checkpoint"]

Library = Literal["torchvision", "keras"]

FRAMEWORKS: dict[Library, str] = {"torchvision": "torch", "keras": "tensorflow"}
DIGEST_IN_NAME = re.compile(r"-([0-9a-f]{8,64})\.[a-z0-9]+$")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """One published checkpoint.

    `name` is what `assignment.toml` says, `title` what a person calls the model, `file` its name in the library's
    cache. `about_bytes` is its size to within a few percent. `sha256` is the whole digest, where it is known.
    """

    name: str
    title: str
    library: Library
    file: str
    url: str
    licence: str
    about_bytes: int
    sha256: str | None = None

    @property
    def framework(self) -> str:
        """The framework that opens it: "torch" or "tensorflow"."""
        return FRAMEWORKS[self.library]

    @property
    def source(self) -> str:
        """The host that it comes from, for people."""
        return urlsplit(self.url).hostname or self.url

    @property
    def digest_prefix(self) -> str | None:
        """What the file's SHA-256 begins with, or None where nobody published it."""
        if self.sha256 is not None:
            return self.sha256
        found = DIGEST_IN_NAME.search(self.file)
        return found.group(1) if found else None


def torchvision_checkpoint(name: str, title: str, file: str, mebibytes: float) -> Checkpoint:
    """One of torchvision's."""
    return Checkpoint(
        name=f"torchvision/{name}",
        title=title,
        library="torchvision",
        file=file,
        url=f"https://download.pytorch.org/models/{file}",
        licence="BSD-3-Clause",
        about_bytes=round(mebibytes * MIB),
    )


def keras_mobilenet_v2(name: str, rows: int, *, top: bool, mebibytes: float) -> Checkpoint:
    """One of Keras' MobileNetV2, trained on pictures of `rows` by `rows` pixels."""
    file = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{rows}{'' if top else '_no_top'}.h5"
    return Checkpoint(
        name=f"keras/mobilenet_v2/{name}",
        title="MobileNetV2",
        library="keras",
        file=file,
        url=f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{file}",
        licence="Apache-2.0",
        about_bytes=round(mebibytes * MIB),
    )


KNOWN = (
    torchvision_checkpoint("resnet18/IMAGENET1K_V1", "ResNet-18", "resnet18-f37072fd.pth", 44.661),
    torchvision_checkpoint("resnet50/IMAGENET1K_V1", "ResNet-50", "resnet50-0676ba61.pth", 97.781),
    torchvision_checkpoint("resnet50/IMAGENET1K_V2", "ResNet-50", "resnet50-11ad3fa6.pth", 97.79),
    torchvision_checkpoint("mobilenet_v2/IMAGENET1K_V1", "MobileNetV2", "mobilenet_v2-b0353104.pth", 13.555),
    torchvision_checkpoint("mobilenet_v2/IMAGENET1K_V2", "MobileNetV2", "mobilenet_v2-7ebf99e0.pth", 13.598),
    keras_mobilenet_v2("imagenet", 224, top=True, mebibytes=13.9),
    *(
        keras_mobilenet_v2(f"imagenet_no_top_{rows}", rows, top=False, mebibytes=9.0)
        for rows in (96, 128, 160, 192, 224)
    ),
)

CATALOGUE: dict[str, Checkpoint] = {checkpoint.name: checkpoint for checkpoint in KNOWN}


def find_checkpoint(name: str) -> Checkpoint:
    """The checkpoint of that name.

    Raises:
        UsageError: there is none; the message names those that come close.
    """
    found = CATALOGUE.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, CATALOGUE, n=3, cutoff=0.5)
    raise UsageError(
        f"no checkpoint {name!r} is known",
        details=(f"Did you mean: {', '.join(near)}" if near else f"Known: {', '.join(CATALOGUE)}",),
    )
