"""What commands use (wall and processor time, memory), and what every file of results says of the machine.

Theory of operation
-------------------
The commands of one side are run `at_a_time` together, in one control group where there is one to be had (`cpuacct` of
version 1): it counts the processor time of every process, also of those whose parent was killed before it could wait
for them. Elsewhere it is what the kernel adds up for a process and the children that it waited for.

Memory is sampled, in a round of its own, because reading it costs time: the sum over all descendants of the
proportional set size, in which a page that n processes share counts a n-th for each. A sum of resident sizes would
count PyTorch once for every fork.
"""

import contextlib
import json
import os
import platform
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = [
    "RESULTS",
    "ROOT",
    "Command",
    "MemoryWatch",
    "Usage",
    "counting_group",
    "describe_machine",
    "join_group",
    "read_cpu_seconds",
    "read_memory",
    "run_side",
    "write_results",
]

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
SAMPLE_SECONDS = 0.1
JOIN_FIRST = 'echo $$ > "$0" && exec "$@"'
LAST_LINES = 30


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command, what it is to find in its environment, and where it is run."""

    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = ROOT


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one side's commands used, all together. `cpu_from` says who counted."""

    wall_seconds: float
    cpu_seconds: float
    cpu_from: str
    peak_memory_mib: float | None = None


def run_side(commands: Sequence[Command], *, at_a_time: int = 1, watch_memory: bool = False) -> Usage:
    """Run commands to their ends; what they used.

    Raises:
        SystemExit: one of them failed; what it said.
    """
    with counting_group() as group, MemoryWatch(on=watch_memory) as watch, ThreadPoolExecutor(at_a_time) as pool:
        start = time.monotonic()
        waited = sum(pool.map(lambda command: run_command(command, group), commands))
        wall = time.monotonic() - start
        counted = read_cpu_seconds(group)
    return Usage(
        wall_seconds=wall,
        cpu_seconds=waited if counted is None else counted,
        cpu_from="what was waited for" if counted is None else "a control group",
        peak_memory_mib=watch.peak_mib,
    )


def run_command(command: Command, group: Path | None) -> float:
    """Run one command to its end; the processor seconds of it and what it waited for.

    Raises:
        SystemExit: it failed; what it said.
    """
    words = join_group(command.words, group)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            words,
            env={**os.environ, **command.environment},
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").splitlines()
            raise SystemExit(
                "\n".join([f"{list(command.words)} ended with {process.returncode}:", *said[-LAST_LINES:]])
            )
    return usage.ru_utime + usage.ru_stime


@contextlib.contextmanager
def counting_group() -> Iterator[Path | None]:
    """A control group that counts processor time, below our own; None where none can be made."""
    group = None
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(path for _, names, path in (line.split(":", 2) for line in lines) if "cpuacct" in names.split(","))
        group = Path("/sys/fs/cgroup/cpuacct") / own.lstrip("/") / f"benchmark-{os.getpid()}-{time.monotonic_ns()}"
        group.mkdir()
    try:
        yield group if group is not None and (group / "cpuacct.usage").exists() else None
    finally:
        if group is not None:
            with contextlib.suppress(OSError):
                group.rmdir()


def join_group(words: Sequence[str], group: Path | None) -> list[str]:
    """A command that joins a group first."""
    return list(words) if group is None else ["sh", "-c", JOIN_FIRST, str(group / "cgroup.procs"), *words]


def read_cpu_seconds(group: Path | None) -> float | None:
    """What a group and those below it have used so far."""
    return None if group is None else int((group / "cpuacct.usage").read_text()) / 1e9


class MemoryWatch:
    """Samples the memory of all our descendants while its block runs; `peak_mib` is None where it is off."""

    def __init__(self, *, on: bool) -> None:
        self.peak_mib: float | None = 0.0 if on else None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        if self.peak_mib is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self.peak_mib is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            used = sum(read_memory(pid) for pid in list_descendants(os.getpid()))
            self.peak_mib = max(self.peak_mib or 0.0, used / (1 << 20))


def read_memory(pid: int) -> int:
    """The proportional set size of a process in bytes; 0 for one that is gone."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def list_descendants(ancestor: int) -> set[int]:
    """The processes below one, without itself."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int(stat.read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    waiting = [ancestor]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def describe_machine(packages: Sequence[str] = ("torch", "torchvision", "numpy")) -> dict[str, Any]:
    """What results are to be read with: the machine in general words, versions, the day. No names, no paths."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "architecture": platform.machine(),
        "kernel": ".".join(platform.release().split("-")[0].split(".")[:2]),
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in packages},
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def write_results(name: str, results: Mapping[str, Any]) -> None:
    """Write `benchmarks/results/<name>.json`, and show it."""
    text = json.dumps(results, indent=1, allow_nan=False, default=asdict)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(text)
