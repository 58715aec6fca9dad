"""Control groups: memory with swap, processes and processor time of a whole run, counted by the kernel.

Theory of operation
-------------------
`find_control()` looks where runs' groups can be made. With cgroup v1 that is below our own group of each controller;
with v2 it is the nearest group above us that hands `memory` and `pids` down and that we may write to (as root, or in a
subtree that systemd delegated). A group that has processes can't hand anything down, so where our own group was
delegated to us, or no other can be used, we and our kin move into a leaf of it first. `Control.make_run` makes a group
of a random name for one run. The launcher joins it while it is still ours, before the sandbox starts, so everything in
the run is counted from its first byte.

How a run ended is read from the kernel's counters (`oom_kill`, `pids.events`), never from what a student prints.
Groups that a killed grader left are empty folders; the next `find_control` removes those whose owner is gone.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SandboxError
from grader.limits import MIB, Limits
from grader.sandbox.ownership import is_abandoned, own_name

__all__ = ["Control", "NoControl", "Reading", "RunGroup", "find_control"]

_SPARE_PROCESSES = 4  # the sandbox's own: launcher or bubblewrap, the guest
_PERIOD_MICROSECONDS = 100_000
_REMOVE_SECONDS = 5.0
_CHARGED_AHEAD_BYTES = 4 * MIB  # what the kernel asks for at a time, a huge page too
_REQUIRED = ("memory", "pids")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What the kernel counted for a run so far."""

    memory_bytes: int
    peak_bytes: int | None
    out_of_memory_kills: int
    memory_limit_reached: bool  # else it was the machine's memory, or a group's above, that ran out
    process_limit_hits: int
    cpu_seconds: float | None
    processes: int


@dataclass(frozen=True)
class NoControl:
    """Why no groups can be made here, and what mends it."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Control:
    """Where groups of runs are made: for each controller a folder (v2: the same one for all)."""

    version: int
    parents: Mapping[str, Path]

    def make_run(self, limits: Limits) -> "RunGroup":
        """A new group with the limits of a run.

        Raises:
            SandboxError: it can't be made.
        """
        name = own_name()
        folders = {controller: parent / name for controller, parent in self.parents.items()}
        group = RunGroup(version=self.version, folders=folders)
        try:
            for folder in group.distinct_folders:
                folder.mkdir()
            for file, value in self._settings(folders, limits):
                file.write_text(value)
        except OSError as error:
            group.remove()
            raise SandboxError(f"no control group for the run could be made: {error}") from error
        return group

    def _settings(self, folders: Mapping[str, Path], limits: Limits) -> Iterable[tuple[Path, str]]:
        memory, processes = str(limits.memory_bytes), str(limits.processes + _SPARE_PROCESSES)
        quota = limits.cpus * _PERIOD_MICROSECONDS
        yield folders["pids"] / "pids.max", processes
        if self.version == 1:
            yield folders["memory"] / "memory.limit_in_bytes", memory
            with_swap = folders["memory"] / "memory.memsw.limit_in_bytes"
            without = folders["memory"] / "memory.swappiness"  # where the kernel doesn't count swap
            yield (with_swap, memory) if with_swap.exists() else (without, "0")
            if "cpu" in folders:
                yield folders["cpu"] / "cpu.cfs_period_us", str(_PERIOD_MICROSECONDS)
                yield folders["cpu"] / "cpu.cfs_quota_us", str(quota)
            return
        yield folders["memory"] / "memory.max", memory
        if (folders["memory"] / "memory.swap.max").exists():
            yield folders["memory"] / "memory.swap.max", "0"
        if "cpu" in folders:
            yield folders["cpu"] / "cpu.max", f"{quota} {_PERIOD_MICROSECONDS}"


@dataclass(frozen=True, kw_only=True)
class RunGroup:
    """The group of one run."""

    version: int
    folders: Mapping[str, Path]

    @property
    def distinct_folders(self) -> tuple[Path, ...]:
        """Each folder once."""
        return tuple(dict.fromkeys(self.folders.values()))

    @property
    def joining_files(self) -> tuple[Path, ...]:
        """A process joins by writing its pid into each of these."""
        return tuple(folder / "cgroup.procs" for folder in self.distinct_folders)

    def read(self) -> Reading:
        """The counters now.

        Raises:
            SandboxError: they can't be read any more; without them a run's end can't be told.
        """
        try:
            return self._read_v1() if self.version == 1 else self._read_v2()
        except (OSError, ValueError) as error:
            raise SandboxError(f"the run's control group can't be read: {error}") from error

    def _read_v1(self) -> Reading:
        memory, pids = self.folders["memory"], self.folders["pids"]
        usage = self.folders.get("cpuacct")
        return Reading(
            memory_bytes=_number(memory / "memory.usage_in_bytes"),
            peak_bytes=_number(memory / "memory.max_usage_in_bytes"),
            out_of_memory_kills=_counters(memory / "memory.oom_control").get("oom_kill", 0),
            memory_limit_reached=_has_reached(memory, "memory") or _has_reached(memory, "memory.memsw"),
            process_limit_hits=_counters(pids / "pids.events").get("max", 0),
            cpu_seconds=_number(usage / "cpuacct.usage") / 1e9 if usage else None,
            processes=_number(pids / "pids.current"),
        )

    def _read_v2(self) -> Reading:
        folder = self.folders["memory"]
        peak = folder / "memory.peak"  # since Linux 5.19
        memory = _counters(folder / "memory.events")
        return Reading(
            memory_bytes=_number(folder / "memory.current"),
            peak_bytes=_number(peak) if peak.exists() else None,
            out_of_memory_kills=memory.get("oom_kill", 0),
            memory_limit_reached=memory.get("max", 0) > 0,
            process_limit_hits=_counters(folder / "pids.events").get("max", 0),
            cpu_seconds=_counters(folder / "cpu.stat").get("usage_usec", 0) / 1e6,
            processes=_number(folder / "pids.current"),
        )

    def list_processes(self) -> frozenset[int]:
        """The process ids of the run, as this machine counts them."""
        return frozenset(_pids(self.folders["pids"]))

    def kill(self) -> None:
        """Kill every process of the group; nothing in it can fork meanwhile."""
        with contextlib.suppress(OSError):
            (self.folders["pids"] / "pids.max").write_text("0")
        for folder in self.distinct_folders:
            if (folder / "cgroup.kill").exists():
                with contextlib.suppress(OSError):
                    (folder / "cgroup.kill").write_text("1")
            for pid in _pids(folder):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)

    def remove(self) -> bool:
        """Kill what is left and remove the group. Whether it is gone; harmless when called again."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        while True:
            left = [folder for folder in self.distinct_folders if not _remove_folder(folder)]
            if not left or time.monotonic() > deadline:
                return not left
            self.kill()
            time.sleep(0.005)


def find_control(*, root: Path = Path("/sys/fs/cgroup"), proc: Path = Path("/proc")) -> Control | NoControl:
    """Where runs' groups can be made on this machine, if anywhere. Removes what killed graders left there."""
    try:
        own = _own_groups(proc / "self" / "cgroup")
    except OSError as error:
        return NoControl(f"this system has no control groups ({error})")
    control = _find_v1(root, own)
    if isinstance(control, NoControl) and "" in own:
        control = _find_v2(root, own[""], proc) or control
    if isinstance(control, Control):
        for parent in set(control.parents.values()):
            _remove_abandoned(parent)
    return control


def _find_v1(root: Path, own: Mapping[str, str]) -> Control | NoControl:
    parents = {}
    for controller in ("memory", "pids", "cpu", "cpuacct"):
        mount = (root / controller).resolve()  # often a link to "cpu,cpuacct"
        folder = _below(mount, own.get(controller, "/"))
        if (mount / "cgroup.procs").exists() and folder is not None and _is_writable(folder):
            parents[controller] = folder
        elif controller in _REQUIRED:
            return NoControl(f"no writable control group for {controller!r} below {str(root)!r}")
    return Control(version=1, parents=parents)


def _find_v2(root: Path, own: str, proc: Path) -> Control | NoControl | None:
    mount = root if (root / "cgroup.controllers").exists() else root / "unified"
    start = _below(mount, own)
    if start is None or "memory" not in _words(mount / "cgroup.controllers"):  # there may be v1 for that
        return None
    above = [folder for folder in (start, *start.parents) if folder.is_relative_to(mount)]
    if _is_delegated(start) and _make_room(start, proc):
        above = [start]
    found = next((folder for folder in above if _may_make(folder)), None)
    if found is None and _may_write(start) and _make_room(start, proc):
        found = start if _may_make(start) else None
    if found is not None:
        parents = dict.fromkeys(_handed_down(found) & {"memory", "pids", "cpu"}, found)
        return Control(version=2, parents=parents)
    return NoControl(
        "no control group above this process can be written to and hands 'memory' and 'pids' down; "
        "start the grader with `systemd-run --user --scope -p Delegate=yes`"
    )


def _may_make(folder: Path) -> bool:
    """Whether runs' groups can be made in a group."""
    return _may_write(folder) and _hands_down(folder)


def _may_write(folder: Path) -> bool:
    return _is_writable(folder) and os.access(folder / "cgroup.procs", os.W_OK)


def _is_delegated(folder: Path) -> bool:
    """Whether systemd marked a group as handed over to whoever runs in it (`Delegate=yes`)."""
    for name in ("user.delegate", "trusted.delegate"):
        with contextlib.suppress(OSError, AttributeError):
            if os.getxattr(folder, name) == b"1":
                return True
    return False


def _make_room(folder: Path, proc: Path) -> bool:
    """Move every process of our own group into a leaf of it, if all are our kin. Whether none is left in the group.

    The leaf has a name of ours, so that it is removed when we are gone.
    """
    if not _may_write(folder) or not set(pids := _pids(folder)) <= _list_kin(proc):
        return False
    leaf = folder / own_name()
    with contextlib.suppress(OSError):
        leaf.mkdir()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                (leaf / "cgroup.procs").write_text(str(pid))
    return not _pids(folder)


def _list_kin(proc: Path) -> set[int]:
    """Us, those who started us, and what we started."""
    parents = {}
    for stat in proc.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(stat.parent.name)] = int(stat.read_bytes().rpartition(b")")[2].split()[1])
    ours, kin = os.getpid(), set[int]()
    for pid in parents:
        line = [pid]
        while (parent := parents.get(line[-1], 0)) > 0 and parent not in line:
            line.append(parent)
        if pid == ours:
            kin.update(line)
        elif ours in line:
            kin.add(pid)
    return kin


def _hands_down(folder: Path) -> bool:
    """Whether children of a group get the controllers that we need, asking for them where nobody did yet.

    Those that we can't do without are asked for together: a group with processes refuses `memory`, but would take
    `pids` or `cpu` alone, and then be one whose children take no processes any more.
    """
    available = set(_words(folder / "cgroup.controllers"))
    for wanted in (set(_REQUIRED), {"cpu"}):
        missing = wanted - _handed_down(folder)
        if missing and missing <= available:
            with contextlib.suppress(OSError):  # EBUSY where the group has processes of its own
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in sorted(missing)))
        if not _handed_down(folder).issuperset(_REQUIRED):
            return False
    return True


def _handed_down(folder: Path) -> set[str]:
    return set(_words(folder / "cgroup.subtree_control"))


def _own_groups(file: Path) -> dict[str, str]:
    """Our own group by controller; under "" that of cgroup v2."""
    groups: dict[str, str] = {}
    for line in file.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    return groups


def _below(mount: Path, group: str) -> Path | None:
    """A group's folder. In a container the group may be named as the host sees it; then the mount is our group."""
    for folder in (mount / group.lstrip("/"), mount):
        if folder.is_dir():
            return folder
    return None


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and not _is_read_only(folder)


def _is_read_only(folder: Path) -> bool:
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return True


def _remove_abandoned(parent: Path) -> None:
    with contextlib.suppress(OSError):
        for folder in parent.iterdir():
            if is_abandoned(folder.name):
                _remove_folder(folder)


def _remove_folder(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _has_reached(folder: Path, kind: str) -> bool:
    """Whether a group of version 1 has had all that it may have. (Newer kernels no longer count how often.)"""
    most, limit = folder / f"{kind}.max_usage_in_bytes", folder / f"{kind}.limit_in_bytes"
    return most.exists() and _number(most) >= _number(limit) - _CHARGED_AHEAD_BYTES


def _number(file: Path) -> int:
    return int(file.read_text())


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []


def _counters(file: Path) -> dict[str, int]:
    """A file of lines `name number`; no such file (an older kernel, a missing controller) counts nothing."""
    words = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdigit()}


def _pids(folder: Path) -> list[int]:
    return [int(pid) for pid in _words(folder / "cgroup.procs")]
