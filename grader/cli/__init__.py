"""The command `grade`: arguments, the environment, exit statuses, printing. The only part that reads argv or the
environment.

Every command imports its machinery inside its function: `grade --version` and `--help` must cost no more than the
libraries of the command line itself, and numpy and pydantic alone take several times as long.
"""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from grader import __version__
from grader.cli.attack import attack
from grader.cli.batch import batch
from grader.cli.calibrate import calibrate
from grader.cli.check import check
from grader.cli.concepts import concepts
from grader.cli.doctor import doctor
from grader.cli.guard import guarded
from grader.cli.image import image_app
from grader.cli.importing import import_assignment
from grader.cli.new import new
from grader.cli.override import override
from grader.cli.privacy import export, purge
from grader.cli.quiz import quiz
from grader.cli.receipt import receipt
from grader.cli.recheck import recheck
from grader.cli.regrade import regrade
from grader.cli.release import release
from grader.cli.results import results
from grader.cli.schema import schema
from grader.cli.submit import submit
from grader.cli.validate import validate
from grader.cli.weights import weights_app

__all__ = ["app", "main"]

app = typer.Typer(
    name="grade",
    help="Grade deep-learning coursework: hostile code in sandboxes, marks from evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    submit,
    batch,
    results,
    regrade,
    release,
    override,
    new,
    check,
    quiz,
    concepts,
    validate,
    calibrate,
    attack,
    doctor,
    recheck,
    receipt,
    export,
    purge,
    schema,
):
    app.command(command.__name__)(guarded(command))
app.command("import")(guarded(import_assignment))
app.add_typer(image_app, name="image")
app.add_typer(weights_app, name="weights")


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        typer.echo(f"grade {__version__}")
        raise typer.Exit


@app.callback()
def grade(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """The entry point of the command."""
    signal.signal(signal.SIGTERM, interrupt)
    sys.exit(app(windows_expand_args=False))


def interrupt(number: int, frame: FrameType | None) -> None:
    """End as at Ctrl-C, so that what was started is ended too."""
    raise KeyboardInterrupt
