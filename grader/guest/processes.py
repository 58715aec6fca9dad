"""What init needs of the kernel to keep hold of processes that don't want to be held. Linux; elsewhere it does nothing.

Theory of operation
-------------------
Every loader is a *subreaper*: orphans among its descendants, daemons too, become its own children while it lives. When
it has ended they become children of init, which is a subreaper as well (or pid 1). So whatever appears among init's
children and is no loader belonged to the loader that just ended, and is killed with all its descendants, in rounds,
because killing a parent hands its children up. A student's code may undo its own part of this; then its orphans come up
to init early and end when the next question ends.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
import warnings
from collections.abc import Collection
from pathlib import Path

__all__ = [
    "adopt_orphans",
    "die_with_parent",
    "end_strays",
    "fork_quietly",
    "list_children",
    "set_dumpable",
    "volunteer_for_oom",
]

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
STRAYS_SECONDS = 5.0
OOM_SCORE = "900"


def call_prctl(option: int, value: int) -> bool:
    """prctl(2) with one argument. Whether it worked: none of what it sets is the only thing that holds."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0)


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may read this one's memory."""
    call_prctl(PR_SET_DUMPABLE, int(dumpable))


def adopt_orphans() -> None:
    """Let orphaned descendants become children of this process."""
    call_prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Let the kernel kill this process when the one that forked it has ended."""
    call_prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def volunteer_for_oom() -> None:
    """Where memory runs out, this process goes before init and everything else."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)


def fork_quietly() -> int:
    """Fork. A library's idle threads make Python 3.12 warn; they have no part in this process's work."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def list_children(pid: int) -> set[int]:
    """The children of a process, of all its threads. Empty where /proc can't be read."""
    children: set[int] = set()
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - called often, after a fork of a large process
            with contextlib.suppress(OSError):
                children.update(int(word) for word in Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
    return children


def list_descendants(roots: Collection[int]) -> set[int]:
    """These processes and everything below them."""
    found: set[int] = set()
    waiting = set(roots)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting |= list_children(pid) - found
    return found


def end_strays(keep: Collection[int]) -> None:
    """Kill and reap every child of this process that isn't in `keep`, with all its descendants."""
    until = time.monotonic() + STRAYS_SECONDS
    while strays := list_children(os.getpid()) - set(keep):
        for pid in list_descendants(strays):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for pid in strays:
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > until:
            return
        time.sleep(0.001)
