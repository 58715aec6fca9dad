"""What a container's run uses: from a control group of the run's own, from the container's, or from the daemon.

The best is a group of our own (`cgroup.Control`), which the container's first process is put into before it has
imported anything: its counters are exact, and still there when the container isn't. Where the grader may not make
groups but sees the container's, that one is read while it is there. Of a remote daemon there are the daemon's
statistics. In the last two cases whether memory ran out is what the daemon says at the end (`OOMKilled`); the
container's own limits hold in all of them.
"""

import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from grader.errors import SandboxError
from grader.sandbox.cgroup import RunGroup
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.running import Measure, measure_group

__all__ = ["Counter", "join_group", "make_counter"]

_STATISTICS_SECONDS = 1.0


class Counter(Protocol):
    """Says what a run uses."""

    def read(self, *, over: bool) -> Measure:
        """What it uses now; once it is over, what it has used."""
        ...


def join_group(group: RunGroup, pid: int) -> bool:
    """Put a process into a run's group. False where that isn't possible."""
    try:
        for file in group.joining_files:
            file.write_text(str(pid))
    except OSError:
        return False
    return True


def make_counter(daemon: Daemon, container: str, *, pid: int | None, group: RunGroup | None) -> Counter:
    """The best counter for a container that has started."""
    if group is not None:
        return _OwnGroup(group)
    found = _container_group(pid, container) if pid is not None else None
    return _ContainerGroup(daemon, container, found) if found else _Statistics(daemon, container)


class _OwnGroup:
    """A group of ours, which outlives the container."""

    def __init__(self, group: RunGroup) -> None:
        self._group = group

    def read(self, *, over: bool) -> Measure:
        return measure_group(self._group)


class _ContainerGroup:
    """The container's own group, which vanishes with it: what was read last stays."""

    def __init__(self, daemon: Daemon, container: str, group: RunGroup) -> None:
        self._daemon, self._container, self._group = daemon, container, group
        self._last = Measure()

    def read(self, *, over: bool) -> Measure:
        with contextlib.suppress(SandboxError):
            self._last = measure_group(self._group)
        if over:
            self._last = _with_end(self._last, self._daemon, self._container)
        return self._last


class _Statistics:
    """The daemon's statistics, asked for once a second at most."""

    def __init__(self, daemon: Daemon, container: str) -> None:
        self._daemon, self._container = daemon, container
        self._last = Measure()
        self._next = 0.0

    def read(self, *, over: bool) -> Measure:
        if over:
            self._last = _with_end(self._last, self._daemon, self._container)
        elif time.monotonic() >= self._next:
            self._last = _read_statistics(self._daemon, self._container, self._last)
            self._next = time.monotonic() + _STATISTICS_SECONDS
        return self._last


def _with_end(last: Measure, daemon: Daemon, container: str) -> Measure:
    """What is known, and whether the daemon says that memory ran out, which it knows when the container has ended."""
    with contextlib.suppress(SandboxError):
        state = daemon.inspect(container)
        if not state.get("Running") and state.get("OOMKilled"):
            kills = max(1, last.out_of_memory_kills)
            return replace(last, out_of_memory_kills=kills, memory_limit_reached=True)
    return last


def _read_statistics(daemon: Daemon, container: str, last: Measure) -> Measure:
    from docker.errors import DockerException

    try:
        said: dict[str, Any] = daemon.api.stats(container, stream=False, one_shot=True)
    except (DockerException, OSError):
        return last
    memory, processor = said.get("memory_stats") or {}, said.get("cpu_stats") or {}
    if not memory.get("usage"):  # it has ended: the counters are gone
        return last
    return replace(
        last,
        memory_bytes=int(memory["usage"]),
        peak_bytes=max(last.peak_bytes or 0, int(memory.get("max_usage") or memory["usage"])),
        processes=int((said.get("pids_stats") or {}).get("current") or 0),
        cpu_seconds=int((processor.get("cpu_usage") or {}).get("total_usage") or 0) / 1e9,
    )


def _container_group(pid: int, container: str) -> RunGroup | None:
    """The container's control group, found by its first process."""
    groups: dict[str, str] = {}
    for line in _read(Path(f"/proc/{pid}/cgroup")).splitlines():
        _, names, path = line.split(":", 2)
        groups.update(dict.fromkeys(names.split(","), path.lstrip("/")))
    root = Path("/sys/fs/cgroup")
    folders = {str(name): root / name / groups[name] for name in ("memory", "pids", "cpuacct") if name in groups}
    group = RunGroup(version=1, folders=folders)
    if not {"memory", "pids"} <= folders.keys():
        group = RunGroup(version=2, folders=dict.fromkeys(("memory", "pids", "cpu"), root / groups.get("", "")))
    if container not in str(group.folders["memory"]):
        return None
    try:
        group.read()
    except SandboxError:
        return None
    return group


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
