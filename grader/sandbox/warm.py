"""A pool of warm guests: a run is a fork of one, instead of a start of its own.

Theory of operation
-------------------
For each launch (interpreter, files, environment, device) the pool keeps one zygote, in which nothing of a student ever
ran. `prepare` has it started; the fork itself is made when the job is there, and takes some hundredths of a second.
Several runs may be forked from one zygote at a time: each has namespaces, memory and a control group of its own.

A zygote is replaced after so many runs, after any fault of the sandbox, and when it holds more than it held at first:
descriptors, threads, shared memory, memory. It is asked whenever no run is going on, and every so many runs however
many are. Its successor is started some runs ahead, so that its import costs no run its time. A zygote that is replaced
ends when its last run has.

Where runs can't be forked (no namespaces inside, a remote daemon), a guest is started ahead of each run instead: warm
before the student's bytes arrive, and used once.
"""

import threading
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from grader.errors import SandboxError
from grader.evidence.model import Exit
from grader.guest.protocol import Frame
from grader.limits import Limits
from grader.sandbox.forking import CanFork
from grader.sandbox.keeper import KeptRun
from grader.sandbox.request import Job, Launch, PreparedRun, RunRequest, RunResult, Sandbox, image_of
from grader.sandbox.zygote import Zygote

__all__ = ["RUNS_EACH", "WarmSandbox"]

RUNS_EACH = 400
_RUNS_BETWEEN_LOOKS = 25
_RUNS_AHEAD = 10  # before its last run a zygote's successor is started
_MOST_LAUNCHES = 16  # whose zygotes are kept: each holds a framework


class WarmSandbox:
    """Another sandbox, with warm guests.

    Args:
        inner: the sandbox in which the guests live.
        runs_each: after how many runs a zygote is replaced.
    """

    def __init__(self, inner: Sandbox, *, runs_each: int = RUNS_EACH) -> None:
        self._inner = inner
        self._runs_each = runs_each
        self._lock = threading.Lock()
        self._guests: dict[Hashable, _Guests] = {}
        self._closed = False
        weakref.finalize(self, _close_all, self._guests)  # at the latest when the program ends

    @property
    def name(self) -> str:
        """The inner sandbox's."""
        return self._inner.name

    @property
    def is_sandbox(self) -> bool:
        """Whether the inner sandbox is one."""
        return self._inner.is_sandbox

    @property
    def cautions(self) -> tuple[str, ...]:
        """The inner sandbox's."""
        return self._inner.cautions

    def image_for(self, framework: str) -> str | None:
        """See `image_of`."""
        return image_of(self._inner, framework)

    def prepare(self, launch: Launch) -> PreparedRun:
        """Have a warm guest started, see `Sandbox.prepare`; the run is forked from it when its job is there."""
        guests = self._find_guests(launch)
        guests.warm_up(launch)
        return _WarmRun(guests, launch)

    def run(self, request: RunRequest, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Prepare, run one job, close."""
        with self.prepare(request.launch) as prepared:
            return prepared.run(request.job, on_frame=on_frame)

    def close(self) -> None:
        """End all warm guests. Harmless when called again; afterwards none is started any more."""
        with self._lock:
            self._closed = True
        _close_all(self._guests)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _find_guests(self, launch: Launch) -> "_Guests":
        key = _name_launch(launch)
        with self._lock:
            if self._closed:
                raise SandboxError("the pool of warm guests is closed")
            guests = self._guests.pop(key, None) or _Guests(self._inner, self._runs_each)
            self._guests[key] = guests  # the one used last stands last
            dropped = [self._guests.pop(old) for old in list(self._guests)[:-_MOST_LAUNCHES]]
        for old in dropped:
            old.retire_all()
        return guests


def _name_launch(launch: Launch) -> Hashable:
    """What two launches must have in common to share a zygote: everything but the limits, which are each run's own."""
    return (launch.interpreter, launch.mounts, tuple(sorted(launch.environment.items())), launch.device, launch.gpus)


def _close_all(guests: "dict[Hashable, _Guests]") -> None:
    while guests:
        guests.popitem()[1].close()


@dataclass
class _Kept:
    """A zygote, and how many of its runs are going on and are over."""

    zygote: Zygote
    active: int = 0
    ended: int = 0
    retired: bool = False


class _Guests:
    """The warm guests of one launch."""

    def __init__(self, inner: Sandbox, runs_each: int) -> None:
        self._inner = inner
        self._maker: CanFork | None = inner if isinstance(inner, CanFork) and inner.forks else None
        self._runs_each = runs_each
        self._lock = threading.Lock()
        self._current: _Kept | None = None
        self._successor: _Kept | None = None
        self._kept: list[_Kept] = []  # all that haven't ended
        self._ahead: dict[Limits, PreparedRun] = {}
        self._closed = False

    def warm_up(self, launch: Launch) -> None:
        """Have a guest started, if none is there.

        Raises:
            SandboxError: it can't be started.
        """
        if self._maker is not None:
            with self._lock:
                self._choose(launch)
        else:
            self._start_ahead(launch)

    def take(self, launch: Launch) -> tuple[PreparedRun, Callable[[bool], None]]:
        """A run that waits for its job, and whom to tell how it went: whether the sandbox failed.

        Raises:
            SandboxError: none could be had.
        """
        if self._maker is not None:
            with self._lock:
                kept = self._choose(launch)
                kept.active += 1
            try:
                if kept.zygote.refusal is None:
                    return self._fork(self._maker, kept.zygote, launch.limits), lambda failed: self._end(kept, failed)
            except BaseException:
                self._end(kept, True)
                raise
            self._end(kept, True)
            self._maker = None  # not here, and not another time
        return self._take_ahead(launch), lambda failed: None

    def _fork(self, maker: CanFork, zygote: Zygote, limits: Limits) -> PreparedRun:
        group = maker.make_group(limits)
        try:
            run = zygote.fork(limits, group)
        except BaseException:
            if group is not None:
                group.remove()
            raise
        return KeptRun(run, limits=limits, evidence_limits=maker.evidence_limits, ready_seconds=maker.ready_seconds)

    def _choose(self, launch: Launch) -> _Kept:
        """The zygote for the next run, and its successor in time. Under the lock."""
        if self._current is None or not self._is_fit(self._current):
            self._retire(self._current)
            fit = self._successor if self._successor is not None and self._is_fit(self._successor) else None
            self._current, self._successor = fit or self._start(launch), None
        if self._successor is None and self._runs_each - self._current.zygote.runs <= min(
            _RUNS_AHEAD, self._runs_each - 1
        ):
            self._successor = self._start(launch)
        return self._current

    def _is_fit(self, kept: _Kept) -> bool:
        return not kept.retired and kept.zygote.is_alive and kept.zygote.runs < self._runs_each

    def _start(self, launch: Launch) -> _Kept:
        if self._closed or self._maker is None:
            raise SandboxError("the pool of warm guests is closed")
        kept = _Kept(self._maker.start_zygote(launch))
        self._kept.append(kept)
        return kept

    def _end(self, kept: _Kept, failed: bool) -> None:
        """A run of this zygote is over: look whether it left something, and close a retired one after its last."""
        with self._lock:
            kept.active -= 1
            kept.ended += 1
            due = kept.active == 0 or kept.ended % _RUNS_BETWEEN_LOOKS == 0
            if failed or kept.retired or (due and _has_changed(kept.zygote)):
                self._retire(kept)

    def _retire(self, kept: _Kept | None) -> None:
        """Give this zygote no more runs; end it when it has none."""
        if kept is None:
            return
        kept.retired = True
        if kept.active == 0 and kept in self._kept:
            self._kept.remove(kept)
            kept.zygote.close()

    # ── guests that are used once ──

    def _start_ahead(self, launch: Launch) -> None:
        with self._lock:
            if not self._closed and launch.limits not in self._ahead:
                self._ahead[launch.limits] = self._inner.prepare(launch)

    def _take_ahead(self, launch: Launch) -> PreparedRun:
        with self._lock:
            prepared = self._ahead.pop(launch.limits, None)
        prepared = prepared or self._inner.prepare(launch)
        self._start_ahead(launch)
        return prepared

    # ── the end ──

    def retire_all(self) -> None:
        """Take no more runs; what is going on goes on."""
        with self._lock:
            for kept in list(self._kept):
                self._retire(kept)
            ahead, self._ahead = list(self._ahead.values()), {}
        for prepared in ahead:
            prepared.close()

    def close(self) -> None:
        """End everything, runs too."""
        self._closed = True
        self.retire_all()
        for kept in list(self._kept):
            kept.zygote.close()


def _has_changed(zygote: Zygote) -> bool:
    """Whether it holds more than at first, or doesn't say."""
    try:
        return zygote.find_change() is not None
    except SandboxError:
        return True


class _WarmRun:
    """A `PreparedRun` that is forked when its job is there."""

    def __init__(self, guests: _Guests, launch: Launch) -> None:
        self._guests = guests
        self._launch = launch
        self._lock = threading.Lock()
        self._prepared: PreparedRun | None = None
        self._used = False
        self._closed = False

    def run(self, job: Job, *, on_frame: Callable[[Frame], None] | None = None) -> RunResult:
        """Run one job to its end, see `PreparedRun.run`."""
        if self._used or self._closed:
            raise SandboxError("a prepared run is used once")
        self._used = True
        prepared, tell = self._guests.take(self._launch)
        failed = True
        try:
            with self._lock:
                self._prepared = prepared
                if self._closed:  # meanwhile, from another thread
                    raise SandboxError("interrupted")
            result = prepared.run(job, on_frame=on_frame)
            failed = False
            return result
        finally:
            prepared.close()
            tell(failed)

    def stop(self, exit: Exit) -> None:
        """See `KeptRun.stop`."""
        with self._lock:
            prepared = self._prepared
        if isinstance(prepared, KeptRun):
            prepared.stop(exit)

    def list_processes(self) -> frozenset[int] | None:
        """See `KeptRun.list_processes`."""
        with self._lock:
            prepared = self._prepared
        return prepared.list_processes() if isinstance(prepared, KeptRun) else None

    def close(self) -> None:
        """End the run. Harmless when called again."""
        with self._lock:
            self._closed = True
            prepared = self._prepared
        if prepared is not None:
            prepared.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()
