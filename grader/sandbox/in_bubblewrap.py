"""A process in bubblewrap that has been started: how it ends, what it uses. `bubblewrap.py` starts it.

The process that we know is bubblewrap's own; the guest is its child, pid 1 of its namespace. Killing that one ends
everything in the namespace, and then bubblewrap.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from grader.limits import Limits
from grader.sandbox.bounds import bound_processes
from grader.sandbox.cgroup import RunGroup
from grader.sandbox.nanny import find_descendants
from grader.sandbox.running import Ended, Measure, measure_group
from grader.sandbox.tree import measure_tree

__all__ = ["InBubblewrap", "RunInBubblewrap"]

_END_SECONDS = 10.0
_STOP_SECONDS = 1.0
_BY_SIGNAL = 128  # what bubblewrap adds to the number of the signal that ended the guest


class InBubblewrap:
    """A process in bubblewrap that has been started, see `ZygoteOwner`."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, group: RunGroup | None) -> None:
        assert process.stderr is not None
        self.errors: IO[bytes] = process.stderr
        self._process = process
        self._group = group

    def wait(self) -> Ended:
        """Bubblewrap ends as the guest ends; by a signal only if someone else killed it."""
        status = self._process.wait()
        if status < 0:
            return Ended(signal=-status, fault=f"bubblewrap was ended from outside, by signal {-status}")
        if status > _BY_SIGNAL:
            return Ended(signal=status - _BY_SIGNAL)
        return Ended(exit_code=status)

    def end(self) -> None:
        """Kill pid 1 inside; the kernel kills the others, and bubblewrap ends after them."""
        if self._process.poll() is None and self._kill_first():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        if self._process.poll() is None:  # it has started nothing yet, or is stuck
            self._process.kill()
            self._process.wait(_END_SECONDS)
        if self._group is not None:
            self._group.kill()

    def release(self) -> None:
        """Remove the control group."""
        if self._group is not None:
            self._group.remove()

    def _kill_first(self) -> bool:
        """Kill pid 1 inside, if it is there. Bubblewrap stands still meanwhile, so that it doesn't just start it."""
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGSTOP)
        _wait_until_stopped(self._process.pid)
        killed = _kill_children(self._process.pid)
        with contextlib.suppress(OSError):
            self._process.send_signal(signal.SIGCONT if killed else signal.SIGKILL)
        return killed


class RunInBubblewrap(InBubblewrap):
    """A guest in bubblewrap that is used for one run, see `Running`."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        job: IO[bytes],
        evidence: IO[bytes],
        group: RunGroup | None,
        limits: Limits,
    ) -> None:
        super().__init__(process, group=group)
        self.job = job
        self.evidence = evidence
        self._limits = limits
        self._last = Measure()

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bound the processes where no control group does. Inside there is fork, and paths are the header's."""
        if self._group is None:
            for pid in _children(self._process.pid):
                bound_processes(pid, self._limits)
        return {**header, "fork": True}

    def measure(self) -> Measure:
        """From the control group's counters, else summed over the processes."""
        if self._group is not None:
            return measure_group(self._group)
        if self._process.poll() is None:
            self._last = measure_tree(self._process.pid, memory_bytes=self._limits.memory_bytes)
        return self._last

    def list_processes(self) -> frozenset[int]:
        """See `HasProcesses`."""
        return self._group.list_processes() if self._group else frozenset(find_descendants(self._process.pid))


def _children(parent: int) -> Sequence[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:  # gone, or a kernel without that list
        return [pid for pid in find_descendants(parent) if _stat_of(pid)[1] == parent]


def _stat_of(pid: int) -> tuple[bytes, int]:
    """A process's state and its parent; ("", 0) where it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return b"", 0
    return words[0], int(words[1])


def _wait_until_stopped(pid: int) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while _stat_of(pid)[0] not in (b"T", b"t", b"Z", b"") and time.monotonic() < deadline:
        time.sleep(0.001)


def _kill_children(parent: int) -> bool:
    """Kill a process's children, if any; by pidfd, so that a number that changed hands meanwhile isn't hit."""
    children = _children(parent)
    for pid in children:
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(pid)
            try:
                if _stat_of(pid)[1] == parent:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            finally:
                os.close(handle)
    return bool(children)
