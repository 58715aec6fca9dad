"""What surrounds every command: errors become one message for a person and an exit status, never a traceback."""

import functools
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import typer

from grader.cli.status import ExitStatus, status_of
from grader.errors import GraderError

__all__ = ["guarded", "print_error", "tell"]

Arguments = ParamSpec("Arguments")


def guarded(command: Callable[Arguments, ExitStatus | None]) -> Callable[Arguments, None]:
    """The command, ended by an exit status whatever happens in it."""

    @functools.wraps(command)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        raise typer.Exit(int(end_well(lambda: command(*args, **kwargs))))

    return run


def end_well(command: Callable[[], ExitStatus | None]) -> ExitStatus:
    """Run a command and say how it ended."""
    try:
        return command() or ExitStatus.DONE
    except (typer.Exit, typer.Abort):
        raise
    except GraderError as error:
        print_error(error)
        return status_of(error)
    except KeyboardInterrupt as error:
        tell(str(error) or "interrupted")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`grade … | head`): the rest has no place, and Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.DONE
    except Exception as error:  # a fault of ours, of whatever kind
        tell_fault(error)
        return ExitStatus.OURS


def tell(text: str) -> None:
    """A line for a person, on standard error. What a student may have written in it is made harmless."""
    from grader.report.clean import clean_text, spell_ascii  # not needed by --version

    text = clean_text(text)
    try:
        typer.echo(text, err=True)
    except UnicodeEncodeError:
        typer.echo("\n".join(spell_ascii(line) for line in text.splitlines()), err=True)


def print_error(error: GraderError) -> None:
    """The message, its details indented, and the command that mends it."""
    tell(f"error: {error.message}")
    for line in error.details:
        tell("\n".join(f"  {part}" for part in line.splitlines()))
    if error.command:
        tell(f"  Run:  {error.command}")


def tell_fault(error: Exception) -> None:
    """A fault of the grader itself: what it is, where its traceback went, how to report it."""
    where = log_fault(error)
    tell(f"error: a fault of the grader itself: {type(error).__name__}: {str(error)[:300]}")
    tell("  This is not your submission's fault, and no score follows from it.")
    if where is not None:
        tell(f"  Please report it with this file (it names paths of your machine, no code of yours):\n    {where}")


def log_fault(error: Exception) -> Path | None:
    """Write the traceback to a file; None where that can't be done either."""
    from grader.cli.settings import read_settings  # reads the environment: only here, once something broke

    text = "".join(traceback.format_exception(error))
    for folder in (read_settings().home / "logs", Path(tempfile.gettempdir())):
        path = folder / f"grade-fault-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{' '.join(sys.argv[:2])}\npython {sys.version}\n\n{text}", "utf-8", errors="replace")
        except OSError:
            continue
        return path
    return None
