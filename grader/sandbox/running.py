"""What the keeper needs of a guest that has been started; how processes are started so that they end with us."""

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol, runtime_checkable

from grader.sandbox.cgroup import RunGroup

__all__ = ["GUEST_FOLDER", "Ended", "HasProcesses", "Measure", "Running", "measure_group", "start_process"]

GUEST_FOLDER = Path(__file__).resolve().parent.parent / "guest"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the guest's process ended, as the runtime says."""

    exit_code: int | None = None
    signal: int | None = None
    fault: str | None = None
    """Set where the sandbox itself failed, so that nothing about the student follows."""

    def __str__(self) -> str:
        return f"signal {self.signal}" if self.signal is not None else f"exit status {self.exit_code}"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What a run uses now, and has used; None where this machine can't tell."""

    memory_bytes: int | None = None
    peak_bytes: int | None = None
    processes: int | None = None
    cpu_seconds: float | None = None
    out_of_memory_kills: int = 0
    memory_limit_reached: bool = True  # also where that can't be told
    process_limit_hits: int = 0


def measure_group(group: RunGroup) -> Measure:
    """What the kernel counted for a run. It keeps the processes below their limit itself: they aren't told."""
    reading = group.read()
    return Measure(
        memory_bytes=reading.memory_bytes,
        peak_bytes=reading.peak_bytes,
        cpu_seconds=reading.cpu_seconds,
        out_of_memory_kills=reading.out_of_memory_kills,
        memory_limit_reached=reading.memory_limit_reached,
        process_limit_hits=reading.process_limit_hits,
    )


class Running(Protocol):
    """A guest that has been started. The keeper closes the three streams; the rest ends with `end`."""

    @property
    def job(self) -> IO[bytes]:
        """Where the job's frames are written to."""
        ...

    @property
    def evidence(self) -> IO[bytes]:
        """Where the evidence frames come from."""
        ...

    @property
    def errors(self) -> IO[bytes]:
        """The guest's standard error, before and outside student code."""
        ...

    def wait(self) -> Ended:
        """Wait until the guest has ended. Called once, from a thread of its own."""
        ...

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """The job's header as this sandbox's guest must see it. Called once, before the job goes in."""
        ...

    def measure(self) -> Measure:
        """What the run uses. Also after `end`, for the last time before `release`."""
        ...

    def end(self) -> None:
        """Kill all of the run's processes and wait until they are gone. Harmless when called again."""
        ...

    def release(self) -> None:
        """Remove what the run had on this machine: its control group, its folder. After `end`."""
        ...


@runtime_checkable
class HasProcesses(Protocol):
    """A `Running` whose processes can be told, by their numbers on this machine."""

    def list_processes(self) -> frozenset[int] | None:
        """Those that it has now; None where they can't be told after all."""
        ...


class _Starter:
    """One thread that starts every process of ours and lives as long as the program.

    A child that asked to die with its parent dies with the *thread* that started it (prctl(2), PR_SET_PDEATHSIG). Runs
    are prepared in threads that come and go, so this one starts them all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: ThreadPoolExecutor | None = None

    def start(self, command: Sequence[str], options: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="grader-starter")
            future: Future[subprocess.Popen[bytes]] = self._thread.submit(_start_child, command, options)
        try:
            return future.result()
        except BaseException:  # interrupted while it was being started: it must not stay
            future.add_done_callback(_kill_started)
            raise


def _start_child(command: Sequence[str], options: Mapping[str, Any]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, **options)


def _kill_started(future: "Future[subprocess.Popen[bytes]]") -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().kill()


_starter = _Starter()


def start_process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    streams: Mapping[str, int | IO[bytes]],
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that an interrupt at the terminal reaches the grader alone.

    Raises:
        OSError: it can't be started.
    """
    options: dict[str, Any] = {"env": dict(environment), "cwd": folder, "start_new_session": True, **streams}
    if pass_fds:
        options["pass_fds"] = tuple(pass_fds)
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
    return _starter.start([str(word) for word in command], options)
