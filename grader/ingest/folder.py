"""Read a folder that someone else may be changing: nothing is followed, and what was looked at is what is read.

Every file is opened below an open folder, by its last name alone, without following links (`O_NOFOLLOW`), and asked
what it is after it is open. So a link that takes a file's place in between leads nowhere. Where the system can't open
below a folder (Windows), the path is used, and a link is refused when it is seen.
"""

import itertools
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from grader.ingest.members import Left, Member, Members, check_entries, check_nested, refuse_size
from grader.ingest.names import Tree, check_name, is_aside, is_ours, split_top
from grader.ingest.refusal import refuse, show_name
from grader.limits import IngestLimits

__all__ = ["open_plainly", "read_folder", "read_open", "read_tail"]

BELOW = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)
BINARY = getattr(os, "O_BINARY", 0)
FOLDER = getattr(os, "O_DIRECTORY", 0)
TAIL_BYTES = 1_000_000
MOST_LEFT = 20_000
"""Of the entries of folders that are left out, how many are looked at to say how large they are."""


@dataclass
class Walk:
    """One reading of a folder: its limits, and what was found so far."""

    limits: IngestLimits
    tree: Tree = field(default_factory=Tree)
    sizes: dict[str, int] = field(default_factory=dict)
    files: list[Member] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    entries: int = 0
    aside: int = 0
    total: int = 0


def read_folder(path: Path, limits: IngestLimits) -> Members:
    """The files of a folder.

    Raises:
        SubmissionError: a link, a device, a name, a size: a rule is broken; or it can't be read.
    """
    measure = Walk(limits)
    read = Walk(limits)
    try:
        for walk in (measure, read):
            with open_folder(path, None) as folder:
                walk_folder(folder, path, "", walk, keep=walk is read)
    except OSError as error:
        raise refuse("unreadable", f"the folder can't be read: {(error.strerror or 'error').lower()}") from None
    return set_report_aside(read)


def set_report_aside(walk: Walk) -> Members:
    """The files without our own report and receipts, which stand beside the homework."""
    top = split_top([file.path for file in walk.files])
    files = tuple(file for file in walk.files if not (top and is_ours(file.path, top)))
    return Members(files=files, left=tuple(walk.left))


def walk_folder(folder: int, path: Path, prefix: str, walk: Walk, *, keep: bool) -> None:
    """Everything in one open folder. `prefix` is its path in the submission, with a slash, or empty."""
    with os.scandir(folder if BELOW else path) as listing:
        most = 2 * walk.limits.entries + 1  # one more than are taken or left out: the rest isn't even listed
        names = sorted(entry.name for entry in itertools.islice(listing, most))
    if prefix and "pyvenv.cfg" in names:
        set_aside(path, prefix.removesuffix("/"), walk, keep=keep)
        return
    for name in names:
        inside = prefix + unicodedata.normalize("NFC", name)
        if is_aside(inside):
            set_aside(path / name, inside, walk, keep=keep)
            continue
        walk.entries += 1
        check_entries(walk.entries, walk.limits)
        check_name(inside, walk.limits)
        walk_entry(folder, path / name, inside, walk, keep=keep)


def set_aside(path: Path, inside: str, walk: Walk, *, keep: bool) -> None:
    """Leave something out, and remember how large it is. What is left out is counted as well: it costs time too."""
    walk.aside += 1
    check_entries(walk.aside, walk.limits)
    if keep:
        walk.left.append(Left(path=inside, size=measure_folder(path)))


def walk_entry(folder: int, path: Path, inside: str, walk: Walk, *, keep: bool) -> None:
    """One entry of a folder: a file is measured or read, a folder is entered, anything else is refused."""
    about = os.stat(path.name, dir_fd=folder, follow_symlinks=False) if BELOW else path.lstat()
    refuse_kind(inside, about.st_mode)
    is_folder = stat.S_ISDIR(about.st_mode)
    walk.tree.add(inside, is_folder=is_folder)
    if is_folder:
        with open_folder(path, folder) as opened:
            walk_folder(opened, path, inside + "/", walk, keep=keep)
    elif keep:
        content = read_file(path, folder, inside, walk)
        check_nested(inside, content)
        walk.files.append(Member(path=inside, content=content))
    else:
        count_size(inside, about.st_size, walk)


def read_file(path: Path, folder: int, inside: str, walk: Walk) -> bytes:
    """A file's content, as much as there is room for."""
    room = walk.limits.unpacked_bytes - walk.total
    descriptor = open_plainly(path, folder)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        refuse_kind(inside, about.st_mode)
        content = file.read(min(about.st_size, room) + 1)  # a longer read would set that much memory aside
    count_size(inside, len(content), walk)
    return content


def count_size(inside: str, size: int, walk: Walk) -> None:
    """Add a file's size to the sum."""
    walk.sizes[inside] = size
    walk.total += size
    if walk.total > walk.limits.unpacked_bytes:
        raise refuse_size(walk.sizes, walk.limits)


def refuse_kind(inside: str, mode: int) -> None:
    """Refuse what is neither a file nor a folder."""
    if stat.S_ISLNK(mode):
        message = f"{show_name(inside)} is a link; put the file itself there"
        raise refuse("link", message, "Links aren't followed: they could lead anywhere on the computer that grades.")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise refuse("special_file", f"{show_name(inside)} is neither a file nor a folder (a pipe or a device)")


@contextmanager
def open_folder(path: Path, above: int | None) -> Iterator[int]:
    """An open folder, not through a link; -1 where folders can't be opened."""
    if not BELOW:
        yield -1
        return
    name = str(path) if above is None else path.name
    try:
        descriptor = os.open(name, os.O_RDONLY | FOLDER | NOFOLLOW, dir_fd=above)
    except NotADirectoryError:
        raise refuse("link", f"{show_name(path.name)} is a link; put the folder itself there") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_plainly(path: Path, folder: int = -1) -> int:
    """A descriptor of a file that isn't a link; a pipe doesn't block.

    Raises:
        SubmissionError: it is a link.
    """
    flags = os.O_RDONLY | NOFOLLOW | NONBLOCK | BINARY
    try:
        return os.open(path.name, flags, dir_fd=folder) if folder >= 0 else os.open(path, flags)
    except OSError as error:
        if path.is_symlink():
            raise refuse("link", f"{show_name(path.name)} is a link; give the file itself") from None
        raise refuse("unreadable", f"{show_name(path.name)} can't be read: {(error.strerror or '').lower()}") from None


def read_open(path: Path, most_bytes: int) -> tuple[bytes, int]:
    """A file's first bytes, one more than `most_bytes` at most, and its size.

    Raises:
        SubmissionError: it is a link, no file, or can't be read.
    """
    descriptor = open_plainly(path)
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise refuse("special_file", f"{show_name(path.name)} is no file")
        return file.read(min(about.st_size, most_bytes) + 1), about.st_size


def read_tail(path: Path, size: int) -> bytes:
    """The last bytes of a file of so many bytes, enough for a zip's list of files.

    Raises:
        SubmissionError: it is a link, or can't be read.
    """
    with os.fdopen(open_plainly(path), "rb") as file:
        file.seek(max(0, size - TAIL_BYTES))
        return file.read(min(size, TAIL_BYTES))


def measure_folder(path: Path) -> int:
    """How large something that is left out is, links not followed; a part of it where it has very many files."""
    total, waiting, seen = 0, [path], 0
    while waiting and seen < MOST_LEFT:
        seen += 1
        current = waiting.pop()
        try:
            about = current.lstat()
            if stat.S_ISDIR(about.st_mode):
                with os.scandir(current) as listing:
                    waiting.extend(Path(entry.path) for entry in itertools.islice(listing, MOST_LEFT))
            else:
                total += about.st_size
        except OSError:
            continue
    return total
