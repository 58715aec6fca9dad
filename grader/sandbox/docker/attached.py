"""A guest in a container over the attach stream, see `sandbox.running.Running`.

Theory of operation
-------------------
    grader ─► daemon: create ─► attach ─► start ─► (this machine's own daemon) the first process joins the run's group

The container's first process is the guest, so when it ends, the kernel ends everything in the container. To end a run
it is killed: through a pidfd where the process is this machine's, for that works also while the daemon doesn't answer;
else by the daemon. Then the container is removed. A grader that is killed takes its connection along, which ends the
guest; the container itself is removed at the next start (`leftovers`).
"""

import contextlib
import os
import signal
import threading
from collections.abc import Mapping
from typing import Any

from grader.sandbox.cgroup import RunGroup
from grader.sandbox.docker.counting import Counter
from grader.sandbox.docker.daemon import Daemon
from grader.sandbox.docker.leftovers import remove_container
from grader.sandbox.docker.stream import AttachStream
from grader.sandbox.running import Ended, Measure

__all__ = ["Attached"]

_END_SECONDS = 20.0
_BY_SIGNAL = 128  # what the runtime adds to the number of the signal that ended the first process
_UNTIL_ENDED = "not-running"


class Attached:
    """A guest that has been started in a container."""

    def __init__(
        self,
        daemon: Daemon,
        container: str,
        *,
        stream: AttachStream,
        handle: int | None,
        counter: Counter,
        group: RunGroup | None,
    ) -> None:
        self.job: Any = stream.job
        self.evidence = stream.evidence
        self.errors = stream.errors
        self._daemon = daemon
        self._container = container
        self._stream = stream
        self._handle = handle  # a pidfd of the first process
        self._counter = counter
        self._group = group
        self._over = threading.Event()
        self._killed = False

    def prepare_job(self, header: Mapping[str, Any]) -> Mapping[str, Any]:
        """Inside there is fork, and paths are the header's."""
        return {**header, "fork": True}

    def measure(self) -> Measure:
        """What the run uses."""
        return self._counter.read()

    def wait(self) -> Ended:
        """The container ends as the guest ends; by SIGKILL only if memory ran out, or someone else killed it."""
        from docker.errors import DockerException

        try:
            status = int(self._daemon.api.wait(self._container, timeout=None, condition=_UNTIL_ENDED)["StatusCode"])
        except (DockerException, OSError, KeyError) as error:
            return Ended(fault=f"the Docker daemon lost the container: {error}")
        finally:
            self._over.set()
        if status <= _BY_SIGNAL:
            return Ended(exit_code=status)
        number = status - _BY_SIGNAL
        fault = f"the container was ended from outside, by signal {number}"
        return Ended(signal=number, fault=fault if number == signal.SIGKILL and not self._killed else None)

    def end(self) -> None:
        """Kill the first process; the kernel kills the others. Then wait until the daemon has seen it."""
        if not self._over.is_set():
            self._killed = True
            self._kill()
            if not self._over.wait(_END_SECONDS):
                remove_container(self._daemon, self._container)
        if self._group is not None:
            self._group.kill()

    def _kill(self) -> None:
        from docker.errors import DockerException

        if self._handle is not None:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                return
        with contextlib.suppress(DockerException, OSError):
            self._daemon.api.kill(self._container)

    def release(self) -> None:
        """Remove the container, its control group, and the connection."""
        remove_container(self._daemon, self._container)
        self._stream.cut()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._group is not None:
            self._group.remove()
