"""Images with a framework and the guest in them: what a container may run in, in place of this machine's own Python."""

from grader.sandbox.images.build import build_image
from grader.sandbox.images.identity import Image
from grader.sandbox.images.recipe import DEFAULT_BASE, FRAMEWORKS, Recipe
from grader.sandbox.images.shelf import choose_image, list_images
from grader.sandbox.images.wheels import gather_wheels

__all__ = [
    "DEFAULT_BASE",
    "FRAMEWORKS",
    "Image",
    "Recipe",
    "build_image",
    "choose_image",
    "gather_wheels",
    "list_images",
]
