"""A sandbox whose runs can be ended from another thread: for whoever runs several at a time and is interrupted."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from grader.errors import SandboxError
from grader.guest.protocol import Frame
from grader.sandbox.request import KeepsGuests, Launch, PreparedRun, RunRequest, RunResult, Sandbox, image_of

__all__ = ["StoppableSandbox", "stop_at_exit"]


class StoppableSandbox:
    """Another sandbox, and a list of what was started in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._started: WeakSet[PreparedRun] = WeakSet()  # those that somebody still holds: a result is large
        self._stopped = False
        self.name = sandbox.name
        self.is_sandbox = sandbox.is_sandbox
        self.cautions = sandbox.cautions

    def image_for(self, framework: str) -> str | None:
        """See `image_of`: what is cached by the image must not lose it here."""
        return image_of(self._sandbox, framework)

    def prepare(self, launch: Launch) -> PreparedRun:
        """Start a guest, see `Sandbox.prepare`. Once stopped, none is started any more."""
        with self._lock:
            if self._stopped:
                raise SandboxError("interrupted")
            prepared = self._sandbox.prepare(launch)
            self._started.add(prepared)
        return prepared

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def stop(self) -> None:
        """End every guest that was started; their runs raise SandboxError in their own threads."""
        with self._lock:
            self._stopped = True
            started = list(self._started)
        for prepared in started:
            with contextlib.suppress(SandboxError):
                prepared.close()


@contextmanager
def stop_at_exit(sandbox: Sandbox) -> Iterator[StoppableSandbox]:
    """A stoppable form of a sandbox, stopped where the block ends, in order or by an interrupt."""
    stoppable = StoppableSandbox(sandbox)
    try:
        yield stoppable
    except KeyboardInterrupt:
        if isinstance(sandbox, KeepsGuests):
            sandbox.close()  # some wait for a warm guest that is still being started
        raise
    finally:
        stoppable.stop()
