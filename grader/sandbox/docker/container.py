"""A container that has been started, and the run in it: how it ends, what it uses, and that nothing of it stays.

Theory of operation
-------------------
The container's first process is the guest, so when it ends, the kernel ends everything in the container. To end a run
it is killed: through a pidfd where the process is this machine's, for that works also while the daemon doesn't
answer; else by the daemon. Then the container is removed. A grader that is killed takes its pipes or its connection
along, which ends the guest; the container itself is removed at the next start (`leftovers`).
"""

import contextlib
import os
import select
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from grader.sandbox.cgroup import RunGroup
from grader.sandbox.docker.counting import Counter
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.leftovers import remove_container
from grader.sandbox.docker.stream import AttachStream
from grader.sandbox.running import Ended, Measure

__all__ = ["Container", "ContainerRun", "HostProcess"]

_END_SECONDS = 20.0
_BY_SIGNAL = 128  # what the runtime adds to the number of the signal that ended the first process


@dataclass(frozen=True)
class HostProcess:
    """A container's first process, as this machine knows it."""

    pid: int
    handle: int  # a pidfd


class Container:
    """A container that has been started, see `ZygoteOwner`."""

    def __init__(
        self,
        daemon: Daemon,
        id: str,
        *,
        stream: AttachStream,
        errors: IO[bytes],
        process: HostProcess | None,
        group: RunGroup | None = None,
        first_is_safe: bool = True,
    ) -> None:
        self.errors = errors
        self._daemon = daemon
        self._id = id
        self._stream = stream
        self._process = process
        self._group = group
        self._first_is_safe = first_is_safe  # from signals of what runs inside; not in gVisor
        self._waited = threading.Event()
        self._over = False  # the daemon said how it ended
        self._killed = False

    def wait(self) -> Ended:
        """The container ends as the guest ends; by SIGKILL only if memory ran out, or someone else killed it."""
        from docker.errors import DockerException

        try:
            status = int(self._daemon.api.wait(self._id, timeout=None)["StatusCode"])
            self._over = True
        except (DockerException, OSError, KeyError) as error:
            return Ended(fault=None if self._killed else f"the Docker daemon lost the container: {error}")
        finally:
            self._waited.set()
        if status <= _BY_SIGNAL:
            return Ended(exit_code=status)
        number = status - _BY_SIGNAL
        if number == signal.SIGKILL and self._first_is_safe and not self._killed:
            return Ended(signal=number, fault=f"the container was ended from outside, by signal {number}")
        return Ended(signal=number)

    def end(self) -> None:
        """Kill the first process; the kernel kills the others. Then wait until they are gone, and the daemon knows."""
        if not self._over:
            self._killed = True
            self._kill()
            if self._process is not None:
                select.select([self._process.handle], [], [], _END_SECONDS)
            if not self._waited.wait(_END_SECONDS):
                remove_container(self._daemon, self._id)
        if self._group is not None:
            self._group.kill()

    def release(self) -> None:
        """Remove the container, its control group, and the connection."""
        remove_container(self._daemon, self._id)
        self._stream.cut()
        if self._process is not None:
            os.close(self._process.handle)
            self._process = None
        if self._group is not None:
            self._group.remove()

    def _kill(self) -> None:
        from docker.errors import DockerException

        if self._process is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._process.handle, signal.SIGKILL)
                return
        with contextlib.suppress(DockerException, OSError):
            self._daemon.api.kill(self._id)


class ContainerRun(Container):
    """A guest in a container of its own, see `Running`."""

    def __init__(
        self,
        daemon: Daemon,
        id: str,
        *,
        stream: AttachStream,
        job: Any,
        evidence: IO[bytes],
        errors: IO[bytes],
        process: HostProcess | None,
        counter: Counter,
        group: RunGroup | None,
        first_is_safe: bool = True,
    ) -> None:
        super().__init__(
            daemon, id, stream=stream, errors=errors, process=process, group=group, first_is_safe=first_is_safe
        )
        self.job = job
        self.evidence = evidence
        self._counter = counter

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Inside there is fork, and paths are the header's."""
        return {**header, "fork": True}

    def list_processes(self) -> frozenset[int] | None:
        """See `HasProcesses`."""
        return self._group.list_processes() if self._group is not None else None

    def measure(self) -> Measure:
        """What the run uses."""
        return self._counter.read(over=self._waited.is_set())
