"""A zygote as the host holds it: a started guest that has imported its framework and forks runs on request.

Theory of operation
-------------------
The host's end of the control socket is used by one thread at a time: a request goes out, its answer comes back (see
`guest.forks`). For each run the host makes four pipes: job, evidence, errors, and one on which the zygote tells how the
run's init ended, which only its parent can know. The zygote gets their far ends with the request and answers with a
pidfd of the init, so that the host can name the process without a race, put it into the run's own control group before
its first byte of a job, and kill it, and with it all of the run, whatever the zygote is doing.

One pipe a run: a late writer of one run can't reach the next.
"""

import base64
import contextlib
import json
import os
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

from grader.errors import SandboxError
from grader.limits import GIB, KIB, MIB, Limits
from grader.sandbox.bounds import bound_processes, process_limits
from grader.sandbox.cgroup import RunGroup
from grader.sandbox.nanny import find_descendants
from grader.sandbox.policy import Policy, writable_places
from grader.sandbox.running import Ended, Measure, measure_group
from grader.sandbox.tree import measure_tree

__all__ = ["ZYGOTE_LIMITS", "ForkedRun", "Holding", "Zygote", "ZygoteOwner", "open_control"]

ZYGOTE_LIMITS = Limits(memory_bytes=8 * GIB, disk_bytes=64 * MIB, processes=128)
"""Of a zygote itself: its runs have their own."""

_ANSWER_SECONDS = 30.0
_END_SECONDS = 10.0
_MOST_BYTES = 1 << 17
_MOST_GROWTH_BYTES = 64 * MIB
_DESCRIPTORS_OF_A_CHILD = 2  # its pidfd and its status pipe
_ERRORS_BYTES = 64 * KIB
_STATUS = struct.Struct(">i")
_FIRST_WORD = "import its framework"
_GO = b"G"  # the first byte of a run's job stream: it is in its control group now


class ZygoteOwner(Protocol):
    """The started process, or container, in which a zygote lives."""

    @property
    def errors(self) -> IO[bytes]:
        """Its standard error."""
        ...

    def wait(self) -> Ended:
        """Wait until it has ended. Called once, from a thread of its own."""
        ...

    def end(self) -> None:
        """Kill it and everything in it, and wait until they are gone. Harmless when called again."""
        ...

    def release(self) -> None:
        """Remove what it had on this machine. After `end`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a zygote holds. But for what it holds of each run that is going on, it should be the same each time."""

    descriptors: int = 0
    memory_bytes: int = 0
    threads: int = 0
    children: int = 0
    ipc_objects: int = 0

    @property
    def own_descriptors(self) -> int:
        """Without those of its children."""
        return self.descriptors - _DESCRIPTORS_OF_A_CHILD * self.children

    def differs_from(self, before: "Holding") -> str | None:
        """What is not as it was, if anything; some growth of memory is ordinary."""
        for name in ("own_descriptors", "threads", "ipc_objects"):
            then, now = getattr(before, name), getattr(self, name)
            if now != then:
                return f"{now} {name.replace('_', ' ')}; there were {then}"
        if self.memory_bytes > before.memory_bytes + _MOST_GROWTH_BYTES:
            return f"{self.memory_bytes} bytes of memory; there were {before.memory_bytes}"
        return None


def open_control() -> tuple[socket.socket, socket.socket]:
    """Both ends of a control socket: ours, and the one that the zygote inherits."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Zygote:
    """One zygote. Safe to use from several threads.

    Args:
        control: our end of its control socket.
        owner: where it lives.
        policy: what its runs see; `policy.tmpfs` and the like are made anew in each.
        filter_program: the system-call filter that each run installs.
        ready_seconds: how long it may take to import its framework.
    """

    def __init__(
        self, control: socket.socket, owner: ZygoteOwner, *, policy: Policy, filter_program: bytes, ready_seconds: float
    ) -> None:
        self._control = control
        self._owner = owner
        self._policy = policy
        self._filter = base64.b64encode(filter_program).decode()
        self._deadline = time.monotonic() + ready_seconds
        self._lock = threading.RLock()
        self._errors = bytearray()
        self._closed = False
        self._ended: Ended | None = None
        self._threads = [_start_thread(work) for work in (self._collect_errors, self._await_end)]
        self._at_first = Holding()
        self.runs = 0

    @cached_property
    def refusal(self) -> str | None:
        """Why runs can't be forked here, as the zygote found when it tried; None where they can. Waits for it.

        Raises:
            SandboxError: it isn't ready in time, or has ended.
        """
        with self._lock:
            said, _ = self._receive(max(0.0, self._deadline - time.monotonic()), _FIRST_WORD)
            self._at_first = Holding(**said["holding"])
            refusal: str | None = said["refusal"]
            return refusal

    @property
    def is_alive(self) -> bool:
        """Whether it can still be asked."""
        return not self._closed and self._ended is None

    def fork(self, limits: Limits, group: RunGroup | None) -> "ForkedRun":
        """Fork a run, which waits for its job. It has joined the group.

        Raises:
            SandboxError: the zygote isn't ready in time, has ended, or can't fork.
        """
        if self.refusal is not None:
            raise SandboxError(self.refusal)
        request = {
            "op": "fork",
            "place": self._place(limits),
            "limits": process_limits(limits, counted=group is not None),
            "filter": self._filter,
        }
        with contextlib.ExitStack() as undo:
            job, evidence, errors, status = (_Pipe.open(undo) for _ in range(4))
            _, descriptors = self._ask(request, [job.reading, evidence.writing, errors.writing, status.writing])
            if len(descriptors) != 1:
                raise SandboxError("the zygote sent no handle of the run it forked")
            run = ForkedRun(
                descriptors[0],
                job=os.fdopen(os.dup(job.writing), "wb", buffering=0),
                evidence=os.fdopen(os.dup(evidence.reading), "rb", buffering=0),
                errors=os.fdopen(os.dup(errors.reading), "rb", buffering=0),
                status=os.dup(status.reading),
                group=group,
                limits=limits,
            )
        self.runs += 1
        try:
            run.admit()
        except BaseException:
            run.discard()
            raise
        return run

    def find_change(self) -> str | None:
        """What it holds that it didn't hold at first, runs apart; None as a rule.

        Raises:
            SandboxError: it doesn't answer.
        """
        said, _ = self._ask({"op": "describe"}, [])
        return Holding(**said).differs_from(self._at_first)

    def close(self) -> None:
        """End it, and all of its runs. Harmless when called again."""
        if self._closed:
            return
        self._closed = True
        self._owner.end()
        self._control.close()
        for thread in self._threads:
            thread.join(_END_SECONDS)
        self._owner.release()

    def _place(self, limits: Limits) -> dict[str, Any]:
        """The place of a run, in the words of `guest.namespaces.Place`."""
        return {
            "tmpfs": [[place.target, place.size_bytes] for place in writable_places(limits)],
            "folders": list(self._policy.folders),
            "covered": list(self._policy.covered),
            "work": self._policy.work,
            "user_id": self._policy.user_id,
            "group_id": self._policy.group_id,
        }

    def _ask(self, request: Mapping[str, Any], descriptors: list[int]) -> tuple[dict[str, Any], list[int]]:
        with self._lock:
            _ = self.refusal  # its first word comes unasked
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
            except OSError as error:
                raise self._lost(f"the zygote can't be asked: {error}") from error
            return self._receive(_ANSWER_SECONDS, f"answer {request['op']!r}")

    def _receive(self, seconds: float, what: str) -> tuple[dict[str, Any], list[int]]:
        """The zygote's next word. Nothing of a student has ever run in it, so what it says is believed."""
        try:
            if not select.select([self._control], [], [], seconds)[0]:
                raise self._lost(f"the zygote didn't {what} within {seconds:.0f} s")
            content, descriptors, _flags, _address = socket.recv_fds(self._control, _MOST_BYTES, 1)
        except (OSError, ValueError) as error:
            raise self._lost(f"the zygote can't be heard: {error}") from error
        if not content:
            for thread in self._threads:
                thread.join(_END_SECONDS)
            when = "before it was ready" if what == _FIRST_WORD else "unasked"
            raise self._lost(f"the zygote ended {when} ({self._ended})")
        said: dict[str, Any] = json.loads(content)
        if "error" in said:
            raise self._lost(f"no run could be forked: {said['error']}")
        return said, descriptors

    def _lost(self, message: str) -> SandboxError:
        ended = self._ended
        if ended is not None and ended.fault is not None:
            message = ended.fault
        text = bytes(self._errors).decode("utf-8", errors="replace")
        return SandboxError(message, details=tuple(text.splitlines()[-20:]))

    def _collect_errors(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._owner.errors as stream:
            while chunk := stream.read(_ERRORS_BYTES):
                self._errors += chunk[: _ERRORS_BYTES - len(self._errors)]

    def _await_end(self) -> None:
        self._ended = self._owner.wait()


@dataclass(frozen=True)
class _Pipe:
    reading: int
    writing: int

    @classmethod
    def open(cls, undo: contextlib.ExitStack) -> "_Pipe":
        """A pipe whose ends are closed when the block ends: who keeps one takes a copy."""
        pipe = cls(*os.pipe())
        undo.callback(os.close, pipe.reading)
        undo.callback(os.close, pipe.writing)
        return pipe


class ForkedRun:
    """A run that a zygote forked, see `Running`."""

    def __init__(
        self,
        pidfd: int,
        *,
        job: IO[bytes],
        evidence: IO[bytes],
        errors: IO[bytes],
        status: int,
        group: RunGroup | None,
        limits: Limits,
    ) -> None:
        self.job = job
        self.evidence = evidence
        self.errors = errors
        self._pidfd = pidfd
        self._status = status
        self._group = group
        self._limits = limits
        self._pid = _read_pid(pidfd)
        self._last = Measure()
        self._over = threading.Event()
        self._handle_lock = threading.Lock()  # ended from one thread while another releases it

    def admit(self) -> None:
        """Count it, then let it go on to its job.

        Raises:
            SandboxError: it can't be counted, or has ended.
        """
        try:
            if self._group is not None:
                for file in self._group.joining_files:
                    file.write_text(str(self._pid))
            self.job.write(_GO)
        except OSError as error:
            raise SandboxError(f"a forked run can't be put into its control group: {error}") from error
        if self._group is None:
            bound_processes(self._pid, self._limits)

    def discard(self) -> None:
        """End a run that nobody waits for."""
        self.end()
        for stream in (self.job, self.evidence, self.errors):
            with contextlib.suppress(OSError):
                stream.close()
        self.wait()
        self.release()

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Inside there is fork, and paths are the header's."""
        return {**header, "fork": True}

    def measure(self) -> Measure:
        """From the control group's counters, else summed over the processes."""
        if self._group is not None:
            return measure_group(self._group)
        if not self._over.is_set():
            self._last = measure_tree(self._pid, memory_bytes=self._limits.memory_bytes)
        return self._last

    def list_processes(self) -> frozenset[int]:
        """See `HasProcesses`."""
        return self._group.list_processes() if self._group else frozenset({self._pid, *find_descendants(self._pid)})

    def wait(self) -> Ended:
        """What the zygote says of its child; where it says nothing it has ended itself."""
        content = b""
        with contextlib.suppress(OSError):
            content = os.read(self._status, _STATUS.size)
        os.close(self._status)
        self._over.set()
        if len(content) != _STATUS.size:
            return Ended(fault="the zygote ended while a run was going on")
        code = os.waitstatus_to_exitcode(_STATUS.unpack(content)[0])
        return Ended(signal=-code) if code < 0 else Ended(exit_code=code)

    def end(self) -> None:
        """Kill its init: the kernel kills the others of its pid namespace before the init is gone."""
        with self._handle_lock:
            if self._pidfd >= 0:
                with contextlib.suppress(OSError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
                select.select([self._pidfd], [], [], _END_SECONDS)
        if self._group is not None:
            self._group.kill()

    def release(self) -> None:
        """Remove the control group."""
        with self._handle_lock:
            if self._pidfd >= 0:
                os.close(self._pidfd)
                self._pidfd = -1
        if self._group is not None:
            self._group.remove()


def _read_pid(pidfd: int) -> int:
    """The pid, in our own pid namespace, of the process behind a pidfd.

    Raises:
        SandboxError: it isn't to be had.
    """
    try:
        for line in Path(f"/proc/self/fdinfo/{pidfd}").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Pid" and int(value) > 0:
                return int(value)
    except (OSError, ValueError) as error:
        raise SandboxError(f"a forked run has no process id here: {error}") from error
    raise SandboxError("a forked run ended before it was counted")


def _start_thread(work: Any) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True, name="grader-zygote")
    thread.start()
    return thread
