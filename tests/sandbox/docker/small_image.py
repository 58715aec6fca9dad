"""Small images for tests: the base of continuous integration, numpy and safetensors of this environment, and a guest.

They look as what `grade image build` makes, and are there in two seconds instead of minutes.
"""

import atexit
import contextlib
import hashlib
import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy
import safetensors
from docker import APIClient
from docker.errors import APIError, ImageNotFound, NotFound

from grader.sandbox.images.identity import FRAMEWORK_LABEL, GUEST_LABEL, digest_guest

__all__ = ["BASE", "container", "find_base_trouble", "make_image"]

BASE = "grader-base:bookworm"
REPOSITORY = "grader-test"
PACKAGES = f"{REPOSITORY}:packages"
SITE = f"opt/venv/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


@lru_cache(maxsize=1)
def find_base_trouble() -> str | None:
    """Why no small image can be made here; None where it can. Docker's daemon is there."""
    if sys.version_info[:2] != (3, 11):
        return "the base image has Python 3.11, this is another one, and compiled packages go with one of them"
    with closing(APIClient()) as api:
        try:
            api.inspect_image(BASE)
        except ImageNotFound:
            return f"there is no image {BASE}; run scripts/make-base-image"
    return None


def make_image(api: Any, guest: Path, *further: str, **labels: str) -> str:
    """The id of an image with this guest, and further lines of a Dockerfile; labels are given without "org.grader."."""
    said = {GUEST_LABEL: digest_guest(guest), FRAMEWORK_LABEL: "none"}
    said |= {f"org.grader.{name}": value for name, value in labels.items()}
    changes = [f'LABEL {name}="{value}"' for name, value in said.items()] + list(further)
    digest = hashlib.sha256("\n".join(changes).encode()).hexdigest()[:20]
    return find_or_commit(api, f"{REPOSITORY}:{digest}", lambda: packages(api), {"opt/guest": guest}, changes)


def packages(api: Any) -> str:
    """An environment with what the guest needs, made once."""
    sites = {Path(module.__file__ or "").parents[1] for module in (numpy, safetensors)}
    found = {
        f"{SITE}/{path.name}": path
        for site in sites
        for path in site.iterdir()
        if path.name.split("-")[0].split(".")[0] in {"numpy", "safetensors"}
    }
    changes = ["ENV FOREIGN=from-the-base"]
    return find_or_commit(api, PACKAGES, lambda: BASE, found, changes, environment=True)


def find_or_commit(
    api: Any,
    name: str,
    base: Callable[[], str],
    content: dict[str, Path],
    changes: list[str],
    *,
    environment: bool = False,
) -> str:
    """An image with files added, by way of a container that never runs. What this program made, it removes again."""
    try:
        return str(api.inspect_image(name)["Id"])
    except ImageNotFound:
        pass
    with container(api, base()) as id:
        api.put_archive(id, "/", pack(content, environment=environment))
        repository, tag = name.split(":")
        made = str(api.commit(id, repository=repository, tag=tag, changes=changes)["Id"])
    atexit.register(remove, name)
    return made


def remove(name: str) -> None:
    """Remove an image, if no other stands on it."""
    with closing(APIClient()) as api, contextlib.suppress(APIError):
        api.remove_image(name)


@contextmanager
def container(api: Any, image: str, *, labels: dict[str, str] | None = None) -> Iterator[str]:
    """A container that is never started."""
    configuration = {"Image": image, "Entrypoint": ["/nothing"], "Labels": labels or {}}
    id = api.create_container_from_config(configuration, None)["Id"]
    try:
        yield id
    finally:
        with contextlib.suppress(NotFound):
            api.remove_container(id, force=True)


def pack(content: dict[str, Path], *, environment: bool) -> bytes:
    """A tar of files and folders by where they go, without anyone's compiled files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        if environment:
            link = tarfile.TarInfo("opt/venv/bin/python")
            link.type, link.linkname = tarfile.SYMTYPE, "/usr/bin/python3"
            archive.addfile(link)
            text = b"home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"
            settings = tarfile.TarInfo("opt/venv/pyvenv.cfg")
            settings.size = len(text)
            archive.addfile(settings, io.BytesIO(text))
        for target, source in content.items():
            archive.add(source, target, filter=leave_out)
    return packed.getvalue()


def leave_out(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Root's, readable by everyone, and nothing that Python compiled here."""
    if "__pycache__" in member.name or "/tests/" in member.name:
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o755 if member.isdir() else 0o644
    return member
