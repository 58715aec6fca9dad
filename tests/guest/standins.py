"""The stand-in for ResNet-18, made once for all tests that want it."""

from functools import cache

from grader.guest.torchvision_operators import define_operators

define_operators()

from torchvision.models import resnet18  # noqa: E402

from grader.guest.torch_standin import make_torch_standin  # noqa: E402 - it imports torchvision

__all__ = ["CHECKPOINT", "make_resnet18", "resnet18"]

CHECKPOINT = "torchvision/resnet18/IMAGENET1K_V1"


@cache
def make_resnet18() -> bytes:
    """The file's bytes."""
    return make_torch_standin(CHECKPOINT)
