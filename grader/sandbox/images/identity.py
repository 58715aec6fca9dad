"""What an image says of itself, and what it must say to be used. No daemon is asked here.

An image is used by its id, the digest of its content and configuration; a name may come to mean another. Its labels say
which guest lies in it: a grader talks to the guest of its own version alone, so an image with any other is refused.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "BASE_LABEL",
    "FRAMEWORK_LABEL",
    "GUEST_LABEL",
    "PACKAGES_LABEL",
    "PYTHON",
    "VERSION_LABEL",
    "Image",
    "digest_guest",
    "read_image",
]

GUEST_LABEL = "org.grader.guest"
FRAMEWORK_LABEL = "org.grader.framework"
VERSION_LABEL = "org.grader.version"
PACKAGES_LABEL = "org.grader.packages"
BASE_LABEL = "org.grader.base"
PYTHON = "/opt/venv/bin/python"
"""The interpreter inside; the guest lies in `policy.GUEST`."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of ours, as the daemon describes it."""

    id: str  # "sha256:…": by this it is run
    names: tuple[str, ...]
    framework: str
    guest: str
    version: str  # of the grader that made it
    base: str  # the name of the image on which it stands
    size_bytes: int
    created: str
    environment: tuple[str, ...] = ()  # variables that its base brought along, which no policy gave

    def fits(self, guest: Path) -> bool:
        """Whether the guest inside is this one."""
        return self.guest == digest_guest(guest)


def digest_guest(folder: Path) -> str:
    """The guest's files by path and content: "sha256:…"."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def read_image(described: Mapping[str, Any]) -> Image | None:
    """What the daemon says of an image (its inspection); None for one that isn't ours."""
    configuration = described.get("Config") or {}
    labels = configuration.get("Labels") or {}
    if not labels.get(GUEST_LABEL) or not labels.get(FRAMEWORK_LABEL):
        return None
    return Image(
        id=described["Id"],
        names=tuple(described.get("RepoTags") or ()),
        framework=labels[FRAMEWORK_LABEL],
        guest=labels[GUEST_LABEL],
        version=labels.get(VERSION_LABEL, ""),
        base=labels.get(BASE_LABEL, ""),
        size_bytes=int(described.get("Size") or 0),
        created=str(described.get("Created") or ""),
        environment=tuple(line.partition("=")[0] for line in configuration.get("Env") or ()),
    )
