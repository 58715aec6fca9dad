"""The images of ours that a daemon has."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.images.identity import GUEST_LABEL, PACKAGES_LABEL, Image, read_image
from grader.sandbox.images.recipe import FRAMEWORKS
from grader.sandbox.running import GUEST_FOLDER

__all__ = ["choose_image", "choose_images", "find_packages", "list_images"]


def list_images(daemon: Daemon, framework: str | None = None) -> tuple[Image, ...]:
    """Our images, the newest first; one that lost its name to another comes after all that have one.

    A build whose steps were all made before gives an old image, with its old date: the name says which was last.

    Raises:
        SandboxError: the daemon doesn't answer.
    """
    found = (read_image(described) for described in _inspect_labelled(daemon, GUEST_LABEL))
    images = [image for image in found if image is not None and framework in (None, image.framework)]
    return tuple(sorted(images, key=lambda image: (bool(image.names), image.created), reverse=True))


def choose_image(images: Sequence[Image], *, guest: Path = GUEST_FOLDER) -> Image | None:
    """Of a framework's images the one for runs: the newest in which this guest lies."""
    return next((image for image in images if image.fits(guest)), None)


def choose_images(daemon: Daemon, *, guest: Path = GUEST_FOLDER) -> dict[str, str]:
    """For each framework of which there is an image, the id of the one for runs.

    Where none of them has this guest, that of the newest: whoever built an image means it to be used, and a run is
    refused with what mends it rather than made in something else.

    Raises:
        SandboxError: the daemon doesn't answer.
    """
    chosen: dict[str, str] = {}
    for framework in FRAMEWORKS:
        images = list_images(daemon, framework)
        if images:
            chosen[framework] = (choose_image(images, guest=guest) or images[0]).id
    return chosen


def find_packages(daemon: Daemon, name: str) -> str | None:
    """The digest of what is installed in the image of that name, by its label; None where there is no such image."""
    for described in _inspect_labelled(daemon, PACKAGES_LABEL):
        if name in (described.get("RepoTags") or ()):
            return str(described["Config"]["Labels"][PACKAGES_LABEL])
    return None


def _inspect_labelled(daemon: Daemon, label: str) -> list[Mapping[str, Any]]:
    from docker.errors import ImageNotFound

    described = []
    with daemon_faults("the Docker daemon's images can't be looked at"):
        for found in daemon.api.images(filters={"label": label}):
            try:
                described.append(daemon.api.inspect_image(found["Id"]))
            except ImageNotFound:  # removed meanwhile
                continue
    return described
