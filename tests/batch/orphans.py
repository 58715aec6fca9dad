"""What a killed batch leaves running: its orphans become children of this process, wherever they were in its tree.

By PR_SET_CHILD_SUBREAPER, see prctl(2): no name, folder or session has to tell whose a process is. Linux only.
"""

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["SECONDS_TO_END", "Orphans", "adopt_orphans", "list_descendants"]

PR_SET_CHILD_SUBREAPER = 36
SECONDS_TO_END = 5.0


class Orphans:
    """The processes below this one that weren't there at first."""

    def __init__(self) -> None:
        self._before = set(list_descendants())

    def wait_until_gone(self) -> list[str]:
        """What still runs some seconds after a batch has ended."""
        until = time.monotonic() + SECONDS_TO_END
        while (left := self.list_running()) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    def list_running(self) -> list[str]:
        """Their numbers and command lines; those that have ended are laid to rest."""
        running = []
        for pid, state in list_descendants().items():
            if pid in self._before:
                continue
            if state == "Z":
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                continue
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                running.append(f"{pid} {state} {line[:200]}")
        return running


@contextmanager
def adopt_orphans() -> Iterator[Orphans]:
    """Have orphans become children of this process. Nothing else may be started meanwhile that is to stay."""
    change_reaper(1)
    try:
        yield Orphans()
    finally:
        change_reaper(0)


def change_reaper(is_one: int) -> None:
    """Whether orphans come to this process, or go to the machine's init."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, is_one, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def list_descendants(root: int | None = None) -> dict[int, str]:
    """Every process below one (by default this one), and its state."""
    found: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                found[int(entry.name)] = (int(parent), state)
    root = os.getpid() if root is None else root
    below = {root}
    while more := {pid for pid, (parent, _) in found.items() if parent in below} - below:
        below |= more
    return {pid: found[pid][1] for pid in below - {root}}
