"""Init: supervises the questions of one job. It runs no student code, opens no student byte, holds the evidence stream.

Theory of operation
-------------------
For each question init forks a *loader*, `parallel` of them at a time. A loader leads a process session of its own, has
its own copy of the working folder, its own temporary folder, /dev/null as input and one pipe as standard output and
error. Of our descriptors it keeps only the writing end of its inner pipe, at a high number.

Init waits for descriptors with poll(2): inner pipes (frames, see `relay`), output pipes (kept and dropped, see
`capture`), and the loaders' pidfds. An end of file means nothing here: a grandchild may hold a pipe open for ever. Only
the pidfd says that a loader has ended; then its session and its orphans are killed, what still lies in its pipes is
read, and OUTPUT and ENDED are written. The evidence descriptor is polled for errors: with the reader gone, init ends.

A loader whose code doesn't load in time is killed and started once more with definitions only (see `definitions`), and
so is every later one: what doesn't load once won't load the next time.

Nothing computes before the forks (a fork hangs after torch has computed on several threads or TensorFlow has run an
operation), and init has one thread.
"""

import contextlib
import fcntl
import gc
import os
import select
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import NoReturn

from .capture import Capture
from .folders import make_folders, remove_tree
from .job import GuestJob, LoaderTask, QuestionJob
from .processes import adopt_orphans, end_strays, fork_quietly, set_dumpable
from .protocol import Kind, pack_frame
from .relay import Ending, Relay, classify_status, pack_ended, pack_not_started, share_caps
from .stream import write_whole

__all__ = ["Init", "Pipes", "Running"]

READ_BYTES = 1 << 20
PIPE_BYTES = 1 << 20
LAST_READS = 4  # more than a pipe holds
INNER_FD = 900
FOREVER_MS = 60_000


@dataclass(frozen=True)
class Pipes:
    """The two pipes of a loader: init's reading ends, the loader's writing ends."""

    inner_fd: int
    inner_write: int
    output_fd: int
    output_write: int


LoaderMain = Callable[[LoaderTask, int], NoReturn]


@dataclass
class Running:
    """A loader that runs, and what init holds of it."""

    task: LoaderTask
    pid: int
    pidfd: int
    inner_fd: int
    output_fd: int
    relay: Relay
    capture: Capture
    over: str | None = None
    """The limit at which init killed it."""

    def deadline(self) -> float:
        """When its time is up; far away once it has been killed."""
        if self.over is not None or self.relay.over:
            return time.monotonic() + FOREVER_MS / 1000
        return self.relay.deadline(self.task.job.load_seconds)


@dataclass
class Init:
    """Supervises one job."""

    job: GuestJob
    evidence_fd: int
    loader_main: LoaderMain
    work: Path | None = None
    lifeline_fd: int | None = None
    """A stream that ends when the host is gone, where the evidence's own reader may outlive it (Docker's daemon)."""
    running: dict[int, Running] = field(default_factory=dict)
    definitions_only: bool = False

    def run(self) -> None:
        """Run all questions, then write DONE.

        Raises:
            OSError: nobody reads the evidence any more. All loaders have been killed.
        """
        become_init()
        gc.freeze()  # what the framework made is no litter: the forks need not look through it, nor copy its pages
        self.poll = select.poll()
        self.poll.register(self.evidence_fd, 0)
        if self.lifeline_fd is not None:
            self.poll.register(self.lifeline_fd, select.POLLIN)
        self.waiting = deque(self.job.questions)
        try:
            while self.waiting or self.running:
                self.start_some()
                self.step()
            self.write(pack_frame(Kind.DONE, b""))
        finally:
            self.kill_all()

    def write(self, *contents: bytes) -> None:
        """Put bytes on the evidence stream."""
        write_whole(self.evidence_fd, *contents)

    def step(self) -> None:
        """Wait for the next thing to happen, and act on it."""
        soonest = min((running.deadline() for running in self.running.values()), default=time.monotonic())
        wait_ms = max(0, min(FOREVER_MS, int((soonest - time.monotonic()) * 1000) + 1))
        for fd, event in self.poll.poll(wait_ms):
            if fd == self.evidence_fd:
                if event & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                    raise BrokenPipeError("nobody reads the evidence")
                continue
            if fd == self.lifeline_fd:
                raise BrokenPipeError("the host is gone")
            self.serve(fd)
        self.enforce()

    def serve(self, fd: int) -> None:
        """Read a pipe that has something, or see to a loader that has ended."""
        for running in list(self.running.values()):
            if fd == running.pidfd:
                self.finish(running)
            elif fd == running.inner_fd:
                self.read_inner(running)
            elif fd == running.output_fd:
                self.read_output(running)

    def enforce(self) -> None:
        """Kill the loaders that are done, have broken a rule, or are out of time."""
        now = time.monotonic()
        for running in self.running.values():
            if running.over is not None:
                continue
            if running.relay.over:
                self.kill(running, running.relay.fault or "finished")
            elif now >= running.deadline():
                self.kill(running, "load_limit" if running.relay.loaded is None else "wall_limit")

    def kill(self, running: Running, over: str) -> None:
        """End a loader's session; its pidfd tells when it's gone."""
        running.over = over
        with contextlib.suppress(OSError):
            os.killpg(running.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(running.pid, signal.SIGKILL)

    def read_inner(self, running: Running) -> bool:
        """Take what the inner pipe holds. False when there is nothing more."""
        content = read_some(running.inner_fd)
        if content:
            running.relay.feed(content)
        elif content is not None:
            self.poll_less(running.inner_fd)
        return bool(content)

    def read_output(self, running: Running) -> bool:
        """Take what the output pipe holds. False when there is nothing more."""
        content = read_some(running.output_fd)
        if content:
            running.capture.take(content)
        elif content is not None:
            self.poll_less(running.output_fd)
        return bool(content)

    def poll_less(self, fd: int) -> None:
        """Wait for this descriptor no longer."""
        with contextlib.suppress(KeyError):
            self.poll.unregister(fd)

    def start_some(self) -> None:
        """Start as many loaders as may run at a time."""
        while self.waiting and self.count_running() < self.job.parallel:
            question = self.waiting.popleft()
            try:
                self.start(question)
            except OSError as error:
                if self.count_running():  # one of them holds what is missing: processes, disk
                    self.waiting.appendleft(question)
                    return
                self.tell_not_started(question, error)

    def count_running(self) -> int:
        """How many questions run."""
        return len(self.running)

    def start(self, question: QuestionJob) -> None:
        """Start the loader of a question, with a folder and pipes of its own.

        Raises:
            OSError: no process, descriptor or disk is left. Nothing of the attempt stays.
        """
        with contextlib.ExitStack() as undo:
            folders = make_folders(self.job.files, self.work)
            undo.callback(remove_tree, folders.root)
            cut = self.definitions_only and question.program is None
            task = LoaderTask(self.job, question, folders, cut)
            pipes = Pipes(*make_pipe(undo), *make_pipe(undo))
            relay, capture = self.open_question(question)
            pid = self.launch(task, relay, pipes)
            running = Running(task, pid, os.pidfd_open(pid), pipes.inner_fd, pipes.output_fd, relay, capture)
            undo.pop_all()
        self.hold(running, pipes)

    def open_question(self, question: QuestionJob) -> tuple[Relay, Capture]:
        """What takes a question's frames and its output."""
        return Relay(question, share_caps(self.job), self.write), Capture(self.job.output_bytes)

    def launch(self, task: LoaderTask, relay: Relay, pipes: Pipes) -> int:
        """Fork the loader; its process id.

        Raises:
            OSError: no process is left.
        """
        pid = fork_quietly()
        if pid == 0:
            self.become_loader(task, pipes, self.loader_main)
        return pid

    def hold(self, running: Running, pipes: Pipes) -> None:
        """Keep init's ends of a loader's pipes, and listen to them."""
        os.close(pipes.inner_write)
        os.close(pipes.output_write)
        for fd in (running.inner_fd, running.output_fd):
            os.set_blocking(fd, False)
        for fd in (running.pidfd, running.inner_fd, running.output_fd):
            self.poll.register(fd, select.POLLIN)
        self.running[running.task.question.number] = running

    def tell_not_started(self, question: QuestionJob, error: OSError) -> None:
        """A question for which nothing is left, though no other runs: what an earlier one wrote fills the disk, say."""
        relay, _capture = self.open_question(question)
        self.write(pack_frame(Kind.PROBLEM, pack_not_started(error), question.number))
        ended = pack_ended(
            relay,
            Ending("crashed"),
            peak_bytes=0,
            output_bytes=0,
            definitions_only=self.definitions_only,
            now=time.monotonic(),
        )
        self.tell_ended(question, "", ended)

    def become_loader(self, task: LoaderTask, pipes: Pipes, main: LoaderMain) -> NoReturn:
        """In the fork: let go of everything that is init's, and go on as a loader."""
        try:
            inner_fd = fcntl.fcntl(pipes.inner_write, fcntl.F_DUPFD_CLOEXEC, INNER_FD)
            os.dup2(pipes.output_write, 1)
            os.dup2(pipes.output_write, 2)
            for running in self.running.values():
                for fd in (running.pidfd, running.inner_fd, running.output_fd):
                    os.close(fd)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            lifeline = () if self.lifeline_fd is None else (self.lifeline_fd,)
            close_others(keep=inner_fd, ours=(self.evidence_fd, null, *lifeline, *astuple(pipes)))
            main(task, inner_fd)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(70)

    def finish(self, running: Running) -> None:
        """See to a loader that has ended: its descendants, its pipes, its folder, its last frames."""
        now = time.monotonic()
        with contextlib.suppress(OSError):  # it can't be another's yet: the loader isn't reaped
            os.killpg(running.pid, signal.SIGKILL)
        _pid, status, usage = os.wait4(running.pid, 0)
        del self.running[running.task.question.number]
        end_strays(keep={other.pid for other in self.running.values()})
        self.drain(running)
        self.let_go(running)
        over = running.relay.fault or running.over
        code = os.waitstatus_to_exitcode(status)
        self.conclude(running, over, code, peak_bytes=usage.ru_maxrss * 1024, now=now)

    def drain(self, running: Running) -> None:
        """Take what a loader left in its pipes, and no more: another question's processes may have opened them."""
        for read in (self.read_inner, self.read_output):
            for _ in range(LAST_READS):
                if not read(running):
                    break

    def conclude(self, running: Running, over: str | None, code: int, *, peak_bytes: int, now: float) -> None:
        """Try a loader that didn't load once more with definitions only; else write the question's last frames."""
        question = running.task.question
        if over == "load_limit" and not running.task.definitions_only and self.job.may_be_cut(question):
            self.definitions_only = True
            self.waiting.appendleft(question)
            return
        ended = pack_ended(
            running.relay,
            classify_status(running.relay, over, code),
            peak_bytes=peak_bytes,
            output_bytes=running.capture.total_bytes,
            definitions_only=running.task.definitions_only,
            now=now,
        )
        self.tell_ended(question, running.capture.text(), ended)

    def tell_ended(self, question: QuestionJob, output: str, ended: bytes) -> None:
        """Write OUTPUT and ENDED."""
        if output:
            self.write(pack_frame(Kind.OUTPUT, output.encode(), question.number))
        self.write(pack_frame(Kind.ENDED, ended, question.number))

    def let_go(self, running: Running) -> None:
        """Close a loader's descriptors and delete its folder."""
        for fd in (running.pidfd, running.inner_fd, running.output_fd):
            self.poll_less(fd)
            os.close(fd)
        remove_tree(running.task.folders.root)

    def kill_all(self) -> None:
        """End every loader that still runs, and its descendants. Nothing is left where init ends early."""
        for running in list(self.running.values()):
            self.kill(running, "killed")
            with contextlib.suppress(OSError):
                os.waitpid(running.pid, 0)
            self.let_go(running)
        self.running.clear()
        end_strays(keep=())


def become_init() -> None:
    """What holds for the process from here on: orphans come to it, nobody reads its memory, ^C isn't its affair."""
    adopt_orphans()
    set_dumpable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The first process of a namespace is sent nothing by the host but SIGKILL; and what the student's processes send,
    # the kernel keeps from it as long as it has no handler.
    signal.signal(signal.SIGTERM, signal.SIG_IGN if os.getpid() == 1 else end_on_signal)


def end_on_signal(_number: int, _frame: object) -> NoReturn:
    """End in order when the host asks: loaders first (`Init.run`'s finally)."""
    raise SystemExit(143)


def make_pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe that holds as much as the kernel lets us have, closed again by `undo`."""
    reading, writing = os.pipe()
    undo.callback(os.close, reading)
    undo.callback(os.close, writing)
    with contextlib.suppress(OSError):
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return reading, writing


def read_some(fd: int) -> bytes | None:
    """What a non-blocking pipe holds: b"" at its end, None when it's empty now."""
    try:
        return os.read(fd, READ_BYTES)
    except BlockingIOError:
        return None


def close_others(*, keep: int, ours: tuple[int, ...]) -> None:
    """Close our descriptors, but for the inner pipe's and the standard ones."""
    for fd in set(ours) - {0, 1, 2, keep}:
        with contextlib.suppress(OSError):
            os.close(fd)
