"""`grade image`: build the images that runs in Docker may use, and say which are there."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.guard import guarded, tell
from grader.cli.options import PlainOption
from grader.cli.status import ExitStatus

if TYPE_CHECKING:  # only names for types
    from grader.report.screen import Screen
    from grader.sandbox.images.identity import Image

__all__ = ["image_app"]

image_app = typer.Typer(name="image", help="Images for runs in Docker.", no_args_is_help=True, add_completion=False)
GIGABYTE = 1000**3
SHORT = 19  # "sha256:" and twelve digits


class Framework(StrEnum):
    """Which frameworks there are images for."""

    TORCH = "torch"
    TENSORFLOW = "tensorflow"


Frameworks = Annotated[
    list[Framework] | None, typer.Argument(metavar="[torch|tensorflow]…", help="Both, where none is named.")
]


def build(
    frameworks: Frameworks = None,
    base: Annotated[
        str | None, typer.Option(metavar="IMAGE", help="What it stands on; the last one, at first Python's own image.")
    ] = None,
    wheels: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Install from these wheels, without a network.")
    ] = None,
    extra_index: Annotated[str | None, typer.Option(metavar="URL", help="One more package index for pip.")] = None,
    gpu: Annotated[bool, typer.Option("--gpu", help="With the packages for GPUs.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Install the packages again.")] = False,
) -> None:
    """Build images: packages with their pinned versions, and this grader's guest on top."""
    from grader.sandbox.docker.daemon import connect_daemon
    from grader.sandbox.images import DEFAULT_BASE, Recipe, build_image, list_images

    daemon = connect_daemon()
    for framework in frameworks or list(Framework):
        last = next((image.base for image in list_images(daemon, framework.value)), "")
        recipe = Recipe(
            framework=framework.value,
            base=base or last or DEFAULT_BASE,
            device="gpu" if gpu else "cpu",
            extra_index=extra_index,
            wheels=choose_folder(wheels, framework),
        )
        image = build_image(daemon, recipe, fresh=fresh, say=tell)
        typer.echo(f"{image.names[0] if image.names else framework.value}  {image.id}  {show_size(image)}")


def choose_folder(wheels: Path | None, framework: Framework) -> Path | None:
    """The folder of a framework's wheels: one of its name inside, where there is one."""
    if wheels is None:
        return None
    inside = wheels / framework.value
    return inside if inside.is_dir() else wheels


def wheels(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where they go.", show_default=False)],
    frameworks: Frameworks = None,
) -> None:
    """Gather wheels for `grade image build --wheels`, with this machine's own pip."""
    from grader.sandbox.images import gather_wheels

    for framework in frameworks or list(Framework):
        inside = folder / framework.value
        count = gather_wheels(framework.value, inside)
        typer.echo(f"{framework.value}: {count} wheels in {inside}")


def status(plain: PlainOption = False) -> ExitStatus:
    """Show which images are here, and whether runs in Docker use them."""
    from rich.console import Console

    from grader.cli.screens import open_screen
    from grader.sandbox.docker.daemon import connect_daemon
    from grader.sandbox.images import list_images

    daemon = connect_daemon()
    console = Console(highlight=False, no_color=plain or None)
    screen = open_screen(console, plain=plain)
    for framework in Framework:
        add_framework(screen, framework, list_images(daemon, framework.value))
    screen.print_to(console)
    return ExitStatus.DONE


def add_framework(screen: "Screen", framework: Framework, images: "Sequence[Image]") -> None:
    """A framework's images, and what to run."""
    from grader.sandbox.images import choose_image

    used = choose_image(images)
    if not images:
        screen.add_row([("none", 10, "dim"), (framework.value, 0, "")], "")
        screen.add("Runs in Docker use this machine's own Python. To build one:", indent=11, style="dim")
        screen.add_command(f"grade image build {framework.value}", indent=11)
    for image in images:
        word, style = judge(image, used)
        screen.add_row([(word, 10, style), (image.names[0] if image.names else "no name", 0, "")], show_size(image))
        made = f"grader {image.version} on {image.base or 'an unknown base'}, {image.created[:16].replace('T', ' ')}"
        screen.add(f"{image.id[:SHORT]}, made by {made}", indent=11, style="dim")
        if word == "old":
            screen.add_command(f"docker image rm {image.id[:SHORT]}", indent=11)
    if images and used is None:
        screen.add("Its guest isn't this grader's, and runs are refused until it is built again:", indent=11)
        screen.add_command(f"grade image build {framework.value}", indent=11)


def judge(image: "Image", used: "Image | None") -> tuple[str, str]:
    """One word for an image: used, another one with the same guest, or one with another guest."""
    if used is None:
        return "OUTDATED", "bold red"
    return ("used", "green") if image.id == used.id else ("old", "yellow")


def show_size(image: "Image") -> str:
    """As people write it."""
    return f"{image.size_bytes / GIGABYTE:.1f} GB"


for command in (build, status, wheels):
    image_app.command(command.__name__)(guarded(command))
