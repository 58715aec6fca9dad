"""What the processes below one process use together, read from /proc: for machines without control groups."""

import os
from collections.abc import Iterable
from pathlib import Path

from grader.sandbox.nanny import find_descendants
from grader.sandbox.running import Measure

__all__ = ["measure_tree"]


def measure_tree(ancestor: int, *, memory_bytes: int) -> Measure:
    """The use of a process's descendants, threads counted as processes; nothing known where there is no /proc.

    Memory that processes share is counted once, but only when the quick sum, which counts it for each, is beyond
    `memory_bytes`: the exact number costs the kernel a walk through all pages.
    """
    if not Path("/proc/self/statm").exists():
        return Measure()
    pids = find_descendants(ancestor)
    memory = sum(_resident_bytes(pid) for pid in pids)
    if memory > memory_bytes:
        memory = sum(_proportional_bytes(pid) for pid in pids)
    times = [_threads_and_seconds(pid) for pid in pids]
    return Measure(
        memory_bytes=memory,
        processes=sum(threads for threads, _ in times),
        cpu_seconds=sum(seconds for _, seconds in times),
    )


def _resident_bytes(pid: int) -> int:
    words = _read(pid, "statm").split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") if len(words) > 1 else 0


def _proportional_bytes(pid: int) -> int:
    """A process's share of its memory (Pss); where that is kept from us, what it doesn't share with files."""
    rollup = _read(pid, "smaps_rollup")
    source, names = (
        (rollup, {"Pss", "SwapPss"}) if rollup else (_read(pid, "status"), {"RssAnon", "RssShmem", "VmSwap"})
    )
    return sum(_kilobytes(source.splitlines(), names)) * 1024


def _kilobytes(lines: Iterable[str], names: set[str]) -> Iterable[int]:
    for line in lines:
        name, _, rest = line.partition(":")
        if name in names:
            yield int(rest.split()[0])


def _threads_and_seconds(pid: int) -> tuple[int, float]:
    """Threads of a process; seconds of processor time of it and of those children that it has waited for."""
    words = _read(pid, "stat").rpartition(")")[2].split()
    if len(words) < 18:
        return 0, 0.0
    return int(words[17]), sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
