"""Containers of an image that has everything in it: Python with a framework, and the guest. Which image may be used.

An image is found by a name and used by its id. It is refused where its labels say that it holds another guest than
this grader's, or another framework than the run's; and where it declares volumes, which would be folders on the
daemon's disk that a run could fill.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from grader.errors import SandboxError
from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.images.identity import Image, read_image

__all__ = ["CLOSED_FOLDERS", "find_image"]

CLOSED_FOLDERS = ("/boot", "/home", "/media", "/mnt", "/root", "/run", "/srv", "/var")
"""Of an image's own files what no run needs: an empty folder each, so that all images look alike."""


def find_image(daemon: Daemon, name: str, *, framework: str, guest: Path) -> Image:
    """The image of a name, where runs of a framework may be made in it.

    Raises:
        SandboxError: there is no such image, or it isn't one for this grader or this framework; the command says how to
            build one.
    """
    from docker.errors import ImageNotFound

    command = f"grade image build {framework if framework != 'none' else 'torch'}"
    with daemon_faults("the Docker daemon's images can't be looked at"):
        try:
            described: Mapping[str, Any] = daemon.api.inspect_image(name)
        except ImageNotFound as error:
            raise SandboxError(f"there is no image {name!r}", command=command) from error
    image = read_image(described)
    if image is None:
        raise SandboxError(
            f"the image {name!r} isn't a grader's: it has no labels that say what it holds", command=command
        )
    if not image.fits(guest):
        made = f"grader {image.version}" if image.version else "another grader"
        raise SandboxError(f"the image {name!r} was made by {made}: its guest isn't this one's", command=command)
    if framework not in ("none", image.framework):
        raise SandboxError(f"the image {name!r} has {image.framework}; the run needs {framework}", command=command)
    if (described.get("Config") or {}).get("Volumes"):
        raise SandboxError(f"the image {name!r} declares volumes; a run could fill the daemon's disk", command=command)
    return image
