"""The prototype of `load = "once"` (see `once`): loads the student's code, then forks a question at each request."""

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from .folders import Folders
from .job import LoaderTask
from .loader import (
    announce,
    ask,
    enter,
    find_function,
    leave_init,
    load_probe,
    load_student,
    make_emit,
    tell_problems,
)
from .problem import ProblemContext
from .processes import adopt_orphans, die_with_parent, fork_quietly, set_dumpable, volunteer_for_oom
from .protocol import Kind
from .seeds import reseed, set_threads
from .sources import Sources
from .student import Student

__all__ = ["run_prototype"]

INNER_FD = 901
REQUEST_BYTES = 1 << 16
ADOPTION_SECONDS = 2.0


def run_prototype(task: LoaderTask, inner_fd: int, *, control: socket.socket) -> NoReturn:
    """Load the student's code, then serve requests until init closes the socket or kills."""
    leave_init()
    emit = make_emit(inner_fd)
    context = ProblemContext(sources=Sources(root=task.folders.work, files=task.job.files))
    loaded: list[tuple[ModuleType, Student]] = []

    def steps() -> None:
        enter(task.folders)
        reseed(task.job.seed)
        set_threads(task.job.threads)
        probe = load_probe(task.job, context)
        loaded.append((probe, load_student(task.job.program, context, definitions_only=task.definitions_only)))

    if not tell_problems(steps, emit, context):
        os._exit(1)
    announce(emit, context)
    probe, student = loaded[0]
    while True:
        message, fds, _flags, _address = socket.recv_fds(control, REQUEST_BYTES, 2)
        if not message:
            os._exit(0)
        request = json.loads(message)
        close = (control.fileno(), inner_fd)
        fork = threading.Thread(target=fork_question, args=(task, request, fds, close, context, probe, student))
        fork.start()
        fork.join()
        for fd in fds:
            os.close(fd)


def fork_question(
    task: LoaderTask,
    request: dict[str, Any],
    fds: Sequence[int],
    close: Sequence[int],
    context: ProblemContext,
    probe: ModuleType,
    student: Student,
) -> None:
    """In a fresh thread: fork the process that forks the question, and wait for the former."""
    middle = fork_quietly()
    if middle:
        os.waitpid(middle, 0)
        return
    try:
        if fork_quietly():
            os._exit(0)
        run_forked(task, request, fds, close, context, probe, student)
    finally:
        os._exit(70)


def run_forked(
    task: LoaderTask,
    request: dict[str, Any],
    fds: Sequence[int],
    close: Sequence[int],
    context: ProblemContext,
    probe: ModuleType,
    student: Student,
) -> NoReturn:
    """The question's process: its own descriptors, session and folders, then the question."""
    inner_fd = take_descriptors(fds, close)
    os.setsid()
    await_adoption(int(request["init"]))
    die_with_parent()
    adopt_orphans()
    set_dumpable(True)
    volunteer_for_oom()
    emit = make_emit(inner_fd)
    question = task.job.questions[int(request["question"])]
    root = Path(request["root"])
    context.where = "question"

    def steps() -> None:
        enter(Folders(root=root, work=root / "work", temporary=root / "tmp"))
        announce(emit, context, str(os.getpid()).encode())
        ask(find_function(probe, question), task.job, question, student, emit)

    finished = tell_problems(steps, emit, context)
    if finished:
        emit(Kind.END, b"")
    os._exit(0 if finished else 1)


def take_descriptors(fds: Sequence[int], close: Sequence[int]) -> int:
    """Make the two pipes the question's own, and close what is the prototype's."""
    inner_write, output_write = fds
    inner_fd = fcntl.fcntl(inner_write, fcntl.F_DUPFD_CLOEXEC, INNER_FD)
    os.dup2(output_write, 1)
    os.dup2(output_write, 2)
    for fd in (*fds, *close):
        os.close(fd)
    return inner_fd


def await_adoption(init: int) -> None:
    """Wait until the middle process has ended and init is the parent."""
    until = time.monotonic() + ADOPTION_SECONDS
    while os.getppid() != init and time.monotonic() < until:
        time.sleep(0.0005)
