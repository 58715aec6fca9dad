"""What a folder holds: files and folders by name, what is hidden or plainly no homework left out, links noted."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from grader.errors import UsageError
from grader.ingest.names import is_aside

__all__ = ["Entry", "EntryKind", "list_folder"]


class EntryKind(Enum):
    """What an entry of a folder is; what can't be taken is told in words."""

    FILE = "a file"
    FOLDER = "a folder"
    LINK = "a link; links aren't followed"
    SPECIAL = "neither a file nor a folder"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of a folder."""

    path: Path
    name: str
    kind: EntryKind

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder that may be entered."""
        return self.kind is EntryKind.FOLDER

    @property
    def is_file(self) -> bool:
        """Whether it is a file that may be read."""
        return self.kind is EntryKind.FILE

    @property
    def is_taken(self) -> bool:
        """Whether it can hold a submission."""
        return self.is_folder or self.is_file


def list_folder(folder: Path) -> tuple[Entry, ...]:
    """The entries of a folder, by name.

    Raises:
        UsageError: it can't be read.
    """
    try:
        with os.scandir(folder) as listing:
            found = list(read_entries(listing))
    except OSError as error:
        raise UsageError(f"the folder {str(folder)!r} can't be read: {error.strerror or error}") from error
    return tuple(sorted(found, key=lambda entry: entry.name))


def read_entries(listing: Iterator[os.DirEntry[str]]) -> Iterator[Entry]:
    """What isn't hidden."""
    for entry in listing:
        if not entry.name.startswith(".") and not is_aside(entry.name):
            yield Entry(path=Path(entry.path), name=entry.name, kind=find_kind(entry))


def find_kind(entry: os.DirEntry[str]) -> EntryKind:
    """What an entry is, links not followed."""
    if entry.is_symlink():
        return EntryKind.LINK
    if entry.is_dir(follow_symlinks=False):
        return EntryKind.FOLDER
    mode = entry.stat(follow_symlinks=False).st_mode
    return EntryKind.FILE if stat.S_ISREG(mode) else EntryKind.SPECIAL
