"""The working folder of one question: its own copy of the submission, and its own temporary folder."""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Folders", "make_folders", "remove_tree"]

MOST_SECONDS = 1.0  # while the other questions wait; what is left then stays until the run's end
STEP_ENTRIES = 1_000


@dataclass(frozen=True)
class Folders:
    """`work` holds the submission's files and is the current folder; `temporary` is TMPDIR; `root` holds both."""

    root: Path
    work: Path
    temporary: Path


def make_folders(files: Mapping[str, bytes], parent: Path | None) -> Folders:
    """A fresh copy of the submission, under `parent` or the system's temporary folder.

    Raises:
        OSError: the disk is full, say.
    """
    root = Path(tempfile.mkdtemp(prefix="question-", dir=parent)).resolve()
    folders = Folders(root=root, work=root / "work", temporary=root / "tmp")
    folders.work.mkdir()
    folders.temporary.mkdir()
    for path, content in files.items():
        target = folders.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folders


def remove_tree(root: Path) -> None:
    """Delete a folder that a student's code wrote to. Gives up after MOST_SECONDS: it may be made to be endless."""
    until = time.monotonic() + MOST_SECONDS
    stack = [str(root)]
    while stack and time.monotonic() < until:
        remove_step(stack)


def remove_step(stack: list[str]) -> None:
    """Delete some files of the folder on top, or the folder itself where it is empty. Follows no link."""
    entries = list_some(stack[-1])
    if not entries:
        with contextlib.suppress(OSError):
            os.rmdir(stack[-1])  # noqa: PTH106
        stack.pop()
    for entry in entries:
        with contextlib.suppress(OSError):
            if entry.is_dir(follow_symlinks=False):
                stack.append(entry.path)
            else:
                os.unlink(entry.path)  # noqa: PTH108


def list_some(folder: str) -> list["os.DirEntry[str]"]:
    """Some entries of a folder, opened by force where its owner closed it."""
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)  # noqa: PTH101
        with os.scandir(folder) as entries:
            return list(itertools.islice(entries, STEP_ENTRIES))
    return []
