"""What SQLite and the disk say, turned into our own errors."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from grader.errors import GraderError, ProvisionError, UsageError

__all__ = ["tell_damage", "translate_faults", "translate_system_faults"]

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def translate_faults(path: Path) -> Iterator[None]:
    """Turn what a database raises into what a person can use.

    Raises:
        ProvisionError: full, damaged, busy, or not to be read or written; it names the file.
        UsageError: what is to be written is no text.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise UsageError(f"{error.object!r} can't be written down: it isn't text in Unicode") from error
    except DBAPIError as error:
        raise word_fault(path, getattr(error.orig, "sqlite_errorname", ""), str(error.orig)) from error


@contextmanager
def translate_system_faults(path: Path) -> Iterator[None]:
    """The same for what files and folders raise.

    Raises:
        ProvisionError: full, or not to be read or written.
    """
    try:
        yield
    except OSError as error:
        raise word_system_fault(path, error) from error


def word_fault(path: Path, code: str, said: str) -> GraderError:
    """What to say of an error of SQLite's, by its code."""
    if code.startswith("SQLITE_FULL"):
        return tell_full(path)
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "decode to UTF-8" in said:
        return tell_damage(path, said)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ProvisionError(
            f"the ledger {str(path)!r} is busy: another program has held it for longer than ten seconds",
            details=("Nothing was written. Close what has it open (a backup, a viewer), and start again.",),
        )
    return ProvisionError(
        f"the ledger {str(path)!r} can't be used: {said}" + (f" ({code})" if code else ""),
        details=("Is the disk full, or the folder not yours? What was written down before is still there.",),
    )


def word_system_fault(path: Path, error: OSError) -> ProvisionError:
    """What to say of an error of the system's."""
    if error.errno in FULL:
        return tell_full(path)
    place = error.filename or path
    return ProvisionError(f"the ledger can't use {str(place)!r}: {error.strerror or error}")


def tell_full(path: Path) -> ProvisionError:
    """What to say where the disk is full."""
    return ProvisionError(
        f"the disk is full: the ledger {str(path)!r} can't be written",
        details=("What was written down before is there whole; nothing is half-written. Make room and start again.",),
    )


def tell_damage(path: Path, said: str) -> ProvisionError:
    """What to say of a ledger that can't be read."""
    return ProvisionError(
        f"the ledger {str(path)!r} is damaged: {said}",
        details=(
            "Put a backup of it in its place: the artefacts beside it are files of their own, and stay.",
            "Without a backup move it away and grade again: submissions and roster are all that it takes.",
            "Overrides by hand are in the ledger alone: `sqlite3 ledger.sqlite3 .recover` gets out what can be read.",
        ),
    )
