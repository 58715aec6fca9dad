"""Serves the host's requests for runs: each is a fork of this process, with namespaces of its own.

Theory of operation
-------------------
The zygote holds one control socket (SEQPACKET), whose other end the host has. Requests are JSON, one a datagram, with
descriptors beside them:

    {"op": "fork", "place": {…}, "limits": {…}, "filter": base64}   + job, evidence, errors, status
        answer: {"forked": true} + a pidfd of the child, or {"error": text}
    {"op": "become", "limits": {…}}                                  + job, evidence, errors
        answer: {"forked": false}; the zygote itself runs one job and ends
    {"op": "describe"}
        answer: {"descriptors": n, "memory_bytes": n, "threads": n, "children": n, "ipc_objects": n}

The first datagram goes out unasked, when the framework is imported: {"ready": {…}, "refusal": null | text,
"holding": as of "describe"}, where `refusal` says why runs can't be forked here: one is tried, and ends at once.

A forked child settles in its namespaces, waits for one byte on its job stream (by then the host has put it into its
control group), gives up its rights, installs the filter of system calls, and is init from there on, as in a cold run.
When it has ended the zygote writes its wait status to the run's status pipe. Nothing of a job ever passes through the
zygote: it has neither end of the pipes once the child has them. It ends when the host closes the socket.
"""

import array
import base64
import contextlib
import gc
import json
import os
import resource
import select
import socket
import struct
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from .descriptors import close_all_but
from .filters import install_filter
from .namespaces import Place, clone_apart, give_up_rights, leave_control_group_view, settle
from .pages import use_large_pages
from .protocol import Kind, pack_frame
from .stream import write_whole

__all__ = ["connect", "serve_forks"]

MOST_BYTES = 1 << 17
MOST_DESCRIPTORS = 4
OPEN_FILES = 1 << 16
OUT_OF_ORDER = 70
STATUS = struct.Struct(">i")

RunJob = Callable[[int, int], None]
"""Runs the job that comes from a descriptor, its evidence to another."""


@dataclass
class Forks:
    """The zygote's side of its control socket."""

    control: socket.socket
    ready: bytes
    run_job: RunJob
    children: dict[int, tuple[int, int]] = field(default_factory=dict)  # pidfd -> pid, status pipe
    becoming: tuple[int, int] | None = None

    def serve(self) -> None:
        """Serve requests until the host is gone, or wants this process itself to be the run."""
        gc.collect()
        refusal = try_fork()
        if refusal is None:
            use_large_pages()  # a quarter of a second, which only forks give back
        gc.freeze()  # the forks need not look through what the framework made, nor copy its pages
        self.send({"ready": json.loads(self.ready), "refusal": refusal, "holding": describe_self(0)})
        self.poll = select.poll()
        self.poll.register(self.control, select.POLLIN)
        while self.becoming is None:
            for fd, _event in self.poll.poll():
                if fd != self.control.fileno():
                    self.reap(fd)
                elif not self.answer():
                    return
        self.control.close()
        write_whole(self.becoming[1], pack_frame(Kind.READY, self.ready))
        self.run_job(*self.becoming)

    def answer(self) -> bool:
        """Answer one request. False when the host is gone."""
        content, descriptors, _flags, _address = socket.recv_fds(self.control, MOST_BYTES, MOST_DESCRIPTORS)
        if not content:
            return False
        request = json.loads(content)
        try:
            getattr(self, f"do_{request['op']}")(request, descriptors)
        except OSError as error:
            self.send({"error": str(error)})
        finally:
            if self.becoming is None:
                for fd in descriptors:
                    os.close(fd)
        return True

    def do_fork(self, request: Mapping[str, Any], descriptors: list[int]) -> None:
        """Fork a run."""
        place = read_place(request["place"])
        pid = clone_apart()
        if pid == 0:
            self.be_run(request, place, descriptors)
        pidfd = os.pidfd_open(pid)
        self.children[pidfd] = (pid, os.dup(descriptors[3]))
        self.poll.register(pidfd, select.POLLIN)
        self.send({"forked": True}, pidfd)

    def do_become(self, request: Mapping[str, Any], descriptors: list[int]) -> None:
        """Be the run: for a sandbox that is used once."""
        set_limits(request["limits"])
        job_fd, evidence_fd, errors_fd = descriptors
        os.dup2(errors_fd, 2)
        os.close(errors_fd)
        self.becoming = (job_fd, evidence_fd)
        self.send({"forked": False})

    def do_describe(self, _request: Mapping[str, Any], _descriptors: list[int]) -> None:
        """Say what this process holds: it should hold the same after each run."""
        self.send(describe_self(len(self.children)))

    def send(self, answer: Mapping[str, Any], *descriptors: int) -> None:
        """Send one datagram. A host that is gone is noticed when it is read from."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.control.sendmsg([json.dumps(answer).encode()], rights)

    def reap(self, pidfd: int) -> None:
        """Tell the host how a run's init ended."""
        pid, status_fd = self.children.pop(pidfd)
        self.poll.unregister(pidfd)
        os.close(pidfd)
        _pid, status = os.waitpid(pid, 0)
        with contextlib.suppress(OSError):
            os.write(status_fd, STATUS.pack(status))
        os.close(status_fd)

    def be_run(self, request: Mapping[str, Any], place: Place, descriptors: list[int]) -> NoReturn:
        """In the fork: everything up to the run's end."""
        status = OUT_OF_ORDER
        try:
            job_fd, evidence_fd = take_descriptors(descriptors)
            enter(place, request, job_fd)
            write_whole(evidence_fd, pack_frame(Kind.READY, self.ready))
            self.run_job(job_fd, evidence_fd)
            status = 0
        except SystemExit as exit_:
            status = int(exit_.code) if isinstance(exit_.code, int) else OUT_OF_ORDER
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)


def serve_forks(control: socket.socket, ready: bytes, run_job: RunJob) -> None:
    """Serve a control socket to its end. `ready` is READY's payload."""
    raise_open_files()
    Forks(control=control, ready=ready, run_job=run_job).serve()


def raise_open_files() -> None:
    """May have more open files than any run.

    A sender of descriptors is refused when those on their way between processes, all of its user's together, are more
    than its own limit of open files. To the kernel the zygote is the same user as its runs: with a limit like theirs,
    one of them could fill sockets with descriptors, and no other run could be forked meanwhile.
    """
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, min(most, OPEN_FILES)), most))


def connect(*, fd: int | None, path: str | None) -> socket.socket:
    """The control socket: one that was inherited, or a connection to the host's.

    Raises:
        OSError: there is none.
    """
    if fd is not None:
        return socket.socket(fileno=fd)
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(str(path))
    return control


def read_place(values: Mapping[str, Any]) -> Place:
    """The place of a run, as the host wrote it down."""
    return Place(
        tmpfs=[(str(target), int(size)) for target, size in values["tmpfs"]],
        folders=values["folders"],
        covered=values["covered"],
        work=values["work"],
        user_id=values["user_id"],
        group_id=values["group_id"],
        outer_user_id=os.getuid(),
        outer_group_id=os.getgid(),
    )


def enter(place: Place, request: Mapping[str, Any], job_fd: int) -> None:
    """Settle, wait for the host, and give up what a run must not have.

    Raises:
        OSError: the kernel refused something, or the host is gone.
    """
    settle(place)
    if not os.read(job_fd, 1):
        raise OSError("the host is gone")
    leave_control_group_view()
    set_limits(request["limits"])
    give_up_rights()
    install_filter(base64.b64decode(request["filter"]))


def take_descriptors(descriptors: list[int]) -> tuple[int, int]:
    """In the fork: the streams of this run, and nothing else of the zygote's."""
    job_fd, evidence_fd, errors_fd, _status_fd = descriptors
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (errors_fd, 1), (errors_fd, 2)):
        os.dup2(source, target)
    close_all_but(job_fd, evidence_fd)
    return job_fd, evidence_fd


def set_limits(limits: Mapping[str, int]) -> None:
    """Set the limits of a process, by their names in `resource`, and never above what is allowed to us."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, most = resource.getrlimit(kind)
        bounded = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (bounded, bounded))


def try_fork() -> str | None:
    """Why no run can be forked here, or None: one is tried that does nothing."""
    try:
        place = Place(
            tmpfs=[("/tmp", 1 << 20)],  # noqa: S108  (in namespaces of its own)
            folders=[],
            covered=[],
            work="/",
            user_id=os.getuid(),
            group_id=os.getgid(),
            outer_user_id=os.getuid(),
            outer_group_id=os.getgid(),
        )
        reading, writing = os.pipe()
        pid = clone_apart()
        if pid == 0:
            try_place(place, writing)
    except (OSError, KeyError) as error:
        return f"namespaces can't be made inside ({error})"
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode(errors="replace")
    _pid, status = os.waitpid(pid, 0)
    return f"a run can't settle in its namespaces ({said or status})" if status else None


def try_place(place: Place, writing: int) -> NoReturn:
    """In the trial fork: settle, and end."""
    try:
        settle(place)
        give_up_rights()
        os._exit(0)
    except BaseException as error:
        os.write(writing, str(error).encode())
    finally:
        os._exit(OUT_OF_ORDER)


def describe_self(children: int) -> dict[str, int]:
    """What this process holds."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "memory_bytes": int(status["VmRSS"].split()[0]) * 1024,
        "threads": int(status["Threads"]),
        "children": children,
        "ipc_objects": sum(count_lines(f"/proc/sysvipc/{kind}") for kind in ("shm", "sem", "msg")),
    }


def count_lines(path: str) -> int:
    """The lines of a table below its head; none where there is no such table."""
    with contextlib.suppress(OSError):
        return len(Path(path).read_text().splitlines()) - 1
    return 0
