"""Stands between the grader and a guest that runs without a sandbox, and leaves none of its processes behind.

Theory of operation
-------------------
Started as a program of its own: `python -I nanny.py PLAN`, standard library only. It starts the guest as its child and
is the *subreaper* of all that descends from it: a daemon that forked twice becomes the nanny's child, not init's, so it
stays to be found. It ends the guest and every descendant when the guest ends, when the grader says so (SIGTERM), and
when the grader dies, even by `kill -9`: the kernel then closes the grader's end of the nanny's standard input.

It ends as the guest ended: with the same exit status, or by the same signal. It is no boundary: a student's process
runs as the same user and could kill the nanny first. The grader therefore sweeps once more, by the run's mark in the
environment (`find_marked`).
"""

# A light start, before every run: no pathlib.
# ruff: noqa: PTH123, PTH208

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

if sys.platform != "win32":
    import resource

__all__ = ["MARK", "find_descendants", "find_marked", "kill_all"]

MARK = "GRADER_RUN"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_SWEEP_SECONDS = 10.0


def main(plan: dict[str, Any]) -> int:
    """Run the guest to its end. PLAN: {"command": [argv], "environment": {…}, "fds": [ints], "limits": {…},
    "groups": [files], "standard_fds": [job, evidence] | null, "folder": its current folder}.
    """
    stop = _watch_signals()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    guest = _start(plan)
    try:
        status = _wait(guest, stop)
    finally:
        kill_all(lambda: find_descendants(os.getpid()))
        with contextlib.suppress(OSError):
            os.killpg(guest, signal.SIGKILL)
    return status


def _start(plan: dict[str, Any]) -> int:
    """Fork the guest: a session of its own, in the run's groups, under its limits."""
    pid = os.fork()
    if pid:
        for fd in plan["fds"]:
            os.close(fd)
        return pid
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _join_and_limit(plan)
        job, evidence = plan["standard_fds"] or (os.open(os.devnull, os.O_RDONLY), None)
        os.dup2(job, 0)
        os.dup2(evidence if evidence is not None else 2, 1)
        for fd in plan["fds"]:
            os.set_inheritable(fd, plan["standard_fds"] is None)
        os.chdir(plan["folder"])
        os.execve(plan["command"][0], plan["command"], plan["environment"])  # noqa: S606
    except BaseException as failure:
        os.write(2, f"nanny: {failure}\n".encode())
        os._exit(97)


def _join_and_limit(plan: dict[str, Any]) -> None:
    for file in plan["groups"]:
        with open(file, "w") as group:
            group.write(str(os.getpid()))
    for name, value in plan["limits"].items():
        kind = getattr(resource, f"RLIMIT_{name}")
        most = resource.getrlimit(kind)[1]
        bounded = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (bounded, bounded))


def _watch_signals() -> int:
    """A descriptor that becomes readable at SIGTERM and whenever a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader decides what an interrupt ends
    return readable


def _wait(guest: int, stop: int) -> int:
    """The guest's exit status (negative: a signal), or -SIGKILL when it was to be ended."""
    while True:
        status = _reap(guest)
        if status is not None:
            return status
        ready, _, _ = select.select([0, stop], [], [])
        if 0 in ready:  # the grader never writes there: this is its end
            return -signal.SIGKILL
        if stop in ready and signal.SIGTERM in os.read(stop, 4096):
            return -signal.SIGKILL


def _reap(guest: int) -> int | None:
    """Collect children that have ended, adopted ones too; the guest's status if it is among them."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == guest:
                found = os.waitstatus_to_exitcode(status)
    return found


def kill_all(find: Callable[[], Iterable[int]], *, seconds: float = _SWEEP_SECONDS) -> bool:
    """Kill what `find()` finds until it finds nothing: stop all first, so that none forks away. Whether it's done."""
    deadline = time.monotonic() + seconds
    while True:
        _collect_children()
        found = list(find())
        if not found:
            return True
        if time.monotonic() > deadline:
            return False
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        time.sleep(0.005)


def _collect_children() -> None:
    if __name__ == "__main__":  # only the nanny's children are all its own to reap
        _reap(0)


def find_descendants(ancestor: int) -> list[int]:
    """Every process that descends from one, ended ones (zombies) left out."""
    children: dict[int, list[int]] = {}
    for pid, parent in _list_processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            found.append(pid)
            waiting.append(pid)
    return found


def find_marked(mark: str) -> list[int]:
    """Every process whose environment carries a run's mark (Linux; elsewhere none can be found so)."""
    entry = f"{MARK}={mark}".encode()
    found = []
    for pid in _numbers_in_proc():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if entry in file.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            continue
    return found


def _numbers_in_proc() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _list_processes() -> Iterable[tuple[int, int]]:
    """(pid, parent) of every living process."""
    numbers = list(_numbers_in_proc())
    if not numbers:
        yield from _list_by_ps()
    for pid in numbers:
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except OSError:
            continue
        if state not in (b"Z", b"X"):
            yield pid, int(parent)


def _list_by_ps() -> Iterable[tuple[int, int]]:
    """The same where there is no /proc (macOS)."""
    answer = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        pid, parent, state = line.split()[:3]
        if not state.startswith("Z"):
            yield int(pid), int(parent)


def _end_as(status: int) -> None:
    """Exit as the guest did."""
    if status < 0:
        number = -status
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(status)


if __name__ == "__main__":
    _end_as(main(json.loads(sys.argv[1])))
