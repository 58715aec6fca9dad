"""Images built by a real daemon: small ones, of a Dockerfile with the same stages; and what is told when it fails."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from grader.errors import ProvisionError, UsageError
from grader.sandbox import docker
from grader.sandbox.docker.daemon import Daemon, connect_daemon
from grader.sandbox.images import Image, Recipe, build_image, choose_image, list_images, recipe
from grader.sandbox.images import build as building
from grader.sandbox.images.identity import digest_guest
from grader.sandbox.running import GUEST_FOLDER
from tests.sandbox.docker.small_image import BASE, find_base_trouble

FRAMEWORK = "tiny"
DOCKERFILE = """\
ARG BASE
FROM ${BASE} AS tiny-wheels
COPY pins.txt wheels* /build/
RUN mkdir /opt/venv && cp /build/* /opt/venv && ! cat /sys/class/net/eth0/address
LABEL org.grader.stage=wheels
FROM ${BASE} AS tiny-packages
COPY --from=tiny-wheels /opt/venv /opt/venv
RUN head -c 8 /dev/urandom >/opt/venv/made
ARG PACKAGES=
ARG BASE
LABEL org.grader.framework=tiny org.grader.packages=$PACKAGES org.grader.base=$BASE
FROM tiny-packages AS tiny
COPY grader/guest /opt/guest
ARG GUEST=
ARG VERSION=
LABEL org.grader.guest=$GUEST org.grader.version=$VERSION
"""


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """This machine's daemon; what was built is removed at the end."""
    trouble = docker.find_docker_trouble() or find_base_trouble()
    if trouble is not None:
        pytest.skip(str(trouble))
    found = connect_daemon()
    with closing(found.api):
        yield found
        for image in list_images(found, FRAMEWORK):
            found.api.remove_image(image.id, force=True)
        for left in found.api.images(name=f"grader-packages:{FRAMEWORK}-cpu"):
            found.api.remove_image(left["Id"], force=True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose Dockerfile installs a file or two."""
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "pins.txt").write_text("a==1\n")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "a-1-py3-none-any.whl").write_bytes(b"wheel")
    monkeypatch.setattr(building, "find_checkout", lambda: tmp_path)
    for module in (building, recipe):
        monkeypatch.setattr(module, "CONSTRAINTS", {FRAMEWORK: "pins.txt"})
    return tmp_path


def build(daemon: Daemon, checkout: Path, *, fresh: bool = False) -> tuple[Image, list[str]]:
    """Build the small image from its wheels; and what was said meanwhile."""
    said: list[str] = []
    wanted = Recipe(framework=FRAMEWORK, base=BASE, wheels=checkout / "wheels")
    return build_image(daemon, wanted, fresh=fresh, say=said.append), said


def read_packages(daemon: Daemon, image: Image) -> list[str]:
    """The layers of an image but for the guest's, which is the last."""
    layers: list[str] = daemon.api.inspect_image(image.id)["RootFS"]["Layers"]
    return layers[:-1]


def test_an_image_says_what_it_holds(daemon: Daemon, checkout: Path) -> None:
    """It has this guest's digest and its base's name, and is the one that runs are made in."""
    image, _ = build(daemon, checkout)

    assert (image.framework, image.guest, image.base) == (FRAMEWORK, digest_guest(GUEST_FOLDER), BASE)
    assert image.names == (f"grader-{FRAMEWORK}:{image.version}",)
    assert choose_image(list_images(daemon, FRAMEWORK)) == image


def test_packages_stay_when_the_guest_changes(
    daemon: Daemon, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer guest goes on top of the very packages that are there; without their wheels."""
    first, _ = build(daemon, checkout)
    newer = tmp_path / "guest"
    newer.mkdir()
    (newer / "__main__.py").write_text("print('newer')")
    monkeypatch.setattr(building, "GUEST_FOLDER", newer)
    (checkout / "wheels" / "a-1-py3-none-any.whl").unlink()
    second, said = build(daemon, checkout)

    assert said[0].startswith("tiny: the packages are there already")
    assert second.guest != first.guest
    assert read_packages(daemon, second) == read_packages(daemon, first)
    assert not first.fits(newer)


def test_packages_are_installed_again_where_they_must_be(daemon: Daemon, checkout: Path) -> None:
    """With other pins, and when a fresh installation is asked for."""
    first, _ = build(daemon, checkout)
    (checkout / "pins.txt").write_text("a==2\n")
    second, _ = build(daemon, checkout)
    third, said = build(daemon, checkout, fresh=True)
    layers = [tuple(read_packages(daemon, image)) for image in (first, second, third)]

    assert layers[0] != layers[1]
    assert "installing packages" in said[0]


def test_no_wheel_stays_behind(daemon: Daemon, checkout: Path) -> None:
    """Neither in the image nor beside it."""
    build(daemon, checkout, fresh=True)

    assert daemon.api.images(filters={"label": "org.grader.stage=wheels", "dangling": True}) == []


def test_a_build_that_fails_is_told_with_what_was_said(daemon: Daemon, checkout: Path) -> None:
    """The builder's last words stand in the details, and what was built before stays."""
    before, _ = build(daemon, checkout)
    (checkout / "Dockerfile").write_text(DOCKERFILE.replace("RUN mkdir", "RUN echo no such package && false && mkdir"))

    with pytest.raises(ProvisionError, match="grader-packages:tiny-cpu can't be built") as caught:
        build(daemon, checkout)

    assert "no such package" in caught.value.details
    assert choose_image(list_images(daemon, FRAMEWORK)) == before


def test_a_folder_without_wheels_is_refused(daemon: Daemon, checkout: Path, tmp_path: Path) -> None:
    """With the command that fills it."""
    wanted = Recipe(framework=FRAMEWORK, base=BASE, wheels=tmp_path)

    with pytest.raises(UsageError, match="no wheels in") as caught:
        build_image(daemon, wanted, fresh=True)

    assert caught.value.command == f"grade image wheels {tmp_path}"


def test_an_image_with_another_guest_isnt_for_runs() -> None:
    """The newest that fits is taken, not the newest."""
    common = {"names": (), "framework": "torch", "version": "1", "base": "b", "size_bytes": 1}
    old = Image(id="sha256:1", guest=digest_guest(GUEST_FOLDER), created="1", **common)  # type: ignore[arg-type]
    other = dataclasses.replace(old, id="sha256:2", guest="sha256:other", created="2")

    assert choose_image([other, old]) == old
    assert choose_image([other]) is None
