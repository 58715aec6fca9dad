"""Builds an image through the daemon's classic builder, which every Docker since 20.10 has without any plugin.

Theory of operation
-------------------
Two builds, one on top of the other. The first installs the packages, from an index or from a folder of wheels without
any network, and is kept under a name of its own; it is made again only when what decides it has changed, or when a
fresh one is asked for. The second puts the guest on top: a grader with a newer guest keeps the packages with which a
class was graded.

The wheels enter a stage that is left behind: their layer isn't in the image, and what the stage took is removed.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from grader import __version__
from grader.errors import ProvisionError, SandboxError, UsageError
from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.images.identity import GUEST_LABEL, PACKAGES_LABEL, Image, digest_guest, read_image
from grader.sandbox.images.recipe import (
    CONSTRAINTS,
    Recipe,
    digest_packages,
    find_checkout,
    pack_context,
    select_stages,
)
from grader.sandbox.images.shelf import find_packages
from grader.sandbox.running import GUEST_FOLDER

__all__ = ["build_image", "name_image"]

_STAGE_LABEL = "org.grader.stage=wheels"
_KEPT_LINES = 15


def name_image(framework: str) -> str:
    """The name that the newest image has. It is for people; runs use the id."""
    return f"grader-{framework}:{__version__}"


def build_image(
    daemon: Daemon, recipe: Recipe, *, fresh: bool = False, say: Callable[[str], None] = lambda line: None
) -> Image:
    """Build an image.

    Args:
        daemon: where it is built.
        recipe: how it is wanted.
        fresh: install the packages even where they are there.
        say: is told what is being done, a line each.

    Raises:
        UsageError: the folder of wheels has none, or the Dockerfile isn't there.
        ProvisionError: it can't be built; what the builder said last stands in the details.
        SandboxError: the daemon doesn't answer.
    """
    checkout = find_checkout()
    packages = _name_packages(recipe)
    digest = digest_packages(recipe, checkout)
    if fresh or find_packages(daemon, packages) != digest:
        say(f"{recipe.framework}: installing packages on {recipe.base} {_tell_source(recipe)} …")
        _install_packages(daemon, recipe, checkout, name=packages, digest=digest)
    else:
        say(f"{recipe.framework}: the packages are there already, in {packages}")
    say(f"{recipe.framework}: putting the guest on top …")
    return _add_guest(daemon, recipe, checkout, packages=packages)


def _name_packages(recipe: Recipe) -> str:
    return f"grader-packages:{recipe.framework}-{recipe.device}"


def _tell_source(recipe: Recipe) -> str:
    if recipe.wheels is not None:
        return f"from the wheels in {str(recipe.wheels)!r}, without a network"
    return "from pip's index" + (f" and {recipe.extra_index}" if recipe.extra_index else "")


def _install_packages(daemon: Daemon, recipe: Recipe, checkout: Path, *, name: str, digest: str) -> None:
    constraints = CONSTRAINTS[recipe.framework]
    folders = {} if recipe.wheels is None else {"wheels": _expect_wheels(recipe.wheels)}
    target = f"{recipe.framework}-packages"
    dockerfile = select_stages((checkout / "Dockerfile").read_text("utf-8"), target)
    arguments = {
        "BASE": recipe.base,
        "DEVICE": recipe.device,
        "EXTRA_INDEX": recipe.extra_index or "",
        "PACKAGES": digest,
    }
    wanted = {word: value for word, value in arguments.items() if f"ARG {word}" in dockerfile}
    try:
        with pack_context(dockerfile, folders=folders, files={constraints: checkout / constraints}) as context:
            _build(daemon, context, target=target, name=name, arguments=wanted, offline=recipe.wheels is not None)
    finally:
        _remove_left(daemon)


def _expect_wheels(folder: Path) -> Path:
    if not any(folder.glob("*.whl")):
        raise UsageError(f"no wheels in {str(folder)!r}", command=f"grade image wheels {folder}")
    return folder


def _add_guest(daemon: Daemon, recipe: Recipe, checkout: Path, *, packages: str) -> Image:
    stage = f"{recipe.framework}-packages"
    text = select_stages((checkout / "Dockerfile").read_text("utf-8"), recipe.framework, but=[stage])
    dockerfile = text.replace(f"FROM {stage} ", f"FROM {packages} ")
    name = name_image(recipe.framework)
    arguments = {"GUEST": digest_guest(GUEST_FOLDER), "VERSION": __version__}
    with pack_context(dockerfile, folders={"grader/guest": GUEST_FOLDER}, files={}) as context:
        _build(daemon, context, target=recipe.framework, name=name, arguments=arguments, offline=True)
    with daemon_faults("the new image can't be looked at"):
        image = read_image(daemon.api.inspect_image(name))
    if image is None:
        raise ProvisionError(f"the image {name} was built and lacks its labels; something else took its name")
    return image


def _build(
    daemon: Daemon, context: IO[bytes], *, target: str, name: str, arguments: Mapping[str, str], offline: bool
) -> None:
    """Build one stage, and give it a name.

    Raises:
        ProvisionError: it can't be built.
        SandboxError: the daemon doesn't answer.
    """
    with daemon_faults("the image can't be built"):
        answers: Iterable[Mapping[str, Any]] = daemon.api.build(
            fileobj=context,
            custom_context=True,
            target=target,
            tag=name,
            buildargs=dict(arguments),
            network_mode="none" if offline else None,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=None,  # an installation says nothing for minutes
        )
        _follow(answers, name)


def _follow(answers: Iterable[Mapping[str, Any]], name: str) -> None:
    """Read what the builder says to its end, a failure too: the connection is whole only then."""
    said: list[str] = []
    failed = False
    for answer in answers:
        failed = failed or "error" in answer
        said += _read_lines(str(answer.get("error") or answer.get("stream") or ""))
    if failed:
        raise ProvisionError(f"the image {name} can't be built", details=tuple(said[-_KEPT_LINES:]))


def _read_lines(text: str) -> Iterator[str]:
    """What the builder and its commands print, without their colours' control characters."""
    for line in text.splitlines():
        cleaned = "".join(character for character in line if character.isprintable()).strip()
        if cleaned:
            yield cleaned


def _remove_left(daemon: Daemon) -> None:
    """Remove stages with wheels, and packages that others have replaced: nothing ever runs in either.

    What stays, because an image stands on it or the daemon is busy, costs disk and nothing else.
    """
    for label in (_STAGE_LABEL, PACKAGES_LABEL):
        with contextlib.suppress(SandboxError), daemon_faults("what a build has left can't be removed"):
            for found in daemon.api.images(filters={"label": label, "dangling": True}):
                if GUEST_LABEL not in (found.get("Labels") or {}):
                    daemon.api.remove_image(found["Id"])
