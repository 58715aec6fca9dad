"""Init for `load = "once"`: the student's code is loaded once, and each question is forked from the loaded process.

Theory of operation
-------------------
For assignments whose students' files work for long at the top; PyTorch on a CPU only. Init forks one *prototype*, which
loads the student's code and then waits. For each question init sends it the writing ends of two new pipes over a
socket. The prototype forks, from a fresh thread (libgomp's pool belongs to the thread that opened it, and a fork from
another one doesn't hang), a middle process, which forks the question's process and ends at once: so the question's
process becomes init's own child, to be waited for and killed like any loader. It tells its number with GO. Init
believes a number only if it's a child of its own that it doesn't know yet, and does nothing else until it has come.

The prototype is a student's process. It can keep a question from starting, or change under its feet: that costs its own
submission. What it printed while loading begins the output of each question.
"""

import functools
import json
import os
import select
import socket
import time
from dataclasses import dataclass, field

from .capture import Capture
from .init import Init, Pipes, Running
from .job import LoaderTask, QuestionJob
from .once_loader import run_prototype
from .processes import fork_quietly, list_children
from .protocol import NO_QUESTION, Kind, pack_frame
from .relay import Relay, RelayCaps, classify_status, pack_ended, share_caps

__all__ = ["OnceInit"]

PROTOTYPE = QuestionJob(number=NO_QUESTION, id="", function="", wall_seconds=1e9)
GREETING_SECONDS = 5.0


@dataclass
class OnceInit(Init):
    """Supervises one job whose code is loaded once."""

    prototype: Running | None = None
    control: socket.socket | None = None
    problems: list[bytes] = field(default_factory=list)

    def start_some(self) -> None:
        """The prototype first; questions when it has loaded; its end when there are no more."""
        if self.prototype is None:
            self.start(PROTOTYPE)
            self.prototype = self.running[PROTOTYPE.number]
        elif self.prototype.relay.loaded is not None:
            super().start_some()
            if not self.waiting and not self.count_running():
                self.kill(self.prototype, "finished")

    def count_running(self) -> int:
        """How many questions run, the prototype not counted."""
        return len(self.running) - (PROTOTYPE.number in self.running)

    def open_question(self, question: QuestionJob) -> tuple[Relay, Capture]:
        """The prototype may send a problem, which is kept. A question's output begins with the prototype's."""
        if question is PROTOTYPE or self.prototype is None:
            return Relay(question, RelayCaps(evidence_bytes=0, frames=0), self.keep), Capture(self.job.output_bytes)
        while self.read_output(self.prototype):
            pass
        head = self.prototype.capture.text().encode()
        return Relay(question, share_caps(self.job), self.write), Capture(self.job.output_bytes, head)

    def keep(self, _header: bytes, payload: bytes) -> None:
        """Keep the prototype's problem for each question."""
        self.problems.append(payload)

    def launch(self, task: LoaderTask, relay: Relay, pipes: Pipes) -> int:
        """Fork the prototype, or let it fork a question.

        Raises:
            OSError: no process is left, or the prototype doesn't answer.
        """
        if task.question is PROTOTYPE:
            return self.launch_prototype(task, pipes)
        if self.control is None or self.prototype is None or self.prototype.relay.loaded is None:
            raise BrokenPipeError("no prototype")
        request = {"question": task.question.number, "root": str(task.folders.root), "init": os.getpid()}
        socket.send_fds(self.control, [json.dumps(request).encode()], [pipes.inner_write, pipes.output_write])
        pid = self.await_greeting(relay, pipes.inner_fd)
        relay.begun = time.monotonic() - (self.prototype.relay.loaded - self.prototype.relay.begun)
        return pid

    def launch_prototype(self, task: LoaderTask, pipes: Pipes) -> int:
        """Fork the prototype, with its end of the socket."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = fork_quietly()
        if pid == 0:
            ours.close()
            self.become_loader(task, pipes, functools.partial(run_prototype, control=theirs))
        theirs.close()
        if self.control is not None:
            self.control.close()
        self.control = ours
        return pid

    def await_greeting(self, relay: Relay, inner_fd: int) -> int:
        """The process id of a question that the prototype forked.

        Raises:
            OSError: it doesn't come, or it isn't a child of this process.
        """
        until = time.monotonic() + GREETING_SECONDS
        waiting = select.poll()
        waiting.register(inner_fd, select.POLLIN)
        while not relay.greeting and not relay.over and time.monotonic() < until:
            if waiting.poll(50):
                content = os.read(inner_fd, 1 << 12)
                relay.feed(content)
                if not content:
                    break
        known = {running.pid for running in self.running.values()}
        pid = int(relay.greeting) if relay.greeting.isdigit() and len(relay.greeting) < 12 else 0
        if pid not in list_children(os.getpid()) - known:
            raise ProcessLookupError(0, "the program that was loaded doesn't answer")
        return pid

    def conclude(self, running: Running, over: str | None, code: int, *, peak_bytes: int, now: float) -> None:
        """A question like any; when the prototype ends before its time, so do all questions that wait."""
        if running is not self.prototype:
            super().conclude(running, over, code, peak_bytes=peak_bytes, now=now)
            return
        if over == "load_limit" and not self.definitions_only:
            self.definitions_only, self.prototype = True, None
            self.problems.clear()
            return
        while self.waiting:
            question = self.waiting.popleft()
            if self.problems:
                self.write(pack_frame(Kind.PROBLEM, self.problems[0], question.number))
            ended = pack_ended(
                running.relay,
                classify_status(running.relay, over, code),
                peak_bytes=peak_bytes,
                output_bytes=running.capture.total_bytes,
                definitions_only=running.task.definitions_only,
                now=now,
            )
            self.tell_ended(question, running.capture.text(), ended)
