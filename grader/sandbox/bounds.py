"""Limits of single processes, for machines on which no control group counts the processes of a run."""

import contextlib
import os
import sys

from grader.limits import Limits

if sys.platform != "win32":
    import resource

__all__ = ["bound_processes", "process_limits", "raise_open_files"]

_OPEN_FILES = 1024
_GRADER_OPEN_FILES = 65536
_SPARE_PROCESSES = 2  # the guest itself


def process_limits(limits: Limits, *, counted: bool) -> dict[str, int]:
    """Limits of each process, by their names in `resource`; of memory only where no control group counts the run's."""
    each = {"CORE": 0, "NOFILE": _OPEN_FILES, "MEMLOCK": 0}
    if sys.platform == "linux":  # some users may run before all others, sound studios say; their students may not
        each |= {"RTPRIO": 0, "NICE": 0}
    return each if counted else {**each, "DATA": limits.memory_bytes}


def bound_processes(pid: int, limits: Limits) -> None:
    """RLIMIT_NPROC on the first process of a run's namespaces, from outside: set earlier it would stop the sandbox.

    It counts the user within the run's user namespace since Linux 5.14, before that the user everywhere; then it is of
    use only for a user that nobody else is.
    """
    if os.geteuid() != 0 and not _counts_by_namespace(os.uname().release):
        return
    most = limits.processes + _SPARE_PROCESSES
    with contextlib.suppress(OSError):
        resource.prlimit(pid, resource.RLIMIT_NPROC, (most, most))


def raise_open_files() -> None:
    """May have as many open files as an ordinary user is allowed: of descriptors that are on their way between its
    processes, runs of the same user might have filled a lower limit, and then no more could be sent to a zygote.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(most, _GRADER_OPEN_FILES)), most))


def _counts_by_namespace(release: str) -> bool:
    numbers = [int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit()]
    return tuple(numbers) >= (5, 14)
