"""Starts containers: makes one, connects to it, starts it, takes hold of its first process. Undone where a step fails.

    create ─► attach ─► start ─► find the first process ─► the run's control group ─► (control socket) hand streams over

With a control socket the container's first process asks for the run's pipes, and is counted before it gets them.
Without one (a remote daemon) the attach stream carries everything.
"""

import contextlib
import os
import random
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from grader.errors import SandboxError
from grader.limits import Limits
from grader.sandbox.cgroup import RunGroup
from grader.sandbox.docker.configuration import Packaged, Place, container_configuration
from grader.sandbox.docker.container import Container, ContainerRun, HostProcess
from grader.sandbox.docker.control import CONTROL_PATH, RECEIVE, ControlFolder, hand_over
from grader.sandbox.docker.counting import join_group, make_counter
from grader.sandbox.docker.daemon import Daemon, daemon_faults
from grader.sandbox.docker.leftovers import remove_container
from grader.sandbox.docker.rootfs import USERS
from grader.sandbox.docker.stream import ERRORS, OUTPUT, AttachStream, open_pipe
from grader.sandbox.ownership import own_name
from grader.sandbox.policy import Policy
from grader.sandbox.seccomp import ZYGOTE

__all__ = ["ElsewhereError", "Recipe", "start_attached", "start_connected", "start_forking"]

_CONNECT_SECONDS = 60.0


class ElsewhereError(SandboxError):
    """The daemon's processes aren't this machine's, whatever the way to it looks like."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a container is made of."""

    policy: Policy
    limits: Limits
    image: str
    arguments: tuple[str, ...]  # of the guest, but for its streams
    runtime: str | None = None
    packaged: Packaged | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def start_attached(daemon: Daemon, recipe: Recipe) -> ContainerRun:
    """Start a run whose streams are the attach stream's.

    Raises:
        SandboxError: it can't be started.
    """
    command = (*recipe.policy.command, *recipe.arguments, "--job-fd", "0", "--evidence-fd", "1", "--lifeline")
    with _undone_on_error() as undo:
        place = _make_place(daemon, recipe)
        id = _create(daemon, recipe, place, command, undo)
        evidence, evidence_sink = _open_stream(undo)
        errors, errors_sink = _open_stream(undo)
        sinks = {OUTPUT: evidence_sink, ERRORS: errors_sink}
        stream = AttachStream(daemon, id, sinks=sinks, with_input=True)
        undo.callback(stream.cut)
        _start(daemon, id)
        process = None
        with contextlib.suppress(ElsewhereError):
            process = _find_process(daemon, id, undo)
        return ContainerRun(
            daemon,
            id,
            stream=stream,
            job=stream.input,
            evidence=evidence,
            errors=errors,
            process=process,
            counter=make_counter(daemon, id, pid=_pid(process), group=None),
            group=None,
            first_is_safe=recipe.runtime is None,
        )


def start_connected(daemon: Daemon, recipe: Recipe, group: RunGroup | None) -> ContainerRun:
    """Start a run that gets pipes of its own over a control socket. It has joined the group, which is ours to remove.

    Raises:
        ElsewhereError: the daemon's processes aren't this machine's.
        SandboxError: it can't be started.
    """
    executable = recipe.policy.command[0]
    command = (executable, "-I", "-S", "-B", "-c", RECEIVE, *recipe.policy.command, *recipe.arguments)
    with _undone_on_error() as undo, contextlib.ExitStack() as ours:
        started = _start_with_control(daemon, recipe, command, undo, ours, group)
        job_read, job_write = open_pipe()
        ours.callback(os.close, job_read)
        job = os.fdopen(job_write, "wb", buffering=0)
        undo.callback(job.close)
        evidence_read, evidence_write = open_pipe()
        ours.callback(os.close, evidence_write)
        evidence = os.fdopen(evidence_read, "rb", buffering=0)
        undo.callback(evidence.close)
        if started.connection is not None:
            hand_over(started.connection, [job_read, evidence_write, started.errors_sink])
            started.connection.close()
        return ContainerRun(
            daemon,
            started.id,
            stream=started.stream,
            job=job,
            evidence=evidence,
            errors=started.errors,
            process=started.process,
            counter=make_counter(daemon, started.id, pid=_pid(started.process), group=group),
            group=group,
        )


def start_forking(daemon: Daemon, recipe: Recipe) -> tuple[Container, socket.socket]:
    """Start a guest that forks runs: the container, and our end of its control socket.

    Raises:
        ElsewhereError: the daemon's processes aren't this machine's.
        SandboxError: it can't be started.
    """
    command = (*recipe.policy.command, *recipe.arguments, "--control-path", CONTROL_PATH)
    with _undone_on_error() as undo, contextlib.ExitStack() as ours:
        started = _start_with_control(daemon, recipe, command, undo, ours, None, forks=True)
        if started.connection is None:
            raise SandboxError("the zygote ended before it was ready", details=_last_lines(started.errors))
        return (
            Container(daemon, started.id, stream=started.stream, errors=started.errors, process=started.process),
            started.connection,
        )


@dataclass(frozen=True, kw_only=True)
class _Started:
    id: str
    stream: AttachStream
    errors: IO[bytes]
    errors_sink: int
    process: HostProcess | None
    connection: socket.socket | None  # None: the first process ended without one


def _start_with_control(
    daemon: Daemon,
    recipe: Recipe,
    command: Sequence[str],
    undo: contextlib.ExitStack,
    ours: contextlib.ExitStack,
    group: RunGroup | None,
    *,
    forks: bool = False,
) -> _Started:
    """Start a container whose first process connects to us. What it prints until then goes where errors go."""
    folder = ControlFolder()
    ours.callback(folder.close)
    place = replace(_make_place(daemon, recipe), control=folder.source)
    if forks:
        place = replace(place, forks=True, profile=ZYGOTE)
    id = _create(daemon, recipe, place, command, undo)
    errors, sink = _open_stream(undo)
    errors_sink = os.dup(sink)
    ours.callback(os.close, errors_sink)
    stream = AttachStream(daemon, id, sinks={OUTPUT: sink, ERRORS: sink}, with_input=False)
    undo.callback(stream.cut)
    _start(daemon, id)
    process = _find_process(daemon, id, undo)
    connection = _connect(folder, process, group)
    if connection is not None:
        undo.callback(connection.close)
    return _Started(
        id=id, stream=stream, errors=errors, errors_sink=errors_sink, process=process, connection=connection
    )


def _connect(folder: ControlFolder, process: HostProcess | None, group: RunGroup | None) -> socket.socket | None:
    """Count the first process, then wait until it asks for its streams; None where it ended before that."""
    if process is None:
        return None
    if group is not None and not join_group(group, process.pid):
        raise SandboxError("the container's first process can't be put into the run's control group")
    return folder.accept(process.pid, process.handle, seconds=_CONNECT_SECONDS)


@contextlib.contextmanager
def _undone_on_error() -> Iterator[contextlib.ExitStack]:
    """What is put on the stack is undone when the block fails, and kept when it doesn't."""
    with contextlib.ExitStack() as undo:
        yield undo
        undo.pop_all()


def _make_place(daemon: Daemon, recipe: Recipe) -> Place:
    return Place(
        image=recipe.image,
        user=random.SystemRandom().choice(USERS),
        name=own_name(),
        cpus_there=daemon.cpus,
        runtime=recipe.runtime,
        packaged=recipe.packaged,
        extra=recipe.extra,
    )


def _create(daemon: Daemon, recipe: Recipe, place: Place, command: Iterable[str], undo: contextlib.ExitStack) -> str:
    configuration = container_configuration(recipe.policy, recipe.limits, place, command=tuple(command))
    with daemon_faults("the container can't be made"):
        id = str(daemon.api.create_container_from_config(configuration, place.name)["Id"])
    undo.callback(remove_container, daemon, id)
    return id


def _open_stream(undo: contextlib.ExitStack) -> tuple[IO[bytes], int]:
    """A pipe to read from, and a descriptor to write to that whoever gets it will close."""
    reading, writing = open_pipe()
    stream = os.fdopen(reading, "rb", buffering=0)
    undo.callback(stream.close)
    return stream, writing


def _start(daemon: Daemon, id: str) -> None:
    with daemon_faults("the container can't be started"):
        daemon.api.start(id)


def _find_process(daemon: Daemon, id: str, undo: contextlib.ExitStack) -> HostProcess | None:
    """The first process; None where it has ended.

    Raises:
        ElsewhereError: it runs, but not as a process of this machine.
    """
    pid = int(daemon.inspect(id).get("Pid") or 0)
    if pid > 0 and daemon.is_local:
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(pid)
            undo.callback(os.close, handle)
            if id in Path(f"/proc/{pid}/cgroup").read_text():  # looked at now that it can't be another's number
                return HostProcess(pid, handle)
    if daemon.inspect(id).get("Running"):
        raise ElsewhereError("the container's first process can't be seen from here")
    return None


def _pid(process: HostProcess | None) -> int | None:
    return process.pid if process is not None else None


def _last_lines(errors: IO[bytes]) -> tuple[str, ...]:
    os.set_blocking(errors.fileno(), False)
    return tuple((errors.read() or b"").decode("utf-8", errors="replace").splitlines()[-20:])
