"""Names that say whose a folder is: so that what a killed grader left is found again, and only ours is removed.

A name is `grader.<pid namespace>.<pid>.<start of that process>.<random>`. Its owner is gone when no process of that
pid, started at that time, is there; in another pid namespace we can't tell, and leave it.
"""

import contextlib
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path

__all__ = ["is_abandoned", "own_name", "remove_abandoned_folders"]

_NAME = re.compile(r"grader\.(\d+)\.(\d+)\.(\d+)\.[0-9a-f]{16}")


def own_name() -> str:
    """A new random name that carries this process as its owner."""
    pid = os.getpid()
    return f"grader.{_namespace()}.{pid}.{_start_of(pid) or 0}.{secrets.token_hex(8)}"


def is_abandoned(name: str) -> bool:
    """Whether a name is one of ours, and its owner is surely gone."""
    found = _NAME.fullmatch(name)
    if found is None or not Path("/proc/self/stat").exists():
        return False
    namespace, pid, start = (int(part) for part in found.groups())
    return namespace == _namespace() and _start_of(pid) != start


def remove_abandoned_folders() -> None:
    """Remove temporary folders whose grader was killed: by name ours, by owner our user's, and no links."""
    with contextlib.suppress(OSError):
        for folder in Path(tempfile.gettempdir()).iterdir():
            if is_abandoned(folder.name) and not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _start_of(pid: int) -> int | None:
    """The start of a process in clock ticks since boot: with the pid, a process's identity."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])
