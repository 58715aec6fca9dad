"""Init where there is no fork: every loader is started as a process of its own. For Windows and macOS, and by wish.

Theory of operation
-------------------
A loader is `python -I __main__.py --loader N`: the job's frames go to its standard input, its inner stream is its
standard output, and what the student prints is its standard error (the loader moves its descriptors accordingly). There
is nothing but pipes and threads here: of each loader one thread writes the job, two read the pipes, and one waits for
the process; a worker thread for each question that may run at a time decides. One lock guards what they share.

A loader imports its framework by itself, says READY, and only then its deadline for loading begins. Where there are
process groups the loader's is killed, on Linux its orphans too; on Windows the loader alone is, and what it started may
outlive it.
"""

import argparse
import contextlib
import functools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .capture import Capture, MarkedOutput
from .folders import Folders, make_folders, remove_tree
from .job import GuestJob, QuestionJob, write_job
from .processes import adopt_orphans, end_strays, set_dumpable
from .protocol import Kind, pack_frame
from .relay import Relay, classify_status, pack_ended, share_caps
from .stream import write_whole

__all__ = ["StartedInit"]

READ_BYTES = 1 << 20
DRAIN_SECONDS = 2.0  # for what lies in the pipes when a loader has ended; a grandchild may hold them open


@dataclass
class Started:
    """A loader that runs, and what is held of it."""

    process: "subprocess.Popen[bytes]"
    relay: Relay
    capture: Capture
    changed: threading.Event = field(default_factory=threading.Event)
    ended: bool = False
    """The process is gone and reaped."""
    closed: bool = False
    """Nothing more is taken from its pipes."""
    peak_bytes: int = 0
    ended_at: float = 0.0
    readers: list[threading.Thread] = field(default_factory=list)


@dataclass
class StartedInit:
    """Supervises one job by starting processes."""

    job: GuestJob
    evidence_fd: int
    options: argparse.Namespace
    lock: threading.RLock = field(default_factory=threading.RLock)
    running: list[Started] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    definitions_only: bool = False
    stopped: bool = False

    def run(self) -> None:
        """Run all questions, then write DONE.

        Raises:
            OSError: nobody reads the evidence any more, or no process can be started.
        """
        adopt_orphans()
        set_dumpable(False)
        with contextlib.suppress(ValueError, AttributeError):
            signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
        waiting: queue.SimpleQueue[QuestionJob] = queue.SimpleQueue()
        for question in self.job.questions:
            waiting.put(question)
        workers = [threading.Thread(target=self.work, args=(waiting,), daemon=True) for _ in range(self.job.parallel)]
        try:
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        finally:
            self.stop()
        if self.failures:
            raise self.failures[0]
        self.write(pack_frame(Kind.DONE, b""))

    def work(self, waiting: "queue.SimpleQueue[QuestionJob]") -> None:
        """One worker: question after question, until none is left or something of ours fails."""
        try:
            while not self.stopped:
                self.run_question(waiting.get_nowait())
        except queue.Empty:
            return
        except BaseException as error:
            self.failures.append(error)
            self.stop()

    def write(self, *contents: bytes) -> None:
        """Put bytes on the evidence stream."""
        with self.lock:
            write_whole(self.evidence_fd, *contents)

    def stop(self) -> None:
        """Start nothing more, and end what runs."""
        with self.lock:
            self.stopped = True
            for started in self.running:
                if not started.ended:
                    end_process(started.process)

    def run_question(self, question: QuestionJob) -> None:
        """Run one question, once more with definitions only where its code doesn't load in time."""
        definitions_only = self.definitions_only and question.program is None
        again = self.attempt(question, definitions_only=definitions_only)
        if again and not self.stopped:
            self.definitions_only = True
            self.attempt(question, definitions_only=True)

    def attempt(self, question: QuestionJob, *, definitions_only: bool) -> bool:
        """Start a loader and see it to its end; whether it should be tried with definitions only."""
        folders = make_folders(self.job.files, self.options.work)
        try:
            started = self.start(question, folders, definitions_only=definitions_only)
            over = self.supervise(started)
        finally:
            remove_tree(folders.root)
        over = started.relay.fault or over
        if over == "load_limit" and not definitions_only and self.job.may_be_cut(question):
            return True
        self.tell_ended(started, question, over, definitions_only=definitions_only)
        return False

    def start(self, question: QuestionJob, folders: Folders, *, definitions_only: bool) -> Started:
        """Start the loader's process and the threads that serve it."""
        with self.lock:
            process = subprocess.Popen(
                self.make_arguments(question, folders, definitions_only=definitions_only),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
            )
            relay = Relay(question, share_caps(self.job), self.write, awaits_ready=True)
            started = Started(process, relay, Capture(self.job.output_bytes))
            self.running.append(started)
        for serve in (self.read_inner, self.read_output):
            started.readers.append(start_thread(serve, started))
        for serve in (self.feed_job, self.wait):
            start_thread(serve, started)
        return started

    def make_arguments(self, question: QuestionJob, folders: Folders, *, definitions_only: bool) -> list[str]:
        """The command of a loader."""
        main = str(Path(__file__).with_name("__main__.py"))
        apart = ["-I"] if sys.flags.isolated else ["-s", "-P"]  # the latter with a hash seed, see `__main__`
        arguments = [sys.executable, *apart, main, "--framework", self.options.framework]
        for folder in self.options.site:
            arguments += ["--site", folder]
        arguments += ["--loader", str(question.number), "--folder", str(folders.root)]
        return [*arguments, "--definitions-only"] if definitions_only else arguments

    def feed_job(self, started: Started) -> None:
        """Write the job to the loader."""
        stream = started.process.stdin
        with contextlib.suppress(OSError):
            for content in write_job(self.job):
                write_whole(read_fd(stream), content)
            if stream is not None:
                stream.close()

    def read_inner(self, started: Started) -> None:
        """Take the inner stream until it ends or nothing more is taken."""
        self.read(started, read_fd(started.process.stdout), started.relay.feed)

    def read_output(self, started: Started) -> None:
        """Take what is printed. What a framework prints while it's imported is none of the student's."""

        marked = MarkedOutput(before=functools.partial(write_whole, 2), after=started.capture.take)
        self.read(started, read_fd(started.process.stderr), marked.take)
        marked.end()

    def read(self, started: Started, fd: int, take: Callable[[bytes], None]) -> None:
        """Hand on a pipe's bytes as they come."""
        while content := read_or_end(fd):
            with self.lock:
                if started.closed:
                    return
                try:
                    take(content)
                except OSError as error:  # the evidence has no reader
                    self.failures.append(error)
                    self.stop()
                    return
            started.changed.set()

    def wait(self, started: Started) -> None:
        """Reap the process."""
        if hasattr(os, "wait4"):
            _pid, status, usage = os.wait4(started.process.pid, 0)
            started.process.returncode = os.waitstatus_to_exitcode(status)
            started.peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        else:
            started.process.wait()
        started.ended_at = time.monotonic()
        started.ended = True
        started.changed.set()

    def supervise(self, started: Started) -> str | None:
        """Wait for a loader's end, and bring it about when it's done or its time is up; the limit, if it was one."""
        over: str | None = None
        while not started.ended:
            left = started.relay.deadline(self.job.load_seconds) - time.monotonic()
            if over is None and (started.relay.over or left <= 0):
                over = started.relay.fault or ("finished" if started.relay.over else name_limit(started.relay))
                end_process(started.process)
            started.changed.wait(max(0.0, left) if over is None else None)
            started.changed.clear()
        end_group(started.process.pid)
        with self.lock:  # nothing is being started meanwhile
            end_strays(keep={other.process.pid for other in self.running})
        self.close(started)
        return over

    def close(self, started: Started) -> None:
        """Let the readers finish what lies in the pipes, then take nothing more."""
        until = time.monotonic() + DRAIN_SECONDS
        for reader in started.readers:
            reader.join(max(0.0, until - time.monotonic()))
        with self.lock:
            started.closed = True
            self.running.remove(started)
        for stream, reader in zip((started.process.stdout, started.process.stderr), started.readers, strict=True):
            if stream is not None and not reader.is_alive():
                stream.close()

    def tell_ended(self, started: Started, question: QuestionJob, over: str | None, *, definitions_only: bool) -> None:
        """Write OUTPUT and ENDED."""
        with self.lock:
            text = started.capture.text()
            if text:
                self.write(pack_frame(Kind.OUTPUT, text.encode(), question.number))
            ended = pack_ended(
                started.relay,
                classify_status(started.relay, over, int(started.process.returncode)),
                peak_bytes=started.peak_bytes,
                output_bytes=started.capture.total_bytes,
                definitions_only=definitions_only,
                now=started.ended_at,
            )
            self.write(pack_frame(Kind.ENDED, ended, question.number))


def start_thread(serve: Callable[[Started], None], started: Started) -> threading.Thread:
    """A thread that serves one loader."""
    thread = threading.Thread(target=serve, args=(started,), daemon=True)
    thread.start()
    return thread


def read_fd(stream: IO[bytes] | None) -> int:
    """The descriptor of a pipe of ours."""
    if stream is None:
        raise ValueError("the loader was started without this pipe")
    return stream.fileno()


def read_or_end(fd: int) -> bytes:
    """Some bytes; none at the end, or when the pipe was closed meanwhile."""
    try:
        return os.read(fd, READ_BYTES)
    except OSError:
        return b""


def name_limit(relay: Relay) -> str:
    """Which time is up."""
    return "load_limit" if relay.loaded is None else "wall_limit"


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """Kill a loader, and its process group where there are any. Another thread reaps it."""
    if hasattr(os, "killpg"):
        end_group(process.pid)
        with contextlib.suppress(OSError):
            os.kill(process.pid, signal.SIGKILL)
    else:
        process.kill()


def end_group(pid: int) -> None:
    """Kill what is left of a loader's process group."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
