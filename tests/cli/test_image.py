"""`grade image`: what is asked of the builder, and what is shown of the images that are here."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.cli import app
from grader.sandbox import images
from grader.sandbox.images import Image, Recipe
from grader.sandbox.images.identity import digest_guest
from grader.sandbox.running import GUEST_FOLDER

FITTING = Image(
    id="sha256:" + "a" * 64,
    names=("grader-torch:0.1.0",),
    framework="torch",
    guest=digest_guest(GUEST_FOLDER),
    version="0.1.0",
    base="python:3.11-slim-bookworm",
    size_bytes=1_300_000_000,
    created="2026-11-21T05:48:44Z",
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Recipe, bool]]:
    """What the builder is asked; no daemon is."""
    found: list[tuple[Recipe, bool]] = []

    def build(daemon: object, recipe: Recipe, *, fresh: bool, say: object) -> Image:
        found.append((recipe, fresh))
        return dataclasses.replace(FITTING, framework=recipe.framework)

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("grader.sandbox.docker.daemon.connect_daemon", lambda: SimpleNamespace(api=None))
    monkeypatch.setattr(images, "build_image", build)
    set_images(monkeypatch)
    return found


def set_images(monkeypatch: pytest.MonkeyPatch, *found: Image) -> None:
    """The images that are here."""
    of = lambda daemon, framework: tuple(image for image in found if image.framework == framework)  # noqa: E731
    monkeypatch.setattr(images, "list_images", of)


def run(*arguments: str) -> int:
    """The exit status of a command."""
    with pytest.raises(SystemExit) as caught:
        app(["image", *arguments])
    return int(caught.value.code or 0)


def test_both_are_built_where_none_is_named(asked: list[tuple[Recipe, bool]]) -> None:
    """On Python's own image, from pip's index."""
    assert run("build") == 0
    assert asked == [(Recipe(framework=name), False) for name in ("torch", "tensorflow")]


def test_the_base_of_last_time_is_taken_again(
    asked: list[tuple[Recipe, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another is named."""
    set_images(monkeypatch, dataclasses.replace(FITTING, base="own:1"))
    run("build", "torch")
    run("build", "torch", "--base", "own:2", "--gpu", "--fresh")

    assert [recipe.base for recipe, _ in asked] == ["own:1", "own:2"]
    assert (asked[1][0].device, asked[1][1]) == ("gpu", True)


def test_wheels_of_a_framework_have_a_folder(asked: list[tuple[Recipe, bool]], tmp_path: Path) -> None:
    """The one of its name inside the folder that is named, where there is one."""
    (tmp_path / "torch").mkdir()
    run("build", "--wheels", str(tmp_path))

    assert [recipe.wheels for recipe, _ in asked] == [tmp_path / "torch", tmp_path]


def test_status_says_which_is_used(
    asked: list[tuple[Recipe, bool]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest with this guest, the others with what removes them; where there is none, what builds one."""
    older = dataclasses.replace(FITTING, id="sha256:" + "b" * 64, names=(), created="2026-11-20T05:48:44Z")
    set_images(monkeypatch, FITTING, older)

    assert run("status", "--plain") == 0
    shown = capsys.readouterr().out
    assert " used      grader-torch:0.1.0 " in shown
    assert " old       no name " in shown
    assert "docker image rm sha256:bbbbbbbbbbbb\n" in shown
    assert " none      tensorflow" in shown
    assert "grade image build tensorflow\n" in shown


def test_status_says_what_is_outdated(
    asked: list[tuple[Recipe, bool]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One with another guest is refused for runs; the command makes it anew."""
    set_images(monkeypatch, dataclasses.replace(FITTING, guest="sha256:other"))
    run("status", "--plain")
    shown = capsys.readouterr().out

    assert " OUTDATED  grader-torch:0.1.0 " in shown
    assert "grade image build torch\n" in shown
